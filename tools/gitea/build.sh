#!/usr/bin/env bash
# Print the folder of a Gitea server and its runner: $GITEA, else Gitea 1.26.0 and runner 1.0.8 built from
# their Go modules into a cache folder. It holds `gitea`, `runner` and what the server serves (`static`).
#
# The tests need a real server. Go and a C compiler (for SQLite) suffice; it takes ten minutes on two cores, once.
# Usage: build.sh [--find]   (--find: fail instead of building)
set -euo pipefail

if [[ -n ${GITEA:-} ]]; then
  [[ -x $GITEA/gitea && -x $GITEA/runner ]] || {
    echo "\$GITEA names $GITEA, which has no gitea and runner that can be run" >&2
    exit 1
  }
  echo "$GITEA"
  exit
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CI_HEALTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ci-health}
folder=$cache/gitea-1.26.0

if [[ ! -d $folder ]]; then
  [[ ${1:-} != --find ]] || { echo "gitea is not built yet: run $here/build.sh" >&2; exit 1; }
  for tool in go cc; do
    command -v "$tool" >/dev/null || {
      echo "gitea cannot be built: '$tool' is not installed. Install Go and a C compiler, or put a gitea," \
        "a runner and Gitea's folders options, public and templates (in \`static\`) into a folder, and name that in \$GITEA." >&2
      exit 1
    }
  done
  echo "building gitea 1.26.0 and its runner from their Go modules (ten minutes, once) ..." >&2
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/gitea-build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  cd "$here/server"
  CGO_ENABLED=1 go build -trimpath -tags 'sqlite sqlite_unlock_notify' -ldflags '-s -w' \
    -o "$work/gitea" code.gitea.io/gitea
  static=$(go list -m -f '{{.Dir}}' code.gitea.io/gitea)
  mkdir "$work/static"
  cp -r "$static/options" "$static/public" "$static/templates" "$work/static/"
  cd "$here/runner"
  go build -trimpath -ldflags '-s -w' -o "$work/runner" gitea.com/gitea/runner
  # The server refuses to run as root: another user runs it from here.
  chmod -R u+w,a+rX "$work"
  mv "$work" "$folder"
  trap - EXIT
fi
echo "$folder"
