#!/usr/bin/env bash
# libfaketime, by which tests let time hurry: what is there, else Debian's package where this is root.
set -euo pipefail
command -v faketime >/dev/null && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing libfaketime, by which tests let time hurry" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends faketime >&2
else
  echo "no libfaketime: tests in fast motion are skipped. On Debian: sudo apt-get install faketime" >&2
fi
