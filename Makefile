# One command each. `demo`, `test` and `check` make what they need first.

VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: install profiles constraints matrix servers demo quick test test-loaded chaos hostile stories bench check format clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt tests/clients/package-lock.json tools/profiles/package-lock.json
	@echo "Installing the packages of pyproject.toml into $(VENV) (about a minute, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	@$(BIN)/python -m tools.node tests/clients
	@$(BIN)/python -m tools.node tools/profiles
	@touch $@

# The FHIR package of our profiles: dist/package.tgz.
profiles: install
	$(BIN)/python -m tools.profiles

# The newest versions into $(VENV), and from there into constraints.txt. Then: make check test.
constraints: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy eager --editable . --group dev
	$(BIN)/python -m tools.constraints

# `make quick` under every Python from 3.11 to 3.13 on this machine, in .venv-3.11 and so on.
matrix:
	$(PYTHON) -m tools.matrix

# Debian's packages for the tests, when they are missing: RabbitMQ, PostgreSQL, Pango, poppler, promtool.
servers:
	$(PYTHON) -m tests.kit.servers.install

demo: install
	@$(BIN)/adapter demo

# One room alone: make test ROOM=outbound, make quick ROOM=outbound.
ROOM ?=
ROOMS := $(sort $(notdir $(patsubst %/__init__.py,%,$(wildcard tests/*/__init__.py))))
ROOMS := $(filter-out kit,$(ROOMS))
ifneq ($(filter-out $(ROOMS),$(ROOM)),)
$(error no room "$(ROOM)"; there are: $(ROOMS))
endif
TESTS := $(if $(ROOM),tests/$(ROOM),tests)

# While you work: no database, server, process, connection or pause; few examples.
quick: install
	$(BIN)/python -m pytest -n 2 --dist worksteal --hypothesis-profile quick \
		-m "not servers and not waits and not stored and not slow and not quiet" $(TESTS)

test: install servers
	$(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

# The same beside four busy processes: which test passes only while it is alone on the machine?
test-loaded: install servers
	$(BIN)/python -m tools.loaded $(BIN)/python -m pytest -n 2 --dist loadfile $(TESTS)

# Breaks the adapter for so many seconds, and counts: docs/guarantees.md.
SECONDS ?= 60
SEED ?=
SABOTAGE ?=
export SEED  # a seed is any text: the shell must not read it

chaos: install servers
	$(BIN)/python -m chaos --seconds "$(SECONDS)" --seed "$$SEED" --sabotage "$(SABOTAGE)"

# Crowds, floods and stalls the adapter, and measures what others notice: docs/guarantees.md.
# make hostile SHARE=0.1 SECONDS=20: a tenth of it.
SHARE ?= 1

hostile: install servers
	$(BIN)/python -m hostile --seconds "$(SECONDS)" --share "$(SHARE)"

# Tells true stories, and counts what was told wrongly: make stories N=10000 SEED=7.
# OVER=sockets: with a RabbitMQ and a PostgreSQL of its own.
N ?= 1000
ONLY ?=
OVER ?=

stories: install $(if $(OVER),servers)
	$(BIN)/python -m stories --n "$(N)" --seed "$$SEED" --sabotage "$(SABOTAGE)" $(if $(ONLY),--only "$(ONLY)") $(if $(OVER),--$(OVER))

# Speed with every guarantee on, beside a naive pipeline; a quarter of an hour.
bench: install servers
	$(BIN)/adapter bench

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
