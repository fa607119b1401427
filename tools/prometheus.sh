#!/usr/bin/env bash
# Prometheus and its promtool, which the tests scrape and check with: what is there, else Debian's
# package where this is root.
set -euo pipefail
command -v prometheus >/dev/null && command -v promtool >/dev/null && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing Prometheus, which the tests scrape the service with" >&2
  # A package must start no server of its own on the machine that only tests.
  policy=/usr/sbin/policy-rc.d
  [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && trap 'rm -f "$policy"' EXIT; }
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends prometheus >&2
else
  echo "no Prometheus: tests that scrape are skipped. On Debian: sudo apt-get install prometheus" >&2
fi
