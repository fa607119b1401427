#!/usr/bin/env bash
# venv.sh PYTHON FOLDER LOCK: a virtual environment with the locked versions and this project in it.
set -euo pipefail
python=$1 folder=$2 lock=$3
if [[ -z $python ]]; then
  echo "Python 3.11 or newer is needed: install it, or name it with make PYTHON=..." >&2
  exit 1
fi
[[ -x $folder/bin/python ]] || "$python" -m venv "$folder" || {
  echo "the venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2
  exit 1
}
echo "installing $lock into $folder ..." >&2
install=("$folder/bin/python" -m pip install --quiet --disable-pip-version-check)
"${install[@]}" --require-hashes -r "$lock"
# The project itself, editable, built by the locked hatchling; users' installs carry it too.
"${install[@]}" --require-hashes -r requirements-build.lock
"${install[@]}" --no-deps --no-build-isolation --editable .
