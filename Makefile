# `make` prints what can be asked for. Everything works from a fresh clone, as
# root or not, and needs Go, git and make; what else it needs it fetches into a
# cache (see internal/devstack).

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

GO ?= go
# Git refuses to read a checkout that belongs to another user, so the stamping of builds would
# fail. The version is determined here instead, and may be unknown.
export GOFLAGS := $(strip $(filter-out -buildvcs=%,$(GOFLAGS)) -buildvcs=false)
VERSION ?= $(shell git -c safe.directory='*' describe --tags --always --dirty 2>/dev/null || echo dev)

# Four test binaries at once keep two cores busy: many tests wait.
TEST_PARALLEL ?= 4
# The longest start first, so that none is left over when the others are done.
TEST_FIRST    ?= $(addprefix ./,internal/admin/web/browsertest internal/admin/api internal/reader internal/worker \
                 cmd/admin internal/postgres deploy/local internal/modes internal/admin loadtest)
# Only a test that hangs takes that long, on a slow machine too.
TEST_TIMEOUT  ?= 60m
TEST_FLAGS    ?=
# The race detector would find nothing in these packages, which turn input into output,
# and they run up to ten times as long under it. None that synchronizes (sync/atomic,
# inlined) can be one of them: races would be reported that there are not.
PURE := compress/flate compress/gzip compress/zlib unicode/... github.com/andybalholm/brotli/... \
        github.com/klauspost/compress/... github.com/trustelem/zxcvbn/... golang.org/x/crypto/... gopkg.in/yaml.v3
# Clones share the build cache (-trimpath), `make check` vets, and linking takes half
# as long without symbols.
TEST_BUILD := -trimpath -vet=off -ldflags=-s $(PURE:%=-gcflags=%=-race=false)
# The race detector needs a C compiler.
CC_FOUND := $(shell command -v "$$($(GO) env CC)" 2>/dev/null)
RACE     := $(if $(CC_FOUND),-race)
# What the detector notes about memory takes fewer page faults in large pages, and at
# the end of a program it needs no second to report.
export GORACE ?= atexit_sleep_ms=10 no_huge_pages_for_shadow=0
FUZZTIME ?= 30s

# The launcher ends with make: it is told who make is, as make's shell becomes
# it (exec), and asks the kernel for a signal at make's death.
LOCAL = export ORGMODES_PARENT_PID=$$PPID; exec bin/local

.PHONY: help
help: ## This list
	@echo 'make TARGET, where TARGET is one of:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build bin/local ## Everything on this machine, with sample modes; Ctrl-C ends it
	@$(LOCAL) up

.PHONY: test
test: modules bin/local ## The tests that fit into minutes, against a real Postgres and a real Redis
	@$(if $(RACE),,echo 'NOTE: there is no C compiler here, so the race detector is off.';) \
	export CGO_ENABLED=$(if $(RACE),1,0); \
	$(LOCAL) test -- $(GO) test $(RACE) $(TEST_BUILD) -shuffle=on -timeout $(TEST_TIMEOUT) -p $(TEST_PARALLEL) $(TEST_FLAGS) $(TEST_FIRST) ./...

.PHONY: prove
prove: modules bin/local ## The long tests: all walks in the browser, 5,000 schedules, faults, attacks, load
	@export GO='$(GO)' RACE='$(RACE)' TEST_BUILD='$(TEST_BUILD)' TEST_FLAGS='$(TEST_FLAGS)' CGO_ENABLED=$(if $(RACE),1,0); \
	$(LOCAL) test -- tools/prove

# These run tests that package prove keeps out of `make test`.
soak simulate mutants faults load screenshots: export ORGMODES_PROVE := 1

# Fetched before anything is timed; a registry that fails once is asked again.
.PHONY: modules
modules:
	@for pause in 2 10 30 0; do \
	  if $(GO) list -deps -test ./... >/dev/null; then exit 0; fi; \
	  sleep $$pause; \
	done; exit 1

.PHONY: test-fetch
test-fetch: ## The ways in which Postgres and Redis are fetched (uses the network)
	ORGMODES_TEST_FETCH=1 $(GO) test -count=1 -run TestFetch -v ./internal/devstack

