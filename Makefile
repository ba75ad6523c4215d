# Everything a developer does here. `make` and `make help` list it.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.10; do $$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/ready

.DEFAULT_GOAL := help
.PHONY: help setup up down demo test test-all faults fuzz security check catalogues pictures bench bench-hook qsv wheel clean

help:           ## list what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1|\2/p' Makefile | column -t -s '|'

setup: $(READY) ## install everything into .venv

demo: $(READY)  ## start everything, load two files before your eyes, stay up until Ctrl-C (DEMO=once: end by itself)
	@$(RUN) -m dev demo $(if $(filter once,$(DEMO)),--once)

up: $(READY)    ## start the servers, load nothing; addresses are in .stack/stack.json
	@$(RUN) -m dev up

down:           ## stop the servers
	@if [ -x $(RUN) ]; then $(RUN) -m dev down; fi

test: $(READY)  ## run the tests that every change must pass, against real servers of their own (.stack-test); ARGS="-k swap"
	@$(RUN) -m pytest --smoke $(ARGS)

test-all: $(READY) ## run all tests: also all of acceptance and browser, and more faults
	@$(RUN) -m pytest $(ARGS)

faults: $(READY) ## try every kind of fault at every point of a load, and a soak (.stack-faults; needs root); ARGS="--faults-seed=1"
	@$(RUN) -m pytest tests/faults --faults=all $(ARGS)

fuzz: $(READY)   ## look for files that end in no sentence, for SECONDS=300; finds and what leads to them are kept in .fuzz
	@$(VENV)/bin/pip install -q --disable-pip-version-check -c constraints.txt atheris
	@mkdir -p .fuzz/corpus
	@$(RUN) -m tests.fuzz.fuzz -max_total_time=$(or $(SECONDS),300) -max_len=8000 -timeout=60 -rss_limit_mb=2048 \
		-artifact_prefix=.fuzz/ $(ARGS) .fuzz/corpus

security: $(READY) ## bandit, pip-audit, tests of hostile patterns, files, servers and users, and a minute of fuzzing
	@$(VENV)/bin/pip install -q --disable-pip-version-check -c constraints.txt bandit pip-audit
	@$(RUN) -m dev.security

check: $(READY) ## lint, types, architecture
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/pyright
	$(RUN) -m pytest tests/architecture -q

catalogues: $(READY) ## write new texts into the catalogues of messages, and list what is not translated
	@$(RUN) -m dev.catalogues update
	@$(RUN) -m dev.catalogues missing
	@$(RUN) -m dev.catalogues compile

pictures: $(READY) ## take pictures of the pages with chromium, into pictures/ (or PICTURES=folder); GUIDE=1: also those in docs/publishers.md
	@PICTURES=$(or $(PICTURES),pictures) $(RUN) -m pytest -q $(addprefix tests/browser/test_,$(addsuffix _in_chromium.py,history profile reading review tabs upload)) $(ARGS)
	@$(if $(GUIDE),$(RUN) -m dev.guide_pictures $(or $(PICTURES),pictures))

bench bench-hook: export STACK := $(or $(STACK),.stack-bench)
bench: $(READY) ## measure loading against SQL by hand and CKAN's own way (.stack-bench); ARGS=growth ROUNDS=1 for a part of it
	@$(RUN) -m dev up
	@$(RUN) -m bench $(or $(ARGS),all) $(if $(ROUNDS),--rounds=$(ROUNDS))

bench-hook: $(READY) ## measure what an upload's request pays for the plugin
	@$(RUN) -m dev up
	@$(RUN) -m bench hook

qsv:            ## build qsvdp, the second engine, into Cargo's folder (20 minutes on two cores); JOBS=1 uses one core
	@$(PYTHON) dev/build_qsv.py $(if $(JOBS),--jobs=$(JOBS))

wheel: $(READY) ## build the package into dist/
	@$(RUN) -m build

clean: down     ## stop the servers and remove what was made
	rm -rf pictures .stack .stack-test .stack-faults .stack-bench .fuzz build dist *.egg-info .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml constraints.txt $(wildcard ckanext/datapusher_plus/i18n/*/LC_MESSAGES/*.po)
	@$(PYTHON) dev/prerequisites.py
	@[ -x $(RUN) ] || $(PYTHON) -m venv $(VENV)
	@echo "Installing the Python packages into $(VENV) (some minutes the first time) ..."
	@$(VENV)/bin/pip install -q --disable-pip-version-check -c constraints.txt --config-settings editable_mode=compat -e '.[dev]'
	@$(RUN) -m dev.catalogues compile
	@touch $@
