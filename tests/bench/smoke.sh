#!/usr/bin/env bash
# The load generator against the sink: every message counted at one end arrives at the other. Its figures are the
# ceiling of every benchmark: what bench-load and bench-sink do with nothing between them.
#
#   smoke.sh LOAD SINK [COUNT]
set -euo pipefail
load=$1 sink=$2 count=${3:-200}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sink.test \
  -addext subjectAltName=DNS:sink.test -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null

try() {
  local tls=$1 what=$2
  shift 2
  "$sink" --tls "$tls" --certificate "$folder/certificate.pem" --key "$folder/key.pem" --expect "$count" \
    >"$folder/out" &
  local pid=$!
  until grep -q '^port' "$folder/out"; do sleep 0.02; done
  local port
  port=$(sed -n 's/^port //p' "$folder/out")
  "$load" --port "$port" --tls "$tls" --name sink.test --ca "$folder/certificate.pem" --count "$count" "$@" \
    >"$folder/load.json"
  wait "$pid"
  echo "$what"
  echo "  load: $(cat "$folder/load.json")"
  echo "  sink: $(tail -1 "$folder/out")"
  grep -q "^{\"messages\":$count,.*\"errors\":0," "$folder/load.json"
  grep -q "^{\"messages\":$count," "$folder/out"
}

try none "clear, 1 connection" --connections 1
try implicit "implicit TLS, login, 10 connections" --connections 10 --user load --password load
try starttls "STARTTLS, login, one connection a message" --connections 10 --per-connection 1 --user load --password load
try implicit "implicit TLS, 1 MiB" --connections 2 --size 1048576
