# The only way anything is run: make run | test | lint | bench | fmt | lock.
# Needs Python 3.11 or newer and the network once; afterwards everything works offline.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PEERS := .venv-bench
INSTALL := -m pip --disable-pip-version-check --no-input install --progress-bar off
PIP := $(BIN)/python $(INSTALL)
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header

.PHONY: help run test contract lint bench fmt lock witness clean tools
.DEFAULT_GOAL := help

help:
	@echo "make run    start the registry with example data at http://127.0.0.1:8000"
	@echo "make test   install what tests need, check everything, run every test"
	@echo "make contract  ask the API for minutes whether it keeps its contract, as everybody (CONTRACT_SECONDS each)"
	@echo "make lint   only the checks: style, types, layers, procedures, policy"
	@echo "make bench  measure beside other programs, and write bench/RESULTS.md (ONLY=lists,acts: print some parts)"
	@echo "make fmt    put the code in its form, and write what follows from declarations"
	@echo "make lock   renew requirements*.lock from requirements*.in"
	@echo "make witness  build the council member's program as a wheel of its own, in dist/"
	@echo "make clean  remove the environment and caches; the data in var/ stays"

run: $(VENV)/.installed
	SANDBOX_LOG_FORMAT=$${SANDBOX_LOG_FORMAT:-console} $(BIN)/sandbox-registry serve --demo

# Each process has a database server of its own, unless TEST_DATABASE_URL names one for a single process. Work is dealt out in runs
# of neighbours, which share what was prepared, and taken over from who is behind.
test: lint tools
	$(BIN)/python -m pytest $(if $(TEST_DATABASE_URL),,-n auto --maxprocesses 8 --dist worksteal)

contract: $(VENV)/.installed-dev
	CONTRACT_SECONDS=$${CONTRACT_SECONDS:-120} $(BIN)/python -m pytest -rA tests/api/contract/test_schemathesis.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.messages
	$(BIN)/python -m tools.generate --check
	$(BIN)/sandbox-registry rules check
	$(BIN)/sandbox-registry policy check

bench: $(VENV)/.installed $(PEERS)/.installed
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

fmt: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format
	$(BIN)/python -m tools.messages --write
	$(BIN)/python -m tools.generate

lock: $(VENV)/.installed-dev
	$(COMPILE) requirements.in -o requirements.lock
	$(COMPILE) requirements-dev.in -o requirements-dev.lock
	$(COMPILE) requirements-build.in -o requirements-build.lock
	$(COMPILE) bench/requirements.in -o bench/requirements.lock

witness: $(VENV)/.installed-dev
	$(BIN)/python -m build --wheel --no-isolation --outdir dist packaging/witness

clean:
	rm -rf $(VENV) $(PEERS) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Permit files are read back by programs that had no part in writing them.
tools:
	@missing=""; for pair in pdftotext:poppler-utils pdftoppm:poppler-utils chromium:chromium chromedriver:chromium-driver; do \
		command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing >/dev/null; \
		else echo "The tests need these Debian packages:$$missing" >&2; exit 1; fi; fi

# Begun anew when it was cut short: what has no stamp may lack anything.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; set PYTHON=...")'
	@[ -e $(VENV)/.installed ] || { echo "Making $(VENV): once, a few minutes."; $(PYTHON) -m venv --clear $(VENV); }
	@touch $@

# The stamps make repeated runs start at once. The installed package is a link to this directory; installing it builds the
# portal's styles and scripts with Node, which comes as a wheel.
PORTAL := tools/assets.py $(wildcard packaging/portal/*.*) $(shell find sandbox_registry/web/assets -type f)

$(VENV)/.installed: requirements.lock requirements-build.lock pyproject.toml $(PORTAL) | $(VENV)/.made
	$(PIP) --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# The peers of `make bench` have an environment of their own, for what is installed is loaded: Litestar takes in pydantic where it
# finds it. Made anew, it has nothing but what is locked.
$(PEERS)/.installed: requirements.lock requirements-build.lock bench/requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(PEERS)
	$(PEERS)/bin/python $(INSTALL) --require-hashes -r requirements.lock -r requirements-build.lock
	$(PEERS)/bin/python $(INSTALL) --require-hashes -r bench/requirements.lock
	$(PEERS)/bin/python $(INSTALL) --no-deps --no-build-isolation --no-index --editable .
	@touch $@