.PHONY: build
build: ## The three static binaries, in bin/
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X orgmodes/internal/process.version=$(VERSION)' -o bin/ ./cmd/admin ./cmd/worker ./cmd/reader

# Always asked for: go knows better than make whether it is up to date. The flags
# are those of the programs, so that what both link is compiled once.
.PHONY: bin/local
bin/local:
	@mkdir -p bin
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/local ./deploy/local

# Built with the flags of the programs, so that the build cache has their packages.
check: export CGO_ENABLED := 0
check: export GOFLAGS := $(GOFLAGS) -trimpath
.PHONY: check
check: bin/local ## Generated code, assets, format, vet, linters, import rules, SQL, go.mod
	@$(MAKE) check-generated check-assets check-modules check-length
	$(GO) vet ./...
	$(GO) test -count=1 -timeout $(TEST_TIMEOUT) ./internal
	ORGMODES_PROVE=1 $(GO) test -count=1 -timeout $(TEST_TIMEOUT) -run '^TestMutantsCompile$$' ./loadtest/mutants
	@lint="$$(tools/get golangci-lint)"; \
	"$$lint" fmt --diff; \
	"$$lint" run
	@sqlc="$$(tools/get sqlc)"; \
	$(LOCAL) database -- "$$sqlc" vet

.PHONY: check-generated
check-generated:
	@sqlc="$$(tools/get sqlc)"; \
	"$$sqlc" diff || { echo 'The generated code is not in step with sql/: run make generate' >&2; exit 1; }

.PHONY: check-modules
check-modules:
	@$(GO) mod tidy -diff && $(GO) -C tools mod tidy -diff || { echo 'go.mod is not in step with the imports: run go mod tidy' >&2; exit 1; }

.PHONY: check-length
check-length:
	@long="$$(find . -name '*.go' -not -path './.*' -not -path './internal/postgres/sqlcgen/*' -exec awk 'END { if (NR > 450) print NR, FILENAME }' {} \;)"; \
	if [ -n "$$long" ]; then echo "Files of more than 450 lines, to be split by subject:" >&2; echo "$$long" >&2; exit 1; fi

.PHONY: assets
assets: ## What browsers load, from internal/admin/web/assets (uses npm)
	$(GO) -C tools run ./assets

.PHONY: check-assets
check-assets:
	@$(GO) -C tools run ./assets -check

# Where pictures of all pages go.
PICTURES ?= $(abspath .local/pictures)
.PHONY: screenshots
screenshots: bin/local ## Pictures of all pages in all states, into PICTURES (.local/pictures)
	@export ORGMODES_SCREENSHOTS='$(PICTURES)'; $(LOCAL) test -- $(GO) test -count=1 -timeout 60m -run '^TestEveryPage$$' ./internal/admin/web/browsertest
	@echo 'Pictures: $(PICTURES)'

.PHONY: generate
generate: ## Go code from sql/queries
	@sqlc="$$(tools/get sqlc)"; "$$sqlc" generate

.PHONY: format
format: ## Format all Go code
	@lint="$$(tools/get golangci-lint)"; "$$lint" fmt

# The benchmarks import a real file of modes, if any, or a synthetic one.
bench: export ORGMODES_CORPUS ?= $(abspath $(wildcard ../shared/corpus))
.PHONY: bench
bench: bin/local ## The benchmarks, as one table
	@export GO='$(GO)' TEST_FLAGS='$(TEST_FLAGS)'; $(LOCAL) test -- tools/bench

.PHONY: pages
pages: bin/local ## What each page takes and how Postgres reads it, into docs/pages.md
	@$(LOCAL) test -- $(GO) test -count=1 -timeout 60m -run TestPagesOfALargeOrganization ./internal/admin -pages.doc=$(abspath docs/pages.md)

