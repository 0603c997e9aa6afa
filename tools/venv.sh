#!/bin/sh
# Make .venv with the locked dependencies and this project. Usage: tools/venv.sh PYTHON
set -eu
python=${1:-python3}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; '$python' is $("$python" --version 2>&1). Try: make PYTHON=python3.12" >&2
    exit 1
}

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    rm -rf .venv
    # Debian keeps `ensurepip` in python3-venv. Without it (and without root) pip comes out of its own package.
    if ! "$python" -m venv .venv 2>/dev/null; then
        rm -rf .venv
        "$python" -m venv --without-pip .venv
        fetched=$(mktemp -d)
        trap 'rm -rf "$fetched"' EXIT
        (cd "$fetched" && apt-get -qq download python3-pip-whl) 2>/dev/null && dpkg-deb -x "$fetched"/*.deb "$fetched" || {
            echo "pip cannot be had: as root, 'apt-get install python3-venv', then run this again." >&2
            exit 1
        }
        wheel=$(ls "$fetched"/usr/share/python-wheels/pip-*.whl)
        PYTHONPATH=$wheel .venv/bin/python -m pip install --quiet --disable-pip-version-check "$wheel"
    fi
fi

.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
touch .venv/installed
