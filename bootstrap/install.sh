#!/usr/bin/env bash
# Bring .venv up to date: `bootstrap/install.sh render` for rendering, `bootstrap/install.sh dev` for testing too.
#
# Silent and done in a blink when nothing is missing. PYTHON names the interpreter; without it, the first of
# python3.11 and python3 that is new enough. A stamp inside .venv tells what was installed; it is written last,
# so a step that failed is done again.
set -euo pipefail
cd "$(dirname "$0")/.."
cd "$(pwd -P)"
extra=$1
python=${PYTHON:-}

say() { printf '%s\n' "$*" >&2; }

quietly() {  # run a step, show what it printed only when it fails
    local log status=0
    log=$(mktemp)
    "$@" </dev/null >"$log" 2>&1 || status=$?
    [ $status -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return $status
}

key="$PWD $(cat pyproject.toml constraints.txt | cksum)"
stamp() { echo ".venv/derivviz-$1.stamp"; }
stamped() { [ "$(cat "$(stamp "$1")" 2>/dev/null)" = "$key" ]; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
# The interpreter itself, also when it is asked for through a virtual environment.
base_of() { "$1" -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))'; }

usable_venv() {  # its interpreter runs, it was made in this place, and by the interpreter asked for
    is_new_enough .venv/bin/python &&
        .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        grep -q "^#!.*$PWD/.venv/bin/" .venv/bin/pip 2>/dev/null &&
        { [ -z "$python" ] || [ "$(base_of "$python")" = "$(base_of .venv/bin/python)" ]; }
}

complete() { is_new_enough .venv/bin/python && .venv/bin/python -P bootstrap/complete.py "$1" >/dev/null 2>&1; }

choose_python() {
    local name
    for name in python3.11 python3 python3.12 python3.13; do
        if is_new_enough "$name"; then python=$name && return; fi
    done
    say "derivviz needs Python 3.11 or newer; $(python3 --version 2>&1 | head -1 || true) is what is here."
    say "Install it, then type the same command again (PYTHON=/path/to/python names one in another place):"
    say "  Debian, Ubuntu  sudo apt-get install python3.11 python3.11-venv python3.11-dev"
    say "  Fedora          sudo dnf install python3.11 python3.11-devel"
    say "  Arch            sudo pacman -S python"
    say "  macOS           brew install python@3.11"
    exit 1
}

if [ -n "$python" ] && ! is_new_enough "$python"; then
    say "PYTHON=$python is no Python 3.11 or newer."
    exit 1
fi

# The packages for testing hold those for rendering.
if { stamped "$extra" || stamped dev; } && complete "$extra"; then
    if [ -z "$python" ] || [ "$(base_of "$python")" = "$(base_of .venv/bin/python)" ]; then exit 0; fi
fi

[ -n "$python" ] || choose_python
python=$(base_of "$python")
bootstrap/system.sh "$python" "$extra"

if ! usable_venv; then
    if [ -e .venv ] && [ ! -e .venv/pyvenv.cfg ] && [ -n "$(ls -A .venv)" ]; then
        say ".venv is there and is no virtual environment: move it away, then type the same command again."
        exit 1
    fi
    say "Making .venv with $("$python" --version) …"
    quietly "$python" -m venv --clear .venv
fi
rm -f .venv/derivviz-*.stamp
say "Installing derivviz[$extra] into .venv (some minutes the first time) …"
if ! quietly .venv/bin/python -m pip install -q --no-input -e ".[$extra]" -c constraints.txt; then
    say "pip could not install derivviz[$extra]: see above. The same command goes on from here."
    exit 1
fi
if ! .venv/bin/python -P bootstrap/complete.py "$extra"; then
    say "derivviz[$extra] was installed and does not work: see above. 'rm -r .venv' and the same command start afresh."
    exit 1
fi
echo "$key" >"$(stamp "$extra")"