# Exit code 3 of govulncheck means that it found something, 1 that it could not look.
GOVULNCHECK ?= golang.org/x/vuln/cmd/govulncheck@v1.9.0
.PHONY: vulncheck
vulncheck: ## Known vulnerabilities in what the programs call (uses the vulnerability database)
	@mkdir -p bin; GOBIN='$(abspath bin)' GOFLAGS= $(GO) install $(GOVULNCHECK); \
	code=0; bin/govulncheck ./cmd/... || code=$$?; \
	if [ $$code = 1 ]; then echo 'vulncheck: nothing was checked; the vulnerability database could not be reached' >&2; fi; exit $$code

.PHONY: fuzz
fuzz: ## Each fuzz test for FUZZTIME (30s)
	@$(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}' ./... | while read -r package dir; do \
	  for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$$dir"/*_test.go); do \
	    echo "== $$package $$name"; \
	    $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) "$$package"; \
	  done; \
	done

.PHONY: soak
soak: bin/local ## The long chaos run: workers killed under 2,000 changes and a storm
	@$(LOCAL) test -- $(GO) test -count=1 -timeout 30m -v -run TestKilledWorkersLoseNothing ./loadtest \
	  -chaos.changes=2000 -chaos.orgs=20 -chaos.writers=8 -chaos.workers=4 -chaos.storm=500

# Without the race detector: the made-up time stands still while it looks.
SCHEDULES ?= 10000
SEED      ?= 1
.PHONY: simulate
simulate: ## The promises under SCHEDULES simulated schedules, from SEED on
	$(GO) test -count=1 -timeout 120m -run 'TestSchedules|TestReplay' -v ./internal/simulation -schedules=$(SCHEDULES) -seed=$(SEED)

.PHONY: mutants
mutants: bin/local ## Each mechanism taken out once: a test has to fail (ARGS=-only=fence for some)
	@$(LOCAL) test -- $(GO) run ./loadtest/mutants $(ARGS)

# How long things stay broken in each scenario of `make faults`; SCENARIO=storm runs
# those alone whose name begins so. The storm is held to its times, so it runs first
# and alone.
HOLD     ?= 60s
SCENARIO ?=
STORM    := -storm.modes=500 -storm.quiet
.PHONY: faults
faults: bin/local ## Real programs while things are broken for HOLD (60s): a table of what editors saw (SCENARIO=storm for one)
	@$(if $(filter-out storm%,$(SCENARIO)),,$(LOCAL) test -- $(GO) test -count=1 -timeout 30m -v -run 'TestFaults/^storm' ./loadtest \
	  -faults.poll=250ms $(STORM))
	@$(if $(filter storm%,$(SCENARIO)),,$(LOCAL) test -- $(GO) test -count=1 -timeout 30m -parallel 7 -v -run 'TestFaults/^$(SCENARIO)' -skip 'TestFaults/^storm' ./loadtest \
	  -faults.hold=$(HOLD) -faults.poll=250ms)

# ATTACK_FLAGS='-attack.only=bomb' runs some; -attack.profiles=DIR profiles the victims.
ATTACK_FLAGS ?=
.PHONY: attack
attack: bin/local ## What hostile clients cost the real programs: a table beside its budgets
	@$(LOCAL) test -- $(GO) test -count=1 -timeout 30m -v -run TestAttacks ./loadtest/attack -attack.long $(ATTACK_FLAGS)

.PHONY: load
load: bin/local ## Measured: commit to visible, revoked to refused, change to event, idle pages, and polls beside a bare server
	@$(LOCAL) test -- $(GO) test -count=1 -timeout 30m -v -run 'TestCommitToVisible|TestRevokedToRefused|TestChangeToEvent|TestIdlePages|TestPollingLoad' ./loadtest \
	  -load.assert -load.for=20s -load.orgs=20 -load.revocations=200 -load.watchers=200 -load.watch.for=40s -load.idle.for=2m -load.polls='1000 4000 8000' -load.polls.for=10s

.PHONY: clean
clean: ## Remove the build output; data of `make run` stays
	rm -rf bin

.PHONY: clean-data
clean-data: ## Remove the data of `make run`
	@if [ -f .local/postgres.path ]; then rm -rf -- "$$(cat .local/postgres.path)"; fi
	rm -rf .local
