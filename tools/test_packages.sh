#!/bin/sh
# The real parts that the tests use, from Debian's or Ubuntu's packages. Needs root only for what is missing.
set -eu

missing=
need() { # need PACKAGE TEST...: the package is missing when the test fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
need sip-tester command -v sipp
need redis-server command -v redis-server
need postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb'
need dovecot-imapd sh -c 'test -x /usr/sbin/dovecot && ls /usr/lib/dovecot/imap'
need chromium command -v chromium
need iproute2 sh -c 'PATH=$PATH:/usr/sbin:/sbin command -v ip'
need fonts-noto-cjk sh -c 'ls /usr/share/fonts/opentype/noto/*CJK*'

[ -n "$missing" ] || exit 0
root=
if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then
        root="sudo -n"
    else
        echo "The tests make real SIP calls and use real databases, a real mail server and a real browser." >&2
        echo "Missing; root is needed to install them:  apt-get install$missing" >&2
        exit 1
    fi
fi
echo "installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
$root apt-get -qq update
# Debian's postgresql starts a cluster of its own and dovecot-imapd a server; the tests make private ones and need none.
$root apt-get -qq install -y --no-install-recommends $missing >/dev/null
