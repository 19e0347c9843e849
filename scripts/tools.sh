#!/usr/bin/env bash
# Installs what is missing for a target of the Makefile and says what it does. Usage: scripts/tools.sh build|check|test|bench|schemathesis|fuzz
# Debian packages as root or through sudo; cargo tools with cargo install; browser test packages with npm.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/target/node/bin:$PATH

root=() # what goes before a command that only root may run
say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf 'tools: %s\n' "$*" >&2; exit 1; }

apt_install() { # command package ...
  local missing=()
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] || missing+=("$2")
    shift 2
  done
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null || die "please install: ${missing[*]}"
  [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null || die "please install as root: ${missing[*]}"; root=(sudo); }
  say "Installing ${missing[*]}"
  "${root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Debian starts a server as it installs it; ours only runs within tests and benchmarks, so it may not hold port 80.
server_install() { # command package
  local there
  there=$(command -v "$1" || ls "/usr/sbin/$1" 2>/dev/null || true)
  apt_install "$1" "$2"
  [ -n "$there" ] || [ ! -d /run/systemd/system ] || "${root[@]}" systemctl disable --quiet --now "$1"
}

# The browser tests want Node 20 or newer, and Debian 12 has 18; npm's registry has Node itself. `make` finds it first.
NODE=22
node_test() {
  apt_install node nodejs npm npm
  local have arch
  have=$(node -p 'process.versions.node.split(".")[0]')
  [ "$have" -lt 20 ] || return 0
  arch=$(node -p 'process.platform + "-" + process.arch')
  say "Installing Node $NODE for the tests (there is $have)"
  npm install --silent --no-audit --no-fund --prefix target/node "node-$arch@$NODE"
  mkdir -p target/node/bin
  ln -sf "../node_modules/node-$arch/bin/node" target/node/bin/node
  node --version >/dev/null || die "Node $NODE does not start; please install Node 20 or newer"
}

cargo_install() { # command crate version
  command -v "$1" >/dev/null 2>&1 || "${CARGO_HOME:-$HOME/.cargo}/bin/$1" --version >/dev/null 2>&1 && return
  say "Installing $2 (once)"
  cargo install --quiet --locked "$2" --version "$3"
}

rust_test() {
  local part
  for part in clippy fmt; do
    cargo "$part" --version >/dev/null 2>&1 || { say "Adding $part to Rust"; rustup component add clippy rustfmt >/dev/null; break; }
  done
  cargo_install cargo-nextest cargo-nextest 0.9.143
}

command -v cargo >/dev/null 2>&1 || die "Rust is missing: install it with rustup (1.95 or newer), then run this again"
apt_install cc gcc
# A compiler alone has no headers and no start files to link with: they are only recommended to go with it.
[ -e /usr/include/stdlib.h ] || apt_install /usr/include/stdlib.h libc6-dev

case "${1:-build}" in
  build) ;;
  check) rust_test ;;
  test)
    apt_install chromium chromium prlimit util-linux ip iproute2
    node_test
    server_install nginx nginx-light
    server_install caddy caddy
    rust_test
    cargo_install cargo-deny cargo-deny 0.20.2
    # The dependency check reads every crate of the lock file, also those that only other systems build.
    cargo fetch --quiet --locked
    if [ ! -e tests/browser/node_modules/.installed ] || [ tests/browser/package-lock.json -nt tests/browser/node_modules/.installed ]; then
      say "Installing browser test packages"
      (cd tests/browser && npm ci --silent --no-audit --no-fund && touch node_modules/.installed)
    fi
    ;;
  schemathesis)
    apt_install python3 python3
    # Debian leaves out of Python what makes folders with packages of their own.
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install ensurepip python3-venv
    ;;
  # It asks the compiler for sanitizers, which a stable one has and only gives out with RUSTC_BOOTSTRAP=1.
  fuzz) cargo_install cargo-fuzz cargo-fuzz 0.13.2 ;;
  bench)
    apt_install wrk wrk taskset util-linux
    server_install nginx nginx-light
    ;;
  *) die "unknown set of tools: $1" ;;
esac
