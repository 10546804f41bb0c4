.DEFAULT_GOAL := help
.PHONY: help install demo test test-cluster check mutants soak bench picture lock clean

PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell $(name) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && command -v $(name))))
FILE ?=

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## install what is missing, everything into .venv

.venv/installed: requirements.lock pyproject.toml deploy/install.sh
	@deploy/install.sh "$(PYTHON)"
	@touch $@

demo: install ## start the stack and import a sample for a person called demo; your own: make demo FILE=path
	@deploy/demo.sh "$(FILE)"

test: install ## run all tests
	@.venv/bin/pytest

test-cluster: install ## run the tests on a cluster of three brokers, with TLS and ACLs (minutes)
	@.venv/bin/pytest tests/cluster

check: install ## style and types
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

mutants: install ## remove each guard in turn and see its tests turn red
	@.venv/bin/python -m tests.faults.mutants $(ARGS)

soak: install ## every fault at random for a while: MINUTES=5 SEED=number
	@.venv/bin/python -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

bench: install ## measure speed and memory, print one table
	@.venv/bin/python -m bench $(ARGS)

picture: install ## draw the picture in the README from what the demo prints
	@.venv/bin/python docs/images/demo.py

lock: ## resolve the dependencies again, into requirements.lock
	@.venv/bin/uv pip compile --universal --python-version 3.11 --all-extras --generate-hashes \
		--no-header --no-emit-index-url --no-annotate --quiet pyproject.toml --output-file requirements.lock

clean: ## remove what was installed and cached in this folder (not the data)
	@deploy/clean.sh
