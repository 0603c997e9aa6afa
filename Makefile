# `make demo` and `make test` are all that a newcomer needs; each installs what it needs.
PYTHON ?= python3
BIN := .venv/bin

# Compiled Python is kept, wherever this runs: without it each process of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
BUILT := web/static/built/done
READY := .venv/installed $(BUILT)

.PHONY: demo test check bench format lock clean

demo: $(READY)
	$(BIN)/cti-server demo

# Everything: real Asterisk, SIP calls, Redis, PostgreSQL and Chromium. Who makes calls waits most of the time: four at once.
test: $(READY)
	sh tools/test_packages.sh
	$(BIN)/cti-server pbx install
	$(BIN)/python -m pytest -n 2 -m "not live and not browser"
	$(BIN)/python -m pytest -n 4 --dist worksteal -m "live or browser"

# What a developer runs before each commit: under a minute, no Asterisk.
check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/web.py check
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q -n 2 -m "not live and not browser and not services and not slow"

# Every measurement, side by side with what it is compared to; `make bench ONLY=choosing` for one.
bench: $(READY)
	$(BIN)/python -m bench $(ONLY)

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/installed: requirements.lock pyproject.toml tools/venv.sh
	sh tools/venv.sh $(PYTHON)

$(BUILT): web/package-lock.json web/build.mjs $(shell find web/src -type f) | .venv/installed
	$(BIN)/python tools/web.py

# After a change of the dependencies in pyproject.toml.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	  --python-version 3.11 --group dev -o requirements.lock pyproject.toml

clean:
	rm -rf .venv .cache .demo web/node_modules web/static/built
