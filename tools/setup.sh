#!/bin/sh
# Make the environment in .venv: find a Python, create it, install the pinned versions.
#
#     sh tools/setup.sh base|lab|dev      (PYTHON=/path/to/python chooses another Python)
set -eu
cd "$(dirname "$0")/.."
level="$1"
venv=.venv

suits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        suits "$PYTHON" && { echo "$PYTHON"; return; }
        echo "PYTHON=$PYTHON is not a Python 3.10 or newer." >&2
        return 1
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.10 python; do
        suits "$candidate" && { echo "$candidate"; return; }
    done
    echo "No Python 3.10 or newer was found: install one (Debian: apt-get install python3 python3-venv) or set PYTHON=/path/to/python." >&2
    return 1
}

if ! suits "$venv/bin/python" || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python="$(find_python)"
    version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        echo "Python $version has no venv module here: apt-get install python$version-venv (Debian, Ubuntu), then try again." >&2
        exit 1
    fi
    echo "Creating $venv with Python $version."
    "$python" -m venv --clear "$venv"
fi

case "$level" in
    base) target="." ;;
    lab | dev) target=".[$level]" ;;
    *) echo "tools/setup.sh: expected base, lab or dev, got '$level'." >&2; exit 2 ;;
esac

echo "Installing the pinned versions into $venv ($level): a minute or two, longer on a slow line, torch being the large part."
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
pip install -c constraints.txt torch==2.13.0
pip install -c constraints.txt -e "$target"

touch "$venv/.base"
[ "$level" = base ] || touch "$venv/.lab"
[ "$level" != dev ] || touch "$venv/.dev"
