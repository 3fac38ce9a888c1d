#!/bin/sh
# Installs what the tests need beside Python: PostgreSQL, Redis, Chromium, Chinese fonts, LibreOffice and poppler.
# Uses apt-get where it may (root, or sudo without a password), and otherwise says what is missing: the tests
# that need it are then skipped, except with CI set, where nothing may be missing.
set -eu

missing=""
need() { # need <package> <command that succeeds when it is there>
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
postgresql_is_there() { ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; }
chinese_fonts_are_there() { fc-list :lang=zh family | grep -q .; }

need postgresql postgresql_is_there
need redis-server command -v redis-server
need chromium test -x /usr/bin/chromium
need fonts-noto-cjk chinese_fonts_are_there
need libreoffice-writer-nogui command -v soffice
need poppler-utils command -v pdftotext

[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="none"; fi
fi

if command -v apt-get >/dev/null 2>&1 && [ "$as_root" != none ]; then
    echo "- Installing$missing …"
    # RUNLEVEL=1 keeps the packages from starting servers; the tests start their own.
    apt="$as_root env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq"
    if $apt update </dev/null && $apt install -y --no-install-recommends $missing </dev/null >/dev/null; then
        exit 0
    fi
    echo "apt-get could not install:$missing" >&2
else
    echo "The tests also need these Debian packages, and this account may not install them:$missing" >&2
fi
[ -z "${CI:-}" ] || exit 1
echo "The tests that need them are skipped." >&2
