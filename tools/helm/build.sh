#!/usr/bin/env bash
# Print the path of a helm: $HELM, else the one on the PATH, else Helm 3.22.0 built from its Go module
# into a cache folder.
#
# The tests render the chart with it. Go suffices; it takes two minutes on two cores, once.
# Usage: build.sh [--find]   (--find: fail instead of building)
set -euo pipefail

if [[ -n ${HELM:-} ]]; then
  [[ -x $HELM ]] || { echo "\$HELM names $HELM, which cannot be run" >&2; exit 1; }
  echo "$HELM"
  exit
fi
command -v helm && exit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CI_HEALTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ci-health}
binary=$cache/helm-3.22.0/helm

if [[ ! -x $binary ]]; then
  [[ ${1:-} != --find ]] || { echo "helm is not built yet: run $here/build.sh" >&2; exit 1; }
  command -v go >/dev/null || {
    echo "helm cannot be built: 'go' is not installed. Install Go," \
      "or put a helm 3 binary on the PATH or in \$HELM." >&2
    exit 1
  }
  echo "building helm 3.22.0 from its Go module (two minutes, once) ..." >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "${binary%/*}"
  cd "$here"
  go build -trimpath -ldflags '-s -w' -o "$work/helm" helm.sh/helm/v3/cmd/helm
  mv "$work/helm" "$binary"
fi
echo "$binary"
