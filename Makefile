# Every command of the project. `make` alone lists them.
PYTHON ?= python3
BIN := .venv/bin
STUDIO := $(shell find static/studio -type f -not -path '*/node_modules/*' 2>/dev/null)

# Behind a company's TLS proxy only the machine's own certificates are the right ones.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS := true
export NODE_USE_SYSTEM_CA := 1
endif

.DEFAULT_GOAL := help
.PHONY: help run bench test check faults golden simulate probes tamper chaos soak edits pictures fix lock migrations tenant shell clean
.DELETE_ON_ERROR:

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: .venv/local.stamp static/dist/manifest.json ## Start the whole product on this machine
	@exec $(BIN)/python manage.py up

test: .venv/dev.stamp static/dist/manifest.json ## Run everything that must hold: lint, types, all tests
	@$(BIN)/python tests/run.py $(if $(app),--app $(app))

check: .venv/dev.stamp static/dist/manifest.json ## Run the quick part: lint, format, types, floors, templates, migrations
	@$(BIN)/python tests/run.py --quick

faults: .venv/dev.stamp ## Run the fault tests in their long forms, some hours
	@FAULTS=long $(BIN)/python manage.py with_services -- $(BIN)/pytest tests/faults -q --create-db -p no:randomly

golden: .venv/dev.stamp ## Keep the histories that are new in tests/faults/histories.py
	@GOLDEN=add $(BIN)/python manage.py with_services -- $(BIN)/pytest tests/faults/test_golden.py -q --create-db -k is_kept

simulate: .venv/dev.stamp ## Tell more seeds of the simulator than CI does: make simulate seeds=10000, or seed=130 alone
	@$(if $(seed),SEED=$(seed),SEEDS=$(or $(seeds),10000)) $(BIN)/python manage.py with_services -- \
	  $(BIN)/pytest tests/simulation/test_seeds.py -q --create-db $(if $(seed),-k no_seed,-n auto)

probes: .venv/dev.stamp ## Send generated requests across workspaces, all or so many: make probes count=25000
	@PROBES=$(or $(count),10000000) SEED=$(or $(seed),20) $(BIN)/python manage.py with_services -- \
	  $(BIN)/pytest tests/isolation/test_mutations.py -q --create-db

tamper: .venv/dev.stamp ## Tamper with an audit trail at random; each time it must be found: make tamper trials=10000
	@TRIALS=$(or $(trials),10000) $(BIN)/python manage.py with_services -- \
	  $(BIN)/pytest tests/audit/test_tampering.py -q --create-db

chaos: .venv/dev.stamp ## Let three providers fail in bursts behind one route: make chaos calls=100000, or seed=7 for other bursts
	@CALLS=$(or $(calls),100000) $(if $(seed),SEED=$(seed)) $(BIN)/python manage.py with_services -- \
	  $(BIN)/pytest tests/gateway/chaos -q --create-db -n0 && cat test-results/chaos.json

soak: .venv/dev.stamp ## Mix all faults over a whole product and print what was lost: make soak minutes=30
	@$(BIN)/python -m tests.faults.soak $(or $(minutes),30)

edits: .venv/dev.stamp ## Let 20 clients of y-websocket edit each of 50 drafts while servers are killed: make edits operations=1000000
	@$(BIN)/python -m tests.collaboration.crowd $(or $(operations),1000000)

pictures: .venv/dev.stamp static/dist/manifest.json ## Take the pictures of docs/studio.md anew: make pictures, or name=running for one scene
	@$(BIN)/python -m tests.pictures $(name)

fix: .venv/dev.stamp ## Format the code and repair what lint can repair
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet . ; $(BIN)/djlint templates --reformat --quiet || true

lock: .venv/uv.stamp ## Resolve requirements/*.in anew; releases younger than 14 days wait
	@for name in base local dev; do \
	  $(BIN)/uv pip compile --quiet --generate-hashes --only-binary :all: --python-version 3.11 \
	    --exclude-newer "$$(date -d '14 days ago' +%F)" --no-emit-index-url --custom-compile-command "make lock" \
	    --upgrade requirements/$$name.in -o requirements/$$name.txt || exit 1; done

migrations: .venv/dev.stamp ## Make migrations: make migrations app=runs name=add_run_finished_at
	@[ -n "$(app)" ] && [ -n "$(name)" ] || { echo "Name app and migration: make migrations app=runs name=add_run_finished_at"; exit 1; }
	@$(BIN)/python manage.py with_services -- $(BIN)/python manage.py makemigrations $(app) -n $(name)

tenant: .venv/local.stamp ## Make a workspace in the running product: make tenant name=acme
	@[ -n "$(name)" ] || { echo "Name the workspace: make tenant name=acme"; exit 1; }
	@$(BIN)/python manage.py create_workspace $(name) || { echo "Is Auterity running? Start it with: make run"; exit 1; }

bench: .venv/local.stamp ## Measure: make bench name=start (or workspace, chain, engine, admission, flood args="<queued> <starts>", open_waits, api_runs, webhooks, live, collab, canvas, recovery, revoking, sameness, trail, guards, similar, gateway, routing, evidence args=<url>)
	@$(BIN)/python manage.py with_services -- $(BIN)/python -m bench.$(name) $(args)

shell: .venv/local.stamp ## Open a Python shell in the project
	@$(BIN)/python manage.py shell

clean: ## Remove what was built or installed; data in ./var stays
	@rm -rf .venv static/dist static/studio/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.venv/uv.stamp: requirements/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Auterity needs Python 3.11 or newer: make run PYTHON=/path/to/python3"; exit 1; }
	@echo "Setting up: virtual environment"
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || { \
	  package=python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Setting up: $$package is missing, installing it"; \
	    { apt-get install -qq -y $$package || { apt-get update -qq && apt-get install -qq -y $$package; }; } >/dev/null && $(PYTHON) -m venv .venv; \
	  else echo "Python's venv module is missing. Run: sudo apt-get install $$package"; exit 1; fi; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/uv.txt || \
	  { echo "Installing uv failed: check the network and try again."; exit 1; }
	@touch $@

.venv/%.stamp: requirements/%.txt .venv/uv.stamp
	@echo "Setting up: Python packages of requirements/$*.txt"
	@$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes --only-binary :all: -r requirements/$*.txt || \
	  { echo "Installing packages failed: check the network and run the command again; it continues."; exit 1; }
	@touch $@

static/dist/manifest.json: $(STUDIO) | .venv/local.stamp
	@if [ -f static/studio/package.json ]; then echo "Setting up: front end"; $(BIN)/python static/studio/build.py; \
	  else mkdir -p static/dist && echo '{}' > $@; fi
	@[ -f $@ ] && touch $@
