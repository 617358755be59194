# `make demo` and `make test` set everything up themselves; `make help` lists the rest.
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format check run doctor bench clean

BIN := .venv/bin
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3.12 python3 python; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
	2>/dev/null && { echo "$$name"; break; }; done)
endif
# Words handed on to the program, such as ARGS=--once or ARGS='-k sheets'.
ARGS ?=
# A file of tests stays together, as its tests share a bot; the files that take longest come first.
TOGETHER := --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## Install everything into .venv (the targets below do it by themselves)
	@test -n "$(PYTHON)" || { echo "setup: taptrain needs Python 3.11 or 3.12, and found none."; exit 1; }
	@$(PYTHON) .ci/setup.py

demo: setup ## Play the whole way in a chat on this machine, no Telegram needed
	@$(BIN)/taptrain demo $(ARGS)

test: ## Run every test
	@test -n "$(PYTHON)" || { echo "setup: taptrain needs Python 3.11 or 3.12, and found none."; exit 1; }
	@$(PYTHON) .ci/setup.py test
	@$(BIN)/python -m pytest $(TOGETHER) $(ARGS)

lint: setup ## Check style, types and the layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Put the code into the house's form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint test ## All that a commit must pass

run: setup ## Start your own bot (settings from the environment or .env)
	@$(BIN)/taptrain run

doctor: setup ## Say what is right and wrong on this machine
	@$(BIN)/taptrain doctor

bench: setup ## Measure; ARGS='idle --json' for one of them
	@$(BIN)/python -m bench $(ARGS)

clean: ## Remove caches and built files (.venv stays)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov dist build .coverage
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
