#!/usr/bin/env bash
# PostgreSQL, on which the tests of the shared state run: prints the folder of its programs. What is there,
# else Debian's package where this is root. No server is left running: the tests start their own.
set -euo pipefail
find_programs() {
  local folder
  for folder in "${POSTGRESQL_BIN:-}" "$(dirname "$(readlink -f "$(command -v initdb || echo /nowhere/initdb)")")" \
    $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort --version-sort --reverse); do
    [[ -n $folder && -x $folder/initdb && -x $folder/postgres ]] && echo "$folder" && return 0
  done
  return 1
}
find_programs && exit 0
if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
  echo "installing PostgreSQL, on which the tests of the shared state run" >&2
  # Debian's package would start a cluster of its own: not in a place that is for tests.
  mkdir -p /etc/postgresql-common
  [[ -e /etc/postgresql-common/createcluster.conf ]] ||
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends postgresql >&2
  find_programs
else
  echo "no PostgreSQL: tests of the shared state fail. On Debian: sudo apt-get install postgresql" >&2
  exit 1
fi
