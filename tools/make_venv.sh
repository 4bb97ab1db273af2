#!/bin/sh
# Make a virtual environment with pip in it, without root:  make_venv.sh PYTHON FOLDER
# Debian's python3 without python3-venv has no ensurepip; there the pip that is installed brings the new one.
set -eu
python=$1
folder=$2

fail() {
    printf 'albert-lab: %s\n' "$@" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 ||
    fail "there is no $python here." "Install Python 3.11 or newer, or name yours: make learn PYTHON=/path/to/python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$("$python" --version 2>&1) is too old; Python 3.11 or newer is needed." \
        "If a newer one is installed, name it: make learn PYTHON=python3.12"

if "$folder/bin/python" -m pip --version >/dev/null 2>&1 &&
    "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    exit 0 # made before
fi

echo "Making the virtual environment $folder with $("$python" --version 2>&1) ..."
if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    "$python" -m venv --clear "$folder" && exit 0
    fail "$python -m venv failed; its message is above."
fi
"$python" -m venv --clear --without-pip "$folder" 2>/dev/null &&
    "$python" -m pip --python "$folder/bin/python" install --quiet pip && exit 0
rm -rf "$folder"
fail "$python can make no virtual environment: it has neither ensurepip nor a pip >= 22.3." \
    "On Debian or Ubuntu: sudo apt install python3-venv" \
    "Without root: bring pip with https://bootstrap.pypa.io/get-pip.py, then run make again."
