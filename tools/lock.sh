#!/usr/bin/env bash
# Pin every dependency with hashes, for all platforms and Pythons from 3.11 up. Needs uv.
# The files record no addresses: installs use whatever index the user's pip is set up for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
compile=(uv pip compile --universal --python-version 3.11 --generate-hashes
  --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --quiet "$@")
"${compile[@]}" --all-extras pyproject.toml -o requirements.lock
"${compile[@]}" --group build -o requirements-build.lock
"${compile[@]}" --group audit -o requirements-audit.lock
"${compile[@]}" --all-extras pyproject.toml --group dev --group build -o requirements-dev.lock
