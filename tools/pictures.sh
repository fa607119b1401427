#!/usr/bin/env bash
# Draw the README's pictures from the demo: the terminal and the report, by a headless Chromium.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "Chromium is needed: on Debian, apt-get install chromium" >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

COLUMNS=96 .venv/bin/ci-health demo --out "$work/report.html" >"$work/terminal.txt"
.venv/bin/python - "$work" <<'PYTHON'
import html
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
text = html.escape(folder.joinpath("terminal.txt").read_text().rpartition("\nreport:")[0])
style = "margin:0;padding:20px 24px;background:#0d1117;color:#e6edf3;font:14px/1.45 'DejaVu Sans Mono',monospace"
folder.joinpath("terminal.html").write_text(
    f"<!doctype html><meta charset=utf-8><body style=\"{style}\"><pre style='margin:0;font:inherit'>{text}</pre>"
)
PYTHON

draw() { # page, width, height, picture
  "$chromium" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$work/profile" --window-size="$2,$3" --screenshot="$PWD/docs/pictures/$4" \
    "file://$work/$1" 2>/dev/null
}
draw terminal.html 900 760 terminal.png
draw report.html 1100 1300 report.png
