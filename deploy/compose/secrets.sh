#!/bin/sh
# Make the passwords at the first start, each readable by its own service's user alone.
set -eu
umask 077
secret() { # FILE USER
  [ -s "$SECRETS/$1" ] && return
  head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$SECRETS/$1.new"
  chown "$2" "$SECRETS/$1.new"
  mv "$SECRETS/$1.new" "$SECRETS/$1"
}
chmod 755 "$SECRETS"
secret influxdb-password "$INFLUXDB_UID"
secret grafana-password "$GRAFANA_UID"
