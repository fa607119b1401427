#!/bin/sh
# Run by InfluxDB's image once, after the set-up: a token for each service, for the bucket and nothing else.
# If it fails, the image undoes the set-up, and the next start tries again.
set -eu
umask 077
token() { # FILE USER PERMISSION...
  file=$SECRETS/$1 user=$2
  shift 2
  influx auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "${file##*/}" --json "$@" |
    sed -n 's/^.*"token": *"\([^"]*\)".*$/\1/p' >"$file.new"
  [ -s "$file.new" ]
  chown "$user" "$file.new"
  mv "$file.new" "$file"
}
bucket=$DOCKER_INFLUXDB_INIT_BUCKET_ID
token etl-token "$ETL_UID" --read-bucket "$bucket" --write-bucket "$bucket"
token grafana-token "$GRAFANA_UID" --read-bucket "$bucket"
