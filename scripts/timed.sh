#!/usr/bin/env bash
# Runs a step and says how long it took: scripts/timed.sh NAME COMMAND...
set -euo pipefail
name=$1; shift
start=$(date +%s)
echo "== $name"
"$@"
echo "== $name took $(( $(date +%s) - start )) s"
