#!/usr/bin/env bash
# Draw the README's pictures from the demo by a headless Chromium: the terminal, the report in both themes, and the
# comment on a pull request that has a flaky failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || {
  echo "Chromium is needed: on Debian, apt-get install chromium" >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

root=$PWD
(cd "$work" && COLUMNS=96 "$root/.venv/bin/ci-health" demo --out report.html) | sed "s#$work#~/rocket#" >"$work/terminal.txt"
(cd "$work" && CI_HEALTH_REPOSITORIES=acme/rocket CI_HEALTH_DATA_DIR=.ci-health/demo \
  "$root/.venv/bin/ci-health" explain feature-19 --format markdown) >"$work/comment.md"
.venv/bin/python -m tools.pictures "$work" docs/pictures
