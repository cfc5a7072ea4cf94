# Every target works as the first command in a fresh clone, as root and as an ordinary user.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Everything is compiled as it ships, and so once. -buildvcs=false: a clone that belongs to somebody else must build too.
# Without what debuggers alone read (-dwarf=false, -w) a first build takes a tenth less; make DEBUG=1 … keeps it.
export CGO_ENABLED := 0
export GOFLAGS := $(strip $(GOFLAGS) -trimpath -buildvcs=false $(if $(DEBUG),,-gcflags=all=-dwarf=false -ldflags=-w))

PROGRAM := ./services/rackvidd
# What every receipt says it was computed by; a tree without history is named by the program's own digest.
COMMIT = $(shell git describe --always --abbrev=12 --dirty 2>/dev/null)
# Named beside the program it is compiled first, not last and alone; and the compiler may use some memory. A sixth of a first build.
SLOWEST := github.com/nats-io/nats-server/v2/server
GO_FILES := events projections services
TOOL := go tool -modfile=.ci/tools.mod

# What takes longest is tested first, beside the rest: named last it would be waited for alone. Vetting is the quick checks'.
LONGEST := $(PROGRAM) ./services/web/browser

# What is tested without PostgreSQL and NATS; with the race detector where goroutines are and a C compiler is.
UNIT := $(patsubst %,./%/...,$(wildcard services/casework services/surveying services/disclosure)) ./services/export ./events
UNIT_RACE := ./events/memlog
RACE := $(if $(shell command -v cc gcc clang 2>/dev/null),-race)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

## use it

.PHONY: demo
demo: build ## try it: an invented year imported, figures printed, the system serving until Ctrl-C
	@bin/rackvidd demo

.PHONY: run
run: build ## the same system on ./data, empty at first
	@bin/rackvidd serve

.PHONY: setup
setup: ## check Go, and install PostgreSQL's server programs where they are missing
	@deploy/setup

.PHONY: build
build: setup ## bin/rackvidd
	@GOGC=400 go build -ldflags '$(if $(DEBUG),,-w) -X main.commit=$(COMMIT)' -o bin/ $(SLOWEST) $(PROGRAM)

## work on it

.PHONY: check
check: ## format, vet, lint, generated files, unit tests: run it before every commit
	@deploy/setup check
	@$(MAKE) -k -j3 check-format check-vet check-lint check-unit
	@echo "check: all is well"

.PHONY: test
test: ## everything that is tested on one machine; of what takes longest, a part
	@deploy/setup tests
	go test -vet=off -timeout 80m $(LONGEST) ./...

.PHONY: test-browser
test-browser: ## the pages in every way that people use them: make test tries each in some
	@deploy/setup tests
	go test -vet=off -count=1 -timeout 80m ./services/web/browser -whole

.PHONY: test-deploy
test-deploy: ## docker-compose.yml, started for real (as root)
	deploy/compose-test

.PHONY: test-newcomer
test-newcomer: ## the README's two commands in an empty home, as root and as an ordinary user
	deploy/newcomer-test

.PHONY: torture
torture: setup ## kills, faults and tampering
	go test -count=1 -timeout 2h -v -run Torture -tags torture $(PROGRAM) ./services/audit
	go test -count=1 -timeout 2h ./projections/reach -histories 5000 -tables 2000
	go test -count=1 -timeout 3h ./services/api -run TestFilesAndHandsTellOneHistory -histories 300

.PHONY: bench
bench: setup ## speed, as ratios to raw limits measured in the same run
	go test -count=1 -timeout 2h -v -run Bench -tags bench $(PROGRAM)/...

.PHONY: generate
generate: ## rewrite events/asyncapi.yaml; write golden events that are missing
	go test -count=1 ./events -update

.PHONY: format
format: ## rewrite Go files as gofumpt does
	$(TOOL) gofumpt -w $(GO_FILES)

.PHONY: vulnerable
vulnerable: ## ask the Go vulnerability database (needs the internet)
	$(TOOL) govulncheck ./...

.PHONY: check-format check-vet check-lint check-unit

check-format:
	@files=$$($(TOOL) gofumpt -l $(GO_FILES)) || exit 1; \
	[ -z "$$files" ] || { echo "make format would change:"; echo "$$files"; exit 1; }

check-vet:
	@go vet -tags torture,bench ./...

# Every line of .ci/checks is a check to run, or with a dash not to run, and the reason.
check-lint:
	@$(TOOL) staticcheck -tags torture,bench -checks "$$(sed -e 's/ *#.*//' -e '/^$$/d' .ci/checks | paste -sd, -)" ./...

# The import test asks go list about files that go test does not know it depends on: it is never answered from the cache.
check-unit:
	@go test $(filter-out ./services/disclosure/...,$(UNIT))
	@go test ./services/disclosure -families 20
	@$(if $(RACE),CGO_ENABLED=1) go test $(RACE) $(UNIT_RACE)
	@go test -count=1 -run 'TestEventsThenProjectionsThenServices|TestTheTopLevelShowsTheArchitecture' $(PROGRAM)
