#!/usr/bin/env bash
# Install what it takes to compile pycairo and manimpango and to make a virtual environment: system.sh PYTHON [dev].
#
# Through apt where there is apt, saying so and asking nothing; elsewhere it names what to install and fails.
# With `dev` also a browser and a voice for the tests of pages and of speech, where apt has them: without them those
# tests are skipped.
set -euo pipefail
python=$1
extra=${2:-}
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')

compiles() { cc -x c -o /dev/null - <<<$'#include <stdio.h>\nint main(void) { return 0; }' >/dev/null 2>&1; }
lacking() {  # Debian's names of what is not here, one a line
    command -v pkg-config >/dev/null || echo pkg-config
    pkg-config --exists cairo 2>/dev/null || echo libcairo2-dev
    pkg-config --exists pangocairo pangoft2 2>/dev/null || echo libpango1.0-dev
    compiles || echo build-essential
    "$python" -c 'import os, sysconfig as s; os.stat(os.path.join(s.get_paths()["include"], "Python.h"))' \
        2>/dev/null || echo "python$version-dev"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo "python$version-venv"
}

has_browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null

packages=$(echo $(lacking))  # on one line
tested=""
if [ "$extra" = dev ] && command -v apt-get >/dev/null; then
    has_browser || tested=chromium
    command -v espeak-ng >/dev/null || tested="$tested espeak-ng"
fi
[ -n "$packages$tested" ] || exit 0

if ! command -v apt-get >/dev/null; then
    cat >&2 <<END
Rendering needs some system packages that are not here (Debian calls them $packages).
There is no apt-get here, so install them in your system's way, then type the same command again:
  Fedora  sudo dnf install gcc gcc-c++ pkgconf-pkg-config cairo-devel pango-devel python3-devel
  Arch    sudo pacman -S --needed base-devel pkgconf cairo pango python
  macOS   xcode-select --install; brew install pkgconf cairo pango
END
    exit 1
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"  # never waits for an answer where nobody can give one
    [ ! -t 0 ] || as_root=sudo
fi
by_hand="sudo apt-get update && sudo apt-get install -y $packages"
if [ -n "$as_root" ] && ! { command -v sudo >/dev/null && $as_root true; }; then
    if [ -z "$packages" ]; then
        echo "Some tests are skipped until this is typed: sudo apt-get install$(printf ' %s' $tested)" >&2
        exit 0
    fi
    printf 'Installing %s takes an administrator. Have this typed, then type the same command again:\n  %s\n' \
        "$packages" "$by_hand" >&2
    exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$log" 2>&1
}
add() { apt install -y --no-install-recommends "$@"; }
# A fresh machine has no package lists, or old ones that name files no longer there.
obtain() { { apt-cache show "$@" >/dev/null 2>&1 && add "$@"; } || { apt update && add "$@"; }; }

echo "Installing with apt: $(echo $packages $tested) …" >&2
if [ -n "$packages" ] && ! obtain $packages; then
    cat "$log" >&2
    printf 'apt could not install %s: see above. Mend it, then type the same command again.\n' "$packages" >&2
    exit 1
fi
if [ -n "$tested" ] && ! obtain $tested; then
    echo "apt could not install$(printf ' %s' $tested): some tests are skipped." >&2
fi
left=$(echo $(lacking))
if [ -n "$left" ]; then
    printf 'apt installed %s, and %s is still not found: is another pkg-config or Python first in PATH?\n' \
        "$packages" "$left" >&2
    exit 1
fi
