PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

.PHONY: run test test-slow check lock clean

run: $(READY)
	@$(BIN)/vivavoce serve

test: $(READY_DEV)
	$(BIN)/ruff check src tests examples
	$(BIN)/ruff format --check src tests examples
	$(BIN)/mypy
	$(BIN)/vivavoce models pull --embedded
	$(BIN)/pytest -n 2 -m "not slow"

test-slow: $(READY_DEV)
	$(BIN)/vivavoce models pull --embedded
	$(BIN)/pytest -m slow

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Vivavoce needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(READY): $(VENV)/bin/pip pyproject.toml requirements.lock
	$(BIN)/pip install --disable-pip-version-check -q -c requirements.lock -e '.[mic,server]'
	@touch $@

$(READY_DEV): $(VENV)/bin/pip pyproject.toml requirements.lock
	$(BIN)/pip install --disable-pip-version-check -q -c requirements.lock -e '.[dev]'
	@touch $@ $(READY)

lock: $(VENV)/bin/pip
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --all-extras \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) build dist
