# Everything one does with this project. `make help` lists it.

.DEFAULT_GOAL := help
.PHONY: help setup setup-tests run test check scenarios bench crash races soak fuzz tck demo-reset pictures screenshots docs migration

# The oldest Python that will do is 3.11. The system's comes first where it does: distributions compile theirs with the
# profile of a run, and the web takes a seventh less processor time on it. PYTHON=/path/to/python names another one.
ifndef PYTHON
PYTHON := $(shell for name in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	if command -v $$name >/dev/null && \
		$$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$name; break; fi; done)
endif
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
WORKERS ?= 2
ROUNDS ?= 200
EXAMPLES ?= 200
SEED ?= $(shell date +%s)

help: ## list what make can do
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

setup:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (with venv)." >&2; exit 1; }
	@$(PYTHON) tools/setup.py

setup-tests:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed (with venv)." >&2; exit 1; }
	@$(PYTHON) tools/setup.py --tests

run: setup ## start the service with the sample data (PORT=8000, DEMO=1)
	@exec $(BIN)/python -m tools.serve

demo-reset: setup ## start the sample data afresh
	@$(BIN)/python -m tools.demo_reset

test: setup-tests ## run all tests on SQLite, PostgreSQL and Chromium
	@tools/install_test_tools.sh
	$(PYTEST) -n $(WORKERS) --dist loadgroup $(ARGS)

scenarios: setup-tests ## run the business lines' scenarios and check that they walk every flow
	$(PYTEST) -n $(WORKERS) --dist loadgroup tests/scenarios $(ARGS)

check: setup-tests ## lint, types, import contracts and house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(PYTEST) -n $(WORKERS) tests/house

bench: setup-tests ## measure the hot paths (ARGS="--quick" to try, ARGS="--parts inbox counts" for some)
	-@$(BIN)/python -m pip install --quiet --no-deps -r requirements-bench.txt
	$(BIN)/python -m bench.feel
	$(BIN)/python -m bench $(ARGS)

crash: setup-tests ## kill, stop and break the service at random failpoints (CRASH_CASES=3000 CRASH_DB=sqlite)
	@tools/install_test_tools.sh
	@$(BIN)/python -m tests.crash

races: setup-tests ## let each race be run many times on both databases (ROUNDS=200)
	@tools/install_test_tools.sh
	RACE_ROUNDS=$(ROUNDS) $(PYTEST) -n $(WORKERS) -o timeout=7200 tests/concurrency $(ARGS)

soak: setup-tests ## kill web, workers, Redis and PostgreSQL at random under load (SOAK_SECONDS=600 SOAK_REDIS=off)
	@tools/install_test_tools.sh
	@$(BIN)/python -m tests.crash.soak

fuzz: setup-tests ## call the interface with much made-up input (EXAMPLES=200 SEED=number)
	FUZZ_EXAMPLES=$(EXAMPLES) FUZZ_SEED=$(SEED) $(PYTEST) -n 0 tests/api/test_conformance.py $(ARGS)

tck: setup-tests ## run the DMN compatibility kit where it is (TCK_DIR=folder)
	@$(BIN)/python -m tools.tck $(ARGS)

pictures: setup-tests ## draw the diagrams into var/pictures
	$(BIN)/python -m tools.draw

screenshots: setup-tests ## take the pictures of the README from today's pages
	$(BIN)/python -m tools.screenshots

docs: setup-tests ## write the reference pages under docs/ and check all links
	$(BIN)/python -m tools.docs

migration: setup-tests ## write the schema's revision (after the first release: MESSAGE="Add …")
	$(BIN)/python -m tools.make_migration
