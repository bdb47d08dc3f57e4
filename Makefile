# Each target sets up what it needs in .venv; a second run starts at once.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PINNED := -qq --disable-pip-version-check --no-compile -c requirements.lock
INSTALL = $(BIN)/python -m pip install $(PINNED)
JOBS ?= 2
KERNEL_TESTS := $(addprefix tests/,control evaluate geometry guard maps plan powertrain predict sense track traffic vehicle)
# Bytecode is written even where the environment forbids it: to compile all that a process imports, anew at every start,
# takes longer than most of what it is started for.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help drive test bounds check format warm bench lock clean

help:
	@echo "make drive   drive the built-in tour and say where its replay is"
	@echo "make test    the tests"
	@echo "make bounds  the tests of the rooms with kernels again, every index into an array checked"
	@echo "make check   format, lint, types, imports, tests, bounds: all that CI runs"
	@echo "make format  put the sources into the form that 'make check' wants"
	@echo "make bench   evpilot and its peers on the same scenarios, side by side"
	@echo "make lock    resolve the pins of requirements.lock anew"

# The stamps say what .venv holds: the program, and then what checks it.
.venv/run.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "evpilot needs Python 3.11, 3.12 or 3.13 on the path" >&2; exit 2; }
	@echo "== setting up .venv"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) hatchling editables
	@$(INSTALL) --no-build-isolation -e .
	@echo "== compiling the kernels that a drive needs, once for each version"
	@$(BIN)/python -m evpilot.sweep.warm drive
	@touch $@

.venv/dev.stamp: .venv/run.stamp
	@echo "== adding the tools that check"
	@$(INSTALL) --no-build-isolation -e '.[dev]'
	@touch $@

drive: .venv/run.stamp
	@$(BIN)/evpilot drive

warm: .venv/run.stamp
	@$(BIN)/python -m evpilot.sweep.warm

test: .venv/dev.stamp warm
	@echo "== tests"
	@$(BIN)/pytest -q -n $(JOBS) --dist worksteal

# An index past an array's end reads what happens to lie there: wrong on one machine in a hundred, and right on ours.
bounds: export NUMBA_BOUNDSCHECK = 1
bounds: .venv/dev.stamp
	@echo "== compiling the kernels with every index checked"
	@$(BIN)/python -m evpilot.sweep.warm > .venv/checked.log || { cat .venv/checked.log; exit 1; }
	@echo "== tests of the rooms with kernels"
	@$(BIN)/pytest -q -n $(JOBS) --dist worksteal $(KERNEL_TESTS)

check: .venv/dev.stamp
	@echo "== format"
	@$(BIN)/ruff format --check .
	@echo "== lint"
	@$(BIN)/ruff check .
	@echo "== types"
	@$(BIN)/pyright
	@echo "== imports"
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory bounds

format: .venv/dev.stamp
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .

bench: .venv/run.stamp warm
	@$(BIN)/python benchmarks/bench.py

lock: .venv/dev.stamp
	@$(PYTHON) -m venv --clear .venv/resolve
	@.venv/resolve/bin/python -m pip install -q --disable-pip-version-check hatchling editables
	@.venv/resolve/bin/python -m pip install -q --disable-pip-version-check --no-build-isolation -e '.[dev]'
	@.venv/resolve/bin/python -m pip freeze --exclude-editable > requirements.lock
	@rm -rf .venv/resolve

clean:
	rm -rf .venv .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
