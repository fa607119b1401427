#!/usr/bin/env bash
# Print the path of an influxd: $INFLUXD, else the one on the PATH, else InfluxDB 2.9.1 built from
# its Go module into a cache folder.
#
# The tests need a real server. Go, a Rust toolchain (Flux is written in Rust) and a C compiler
# suffice; it takes three to six minutes on two cores, once.
# Usage: build.sh [--find]   (--find: fail instead of building)
set -euo pipefail

if [[ -n ${INFLUXD:-} ]]; then
  [[ -x $INFLUXD ]] || { echo "\$INFLUXD names $INFLUXD, which cannot be run" >&2; exit 1; }
  echo "$INFLUXD"
  exit
fi
command -v influxd && exit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CI_HEALTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ci-health}
binary=$cache/influxd-2.9.1/influxd

if [[ ! -x $binary ]]; then
  [[ ${1:-} != --find ]] || { echo "influxd is not built yet: run $here/build.sh" >&2; exit 1; }
  for tool in go cargo cc; do
    command -v "$tool" >/dev/null || {
      echo "influxd cannot be built: '$tool' is not installed. Install Go, Rust (rustup) and a C compiler," \
        "or put an influxd 2.x binary on the PATH or in \$INFLUXD." >&2
      exit 1
    }
  done
  echo "building influxd 2.9.1 from its Go module (three to six minutes, once) ..." >&2
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "${binary%/*}"
  cd "$here"
  go build -o "$work/pkg-config" github.com/influxdata/pkg-config
  # libflux pins an older Rust that rustup would have to download; the installed one builds it.
  PKG_CONFIG=$work/pkg-config RUSTUP_TOOLCHAIN=${RUSTUP_TOOLCHAIN:-stable} CGO_ENABLED=1 \
    go build -tags sqlite_foreign_keys,sqlite_json,noasm -ldflags '-s -w' \
    -o "$work/influxd" github.com/influxdata/influxdb/v2/cmd/influxd
  mv "$work/influxd" "$binary"
fi
echo "$binary"
