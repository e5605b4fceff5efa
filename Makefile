# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test test-posix check docs bench soak clean

demo: $(VENV)/installed
	$(BIN)/ropewalk demo

test: $(VENV)/tested
	$(BIN)/python -m pytest -n 2 --dist loadgroup --durations=15

# The whole suite once more, with pidfd, inotify, /proc and namespaces hidden from the program (about four minutes).
test-posix: $(VENV)/tested
	ROPEWALK_POSIX_ONLY=1 $(BIN)/python -m pytest -n 2 --dist loadgroup --durations=15

check: $(VENV)/checked
	$(BIN)/ruff check src tests bench docs
	$(BIN)/ruff format --check src tests bench docs
	$(BIN)/lint-imports
	$(BIN)/pyright

docs: $(VENV)/installed
	$(BIN)/python -m docs.generate

bench: $(VENV)/installed
	$(BIN)/python -m bench.cli
	$(BIN)/python -m bench.events
	$(BIN)/python -m bench.recovery
	$(BIN)/python -m bench.gateway
	$(BIN)/python -m bench.sandbox
	mkdir -p bench/results
	(date -u +%F; uname -srm; echo "$$(nproc) cores") >bench/results/workspaces.txt
	$(BIN)/python -m bench.workspaces >>bench/results/workspaces.txt
	cat bench/results/workspaces.txt

soak: $(VENV)/tested
	ROPEWALK_SOAK_SECONDS=600 $(BIN)/python -m pytest tests/soak -m soak

clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/tested: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(VENV)/checked: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install --quiet --group test --group check
	touch $@
