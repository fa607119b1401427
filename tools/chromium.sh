#!/usr/bin/env bash
# Chromium, in which the tests open the report: what is there, else Debian's package where this is root.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium, in which the tests open the report" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium >&2
else
  echo "no Chromium: tests that open the report are skipped. On Debian: sudo apt-get install chromium" >&2
fi
