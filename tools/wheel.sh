#!/usr/bin/env bash
# wheel.sh PYTHON BUILDER [ARGUMENTS]: build the wheel and the sdist into dist/ with BUILDER's hatchling, run the
# demo from the wheel in an environment that has nothing else, then the tests without servers against the wheel with
# all extras. The tests lie in a folder of their own: the package is not beside them. ARGUMENTS are pytest's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
python=$1 builder=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf dist
"$builder" -m hatchling build
install=(-m pip install --quiet --disable-pip-version-check)

# What a user gets: the newest versions, no extra.
"$python" -m venv "$work/user"
"$work/user/bin/python" "${install[@]}" dist/*.whl
(cd "$work" && user/bin/ci-health-metrics demo >demo.txt && user/bin/python -m etl --help >/dev/null)
for name in apscheduler procrastinate prometheus-client psycopg; do
  if "$work/user/bin/python" -m pip show --quiet "$name" 2>/dev/null; then
    echo "the wheel installs $name without its extra" >&2
    exit 1
  fi
done

"$python" -m venv "$work/developer"
"$work/developer/bin/python" "${install[@]}" --require-hashes -r requirements-dev.lock
"$work/developer/bin/python" "${install[@]}" --no-deps dist/*.whl
mkdir "$work/tree"
git ls-files -z ':!etl' | tar -cf - --null -T - | tar -xf - -C "$work/tree"
cd "$work/tree"
# What asks git, or looks at the sources of the package, is left to the checkout.
"$work/developer/bin/python" -m pytest -n 2 -m "not server and not slow" --ignore tests/docs --ignore tests/deploy "$@"
