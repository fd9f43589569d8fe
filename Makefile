PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venv-clients
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev

# Released clients of the server, each in an environment of its own.
CLIENTS_READY := $(foreach client,agents livekit pipecat web,$(CLIENTS)/$(client)/.ready)

.PHONY: run test test-slow test-clients check lock clean

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
	$(BIN)/pytest -m slow --ignore tests/clients

test-clients: $(READY_DEV) $(CLIENTS_READY)
	$(BIN)/vivavoce models pull --embedded
	$(BIN)/pytest tests/clients

$(CLIENTS)/web/.ready: tests/clients/requirements/web.txt
	@rm -rf $(@D) && mkdir -p $(@D)
	@if command -v npm >/dev/null; then \
		cd $(@D) && npm pack --silent "$$(cat $(CURDIR)/$<)" && tar xzf *.tgz && touch .ready; \
		else echo "no npm: the client for browsers is not tested"; fi

$(CLIENTS)/%/.ready: tests/clients/requirements/%.txt
	@rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --disable-pip-version-check -q -r $<
	@touch $@

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
	rm -rf $(VENV) $(CLIENTS) build dist
