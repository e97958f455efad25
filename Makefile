# `make help` lists the targets. Each does its own set-up: Node >= 20.19, npm and make are all that has to be there.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

TSC := node_modules/.bin/tsc
# COVERAGE=1 leaves what V8 saw in coverage/raw, for `make coverage`.
COVERAGE ?=
C8 := node_modules/.bin/c8
INSTALLED := node_modules/.package-lock.json
# What is covered is counted in the modules as they were written; everything else runs them as they are packed, joined.
BUILT := dist/.built$(if $(COVERAGE),-apart)
PEERS := bench/node_modules/.package-lock.json
SOURCES := $(shell find lib spec bench -name node_modules -prune -o -name '*.ts' -print 2>/dev/null)
SPECS = $(shell find dist/spec -name '*.spec.js' | sort)

.PHONY: help
help: ## this list, by what one wants to do
	@bash .ci/help

$(INSTALLED): package.json package-lock.json
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

$(PEERS): bench/package.json bench/package-lock.json
	@npm ci --prefix bench --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

$(BUILT): $(INSTALLED) tsconfig.json $(SOURCES) .ci/join-core.mjs
	@rm -rf dist
	@$(TSC)
	@mkdir dist/man && node dist/lib/cli/main.js manual > dist/man/ohos-websocket.1
	@$(if $(COVERAGE),,node .ci/join-core.mjs)
	@touch $@

.PHONY: build
build: $(BUILT) ## install and compile to dist/

.PHONY: demo
demo: $(BUILT) ## the documented example against an embedded echo server, or URL=ws://host/path
	@node dist/lib/cli/main.js demo $(URL)

.PHONY: test
test: $(BUILT) ## run every spec; interop specs skip what is not installed
	@rm -rf coverage/raw
	@$(if $(COVERAGE),NODE_V8_COVERAGE=coverage/raw) node --test --test-concurrency=2 --test-timeout=120000 $(SPECS)

.PHONY: check
check: $(INSTALLED) .ci/lint/node_modules/.package-lock.json ## the inner loop: format, lint, types, and the specs of what changed (since SINCE=origin/main)
	@SINCE=$(or $(SINCE),origin/main) bash .ci/check

.PHONY: interop
interop: $(BUILT) ## talk to real proxies and servers (bash .ci/install-peers installs them)
	@npm ci --prefix spec/interop --ignore-scripts --no-fund --no-audit --loglevel=error
	@npm ci --prefix spec/interop/libraries --ignore-scripts --legacy-peer-deps --no-fund --no-audit --loglevel=error
	@node --test --test-concurrency=2 --test-timeout=120000 $$(find dist/spec/interop -name '*.spec.js' | sort)

.PHONY: bench
bench: $(BUILT) $(PEERS) ## compare with other clients, 25 minutes, QUICK=1 two; or with a revision: ARGS='--compare REV --only send'
	@node dist/bench/main.js $(if $(QUICK),--quick) $(ARGS)

.PHONY: fuzz
fuzz: $(BUILT) ## feed random input to the protocol core for SECONDS=60
	@node dist/spec/fuzz/main.js --seconds $(or $(SECONDS),60)

.PHONY: soak
soak: $(BUILT) ## thousands of connections with random faults for SECONDS=120; floods; connect/close cycles
	@ulimit -n "$$(ulimit -Hn)" && node --expose-gc dist/spec/soak/main.js --seconds $(or $(SECONDS),120)

.PHONY: conformance
conformance: $(BUILT) ## write the conformance statement, spec/rfc6455/CONFORMANCE.md
	@node dist/spec/rfc6455/conformance.js > spec/rfc6455/CONFORMANCE.md
	@cat spec/rfc6455/CONFORMANCE.md

.PHONY: reference
reference: $(BUILT) ## write the page of reference, lib/api/REFERENCE.md
	@node dist/spec/docs/reference.js > lib/api/REFERENCE.md

.PHONY: pictures
pictures: $(BUILT) ## make the pictures of README anew, from what is printed today
	@node dist/spec/docs/pictures.js

.PHONY: matrix
matrix: $(BUILT) ## run the specs against the packed package on other Nodes: MATRIX='20.19 22 24 26'
	@node dist/spec/matrix/main.js $(or $(MATRIX),20.19 22 24 26)

.PHONY: runtimes
runtimes: $(BUILT) ## the packed package and its specs on Bun and Deno, and as a single executable; all fetched from npm
	@node -e "import('./dist/spec/packed/tool.js').then((t) => Promise.all([t.runtime('bun'), t.runtime('deno'), t.postject(), t.esbuild(), t.tool('node', '26', 'node/bin/node')]))"
	@node --test --test-concurrency=1 --test-timeout=240000 dist/spec/packed/{runtimes,executable,embedding,permission}.spec.js
	@node dist/spec/matrix/runtimes.js $(ONLY)

.PHONY: footprint
footprint: $(BUILT) $(PEERS) ## sizes, import, memory of idle connections, beside ws and undici; PUBLISH=1 writes bench/README.md
	@ulimit -n "$$(ulimit -Hn)" && node dist/spec/footprint/main.js $(if $(PUBLISH),--publish)

.PHONY: autobahn
autobahn: $(BUILT) ## drive an Autobahn fuzzing server: URL=ws://127.0.0.1:9001, REPORT=its folder
	@node dist/spec/autobahn.js --url $(or $(URL),ws://127.0.0.1:9001) $(if $(REPORT),--report $(REPORT))

.PHONY: coverage
coverage: ## check what `make test COVERAGE=1` covered: lib/protocol >= 98 %, the rest >= 90 %
	@test -d coverage/raw -a -f dist/.built-apart || $(MAKE) --no-print-directory test COVERAGE=1
	@$(C8) report --temp-directory coverage/raw --reporter text --include 'dist/lib/protocol/**' \
	  --check-coverage --lines 98 --branches 98 --functions 0 --statements 0
	@$(C8) report --temp-directory coverage/raw --reporter text --include 'dist/lib/**' --exclude 'dist/lib/protocol/**' \
	  --check-coverage --lines 90 --branches 90 --functions 0 --statements 0

.PHONY: audit-servers
audit-servers: build ## audit the servers of spec/audit/servers, compare with what is kept; KEEP=1 keeps; ARGS='ws nginx'
	@node dist/spec/audit/servers/main.js $(ARGS)

.PHONY: lint
lint: .ci/lint/node_modules/.package-lock.json ## check format and lint of the sources; FIX=1 mends what can be mended
	@.ci/lint/node_modules/.bin/biome check $(if $(FIX),--write) --config-path .ci/lint/biome.jsonc --error-on-warnings lib spec bench

.ci/lint/node_modules/.package-lock.json: .ci/lint/package.json .ci/lint/package-lock.json
	@npm ci --prefix .ci/lint --no-fund --no-audit --loglevel=error
	@touch $@

.PHONY: types
types: $(INSTALLED) ## check the types without building
	@$(TSC) --noEmit --incremental false

.PHONY: pack
pack: $(BUILT) ## pack, install into an empty folder, import and require it there
	@bash .ci/check-package

.PHONY: clean
clean: ## remove what was built
	@rm -rf dist coverage
