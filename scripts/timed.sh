#!/usr/bin/env bash
# Runs a step and says how long it took: scripts/timed.sh [--within SECONDS] NAME COMMAND...
# With --within a step that took longer fails, though all of it passed.
set -euo pipefail
most=
if [ "$1" = --within ]; then most=$2; shift 2; fi
name=$1; shift
start=$(date +%s)
echo "== $name"
"$@"
took=$(( $(date +%s) - start ))
echo "== $name took $took s${most:+ of at most $most s}"
if [ -n "$most" ] && [ "$took" -gt "$most" ]; then
  echo "$name took longer than $most s" >&2
  exit 1
fi
