#!/usr/bin/env bash
# Build InfluxDB 2.9.1 from its Go module into a cache folder and print the path of the binary.
#
# The tests need a real server. Go, a Rust toolchain (Flux is written in Rust) and a C compiler
# suffice; it takes about three minutes once, and no time afterwards.
# Usage: build.sh [--print-only]   (--print-only: fail instead of building)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CI_HEALTH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ci-health}
binary=$cache/influxd-2.9.1/influxd

if [[ ! -x $binary ]]; then
  [[ ${1:-} != --print-only ]] || { echo "influxd is not built yet: run $here/build.sh" >&2; exit 1; }
  for tool in go cargo cc; do
    command -v "$tool" >/dev/null || {
      echo "influxd cannot be built: '$tool' is not installed. Install Go, Rust (rustup) and a C compiler," \
        "or put an influxd 2.x binary on the PATH or in \$INFLUXD." >&2
      exit 1
    }
  done
  echo "building influxd 2.9.1 from its Go module (about three minutes, once) ..." >&2
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
