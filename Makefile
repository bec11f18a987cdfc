# `make run` starts the workstation, `make test` runs every check. Both need only Python >= 3.11 (with venv and pip).

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help run venv test test-long bench screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(RUN_STAMP) ## Install and start the workstation (ARGS="..." for its arguments)
	@$(VENV)/bin/ttxt-tui $(ARGS)

venv: $(DEV_STAMP) ## Make .venv with everything the checks need

test: $(DEV_STAMP) ## Run every check: lint, format, types, layers, tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m pytest -m "not long" -n 3 --dist loadfile

test-long: $(DEV_STAMP) ## Run the tests that take minutes
	HYPOTHESIS_PROFILE=long $(PY) -m pytest -m long --timeout=1500 || [ $$? -eq 5 ]  # 5: no long test in this checkout

bench: $(DEV_STAMP) ## Measure speed and print a table
	$(PY) -m benchmarks

screenshots: $(DEV_STAMP) ## Paint screenshots/*.png again
	$(PY) -m screenshots

clean: ## Remove .venv and everything built or cached
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PY):
	@command -v $(PYTHON) >/dev/null || { \
	    echo "$(PYTHON) was not found: ttxt needs Python 3.11 or newer; name yours with 'make PYTHON=/path/to/python3 ...'" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): ttxt needs Python 3.11 or newer; name one with 'make PYTHON=python3.12 ...'" >&2; exit 1; }
	@echo "making $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV) || { \
	    rm -rf $(VENV); echo "$(PYTHON) could not make $(VENV): is its venv module installed (Debian: python3-venv)?" >&2; exit 1; }

# Editable, so that a pulled change needs no new install; again only when what is installed changes.
$(RUN_STAMP): pyproject.toml constraints.txt | $(PY)
	@echo "installing ttxt" >&2
	@$(PIP_INSTALL) --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(PY)
	@echo "installing ttxt and its checks" >&2
	@$(PIP_INSTALL) --editable ".[dev]"
	@touch $(RUN_STAMP) $@
