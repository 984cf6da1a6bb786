#!/bin/sh
# Make the peers' environment in .venv-bench from the pinned versions of bench/peers.txt.
#
#     sh bench/peers_setup.sh      (PYTHON=/path/to/python chooses another Python, 3.11 or newer)
#
# OCTIS is not among them: octis 1.14.0 pins scikit-learn 1.1.0 and builds on Python 3.10 at most.
set -eu
cd "$(dirname "$0")/.."
venv=.venv-bench
python="${PYTHON:-python3}"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "The pinned versions of the peers need Python 3.11 or newer; set PYTHON=/path/to/python." >&2
    exit 1
}
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
echo "Installing the peers into $venv: a minute or two, longer on a slow line, torch being the large part."
pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }
pip install "$(grep '^torch==' bench/peers.txt)"
pip install --no-deps -r bench/peers.txt
touch "$venv/.done"
