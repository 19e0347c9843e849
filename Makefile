# `make run` starts the site, `make test` checks everything. `make help` lists the rest.
.DEFAULT_GOAL := help
DATA ?= data
LISTEN ?= 127.0.0.1:8080
export CARGO_TERM_PROGRESS_WHEN ?= never
# Where scripts/tools.sh puts a Node for the tests, if the machine has none that is new enough.
export PATH := $(CURDIR)/target/node/bin:$(PATH)

.PHONY: help run demo test test-all test-rust test-doc test-browser test-long pictures check lint fmt bench bench-detect bench-soak learn fuzz tools clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: ## Build and start the site on http://127.0.0.1:8080 with its data in ./data
	@scripts/tools.sh build
	cargo build --release --quiet --package allclear-cli
	@exec target/release/allclear serve --listen $(LISTEN) --data $(DATA)

demo: ## The same with a clearly labelled simulated day, in ./data-demo
	@scripts/tools.sh build
	cargo build --release --quiet --package allclear-cli
	@exec target/release/allclear serve --demo --listen $(LISTEN) --data data-demo

tools: ## Install what `make test` needs (test tools, Chromium)
	@scripts/tools.sh test

test: ## Everything CI needs: lint, Rust tests, doc tests, browser tests
	@scripts/timed.sh tools $(MAKE) --no-print-directory tools
	@scripts/timed.sh --within 4500 tests $(MAKE) --no-print-directory test-all
	@echo "make test: all passed"

# 75 minutes at most, on two cores, with nothing built before: it is what people wait for.
test-all:
	@scripts/timed.sh lint $(MAKE) --no-print-directory lint
	@scripts/timed.sh rust-tests $(MAKE) --no-print-directory test-rust
	@scripts/timed.sh doc-tests $(MAKE) --no-print-directory test-doc
	@scripts/timed.sh browser-tests $(MAKE) --no-print-directory test-browser

check: ## The quick loop: compile and run the unit tests of the pure crates
	@scripts/tools.sh check
	cargo clippy --quiet --workspace --all-targets
	cargo nextest run --package allclear-model --package allclear-detect --package allclear-web

lint: ## Formatting, clippy, documentation, dependencies, scripts
	cargo fmt --all --check
	cargo clippy --quiet --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --quiet --workspace --no-deps --document-private-items
	cargo deny --offline --log-level error check bans licenses sources
	tests/browser/node_modules/.bin/tsc --project tests/browser/tsconfig.json
	tests/browser/node_modules/.bin/tsc --project tests/browser/tsconfig.assets.json

fmt: ## Format the code
	cargo fmt --all

test-rust:
	cargo nextest run --workspace

test-doc:
	cargo test --quiet --workspace --doc

test-browser:
	cargo build --quiet --package allclear-cli
	cd tests/browser && node --test --test-concurrency=1 --test-reporter=spec

pictures: tools ## Pictures of the lanes in each state and of what people write, light and dark, narrow and wide, in target/pictures
	node tests/browser/pictures.js

test-long: tools ## At full length: 200 kills under load, secrets of chance, the API against its description
	ALLCLEAR_KILL_ROUNDS=200 cargo nextest run --profile long --package allclear-cli
	PROPTEST_CASES=100000 cargo nextest run --profile long --package allclear-model secret cut_every
	@scripts/timed.sh schemathesis scripts/schemathesis.sh

bench: ## Ratios against baselines that run beside them; half an hour and more, ten minutes of it paced
	@scripts/tools.sh bench
	cargo build --release --quiet --package allclear-cli --package allclear-bench
	target/release/allclear-bench all

bench-soak: ## An hour of people, readers and abuse against a running site, and whether it said the right things
	@scripts/tools.sh build
	cargo build --release --quiet --package allclear-cli --package allclear-bench
	target/release/allclear-bench soak

bench-detect: ## The detector on simulated streams: delay, share found, false alarms
	@scripts/tools.sh build
	cargo build --release --quiet --package allclear-bench
	target/release/allclear-bench detect

learn: ## Learn the weights of moderation from its corpus
	@scripts/tools.sh check
	LEARN=1 cargo nextest run --package allclear-moderation the_weights

# Seconds for each reader of strangers' bytes: ten minutes for those that read most of the pages and for streams, five for all formats on each input.
FUZZ_TARGETS ?= statuspage:600 incidentio:600 rss:600 sse:600 formats:300 detect:60 robots:60 json:60

fuzz: ## Fuzz the readers of what strangers send, 48 minutes
	@scripts/tools.sh fuzz
	@for t in $(FUZZ_TARGETS); do \
		RUSTC_BOOTSTRAP=1 cargo fuzz run $${t%%:*} -- -max_total_time=$${t##*:} -max_len=65536 -rss_limit_mb=1024 -timeout=5 || exit 1; \
	done

clean: ## Remove what was built
	cargo clean
