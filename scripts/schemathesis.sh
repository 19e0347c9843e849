#!/usr/bin/env bash
# Sends the API what its own description allows and what it forbids, and fails on any fault of ours, on an answer that the
# description does not know, and on a refusal of what it allows. Usage: scripts/schemathesis.sh [options of schemathesis run]
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
seed=20261127
examples=${EXAMPLES:-100}
home=$PWD/target/schemathesis

scripts/tools.sh schemathesis
if [ ! -e "$home/installed-$version" ]; then
  printf '\033[1mInstalling schemathesis %s into target/schemathesis\033[0m\n' "$version" >&2
  rm -rf "$home"
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
  touch "$home/installed-$version"
fi
cargo build --quiet --package allclear-cli

work=$(mktemp -d)
site=
end() {
  if [ -n "$site" ]; then kill "$site" 2>/dev/null || true; wait "$site" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap end EXIT

# Everybody who reports below is somebody else, and nobody is refused for sending too much.
env -i PATH="$PATH" HOME="$work" \
  ALLCLEAR_HTTP__TRUSTED_PROXIES=127.0.0.1/32 \
  ALLCLEAR_LIMITS__REPORTS_PER_SOURCE_PER_HOUR=0 \
  ALLCLEAR_LIMITS__REPORTS_PER_NETWORK_PER_MINUTE=0 \
  target/debug/allclear serve --no-checks --no-official --listen 127.0.0.1:0 --data "$work/data" >"$work/out" 2>"$work/log" &
site=$!
for _ in $(seq 300); do
  grep -q '^listening on ' "$work/out" && break
  kill -0 "$site" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/^listening on //p' "$work/out")

# Reports with texts and an incident, so that there is something to be described; and where they are found.
"$home/venv/bin/python" - "$url" "$work/any-ids.toml" "$work/real-ids.toml" <<'PYTHON'
import json, sys, time, urllib.request

url, any_ids, real_ids = sys.argv[1:]

def ask(path, body=None, source=0):
    headers = {"content-type": "application/json", "x-forwarded-for": f"10.{source // 256}.{source % 256}.1"}
    data = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as answer:
        return json.load(answer)

service = "/api/v1/services/openrouter"
for source in range(300):
    report = {"symptom": "other", "text": f"it is down again, {source}", "error": "HTTP 503 from openrouter.ai", "country": "DE"}
    receipt = ask(service + "/reports", report, source)
for _ in range(300):
    incident = ask(service)["incident"]
    if incident:
        break
    time.sleep(0.1)

# What a value has to be to be taken depends on the service (symptoms), on lists read before (cursors) and on the world
# (countries), so a refusal of one of those is no fault.
common = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "404", "409", "422", "429"]

[[operations]]
include-name = ["GET /api/v1/incidents", "GET /api/v1/services/{slug}/incidents", "GET /api/v1/services/{slug}/reports", "GET /api/v1/services/{slug}/checks"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "3xx", "400", "404"]
"""
with open(any_ids, "w") as out:
    out.write(common)
with open(real_ids, "w") as out:
    out.write(common)
    for path, known in [("incidents/{id}", incident), ("reports/{id}", receipt), ("reports/{id}/flags", receipt)]:
        out.write(f'\n[[operations]]\ninclude-path = "/api/v1/{path}"\nparameters = {{ "path.id" = "{known["id"]}" }}\n')
PYTHON

# The live stream has no end that could be waited for; crates/web tests it.
run() { # configuration [option ...]
  "$home/venv/bin/schemathesis" --config-file "$1" run "$url/api/v1/openapi.json" \
    --exclude-path /api/v1/live --seed "$seed" --max-examples "$examples" --request-timeout 10 --continue-on-failure \
    --checks all --warnings off "${@:2}"
}
cd "$work"
run real-ids.toml "$@"
run any-ids.toml --include-path-regex '/\{id\}' "$@"
cd - >/dev/null

if grep -n 'panicked' "$work/log"; then echo 'schemathesis: the site has panicked' >&2; exit 1; fi
kill "$site"
code=0
wait "$site" || code=$?
site=
[ "$code" = 0 ] || { cat "$work/log" >&2; echo "schemathesis: the site ended with $code" >&2; exit 1; }
