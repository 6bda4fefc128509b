# The commands of the project; each sets up what it needs and a second call sets up nothing.
# Everything installed comes from a lock file with hashes. No package index is named here: pip's
# or uv's own settings say where packages come from.

PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null)
PYTEST_ARGS ?=

BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
FUZZ := .venv/.fuzz
BOARDS := rp2 esp32
SEEDS ?= 6000
CASES ?= 1000000
SWEEPS := flash wire pairs host flash-micropython
STUBS := $(BOARDS:%=typings/%/.installed)

ifneq ($(UV),)
# Which Python is uv's to choose, unless somebody names one.
make_venv := $(UV) venv -q --allow-existing --python '$(if $(filter file,$(origin PYTHON)),>=3.11,$(PYTHON))' .venv
pip := $(UV) pip install -q --python $(BIN)/python
else
make_venv := $(PYTHON) -m venv .venv
pip := $(BIN)/python -m pip install -q --disable-pip-version-check
endif
install := $(pip) --require-hashes -r
install_project := $(pip) --no-deps --no-build-isolation -e .

# On the CI machine a test that skips itself has not been run, and counts as failed.
no_skip := $(if $(CI),-p tests.no_skip)

.DELETE_ON_ERROR:
.PHONY: help demo run micropython flash flash-check face-check test campaign soak soak-terminals soak-office fuzz bench pictures lint glyphs locks wheel clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

demo: $(RUN) ## one refund from key press to voucher, on virtual hardware
	@$(BIN)/tuidan demo

run: $(RUN) ## terminals, line and acquirer in the browser, until Ctrl-C
	@$(BIN)/tuidan run --keep .tuidan

micropython: $(DEV) ## the same refund, the firmware on real MicroPython
	@$(BIN)/tuidan demo --micropython

flash: $(RUN) ## the firmware onto a board: make flash PORT=/dev/ttyACM0
	@$(BIN)/tuidan flash $(if $(PORT),--port $(PORT)) $(if $(BOARD),--board $(BOARD))

flash-check: $(DEV) ## flashing, its failures and a refund behind it, on a board that is a PTY
	@$(BIN)/python -m pytest -n 2 -v $(no_skip) tests/tools/test_flash.py

face-check: $(DEV) ## the face alone: whole refunds through the page, in Chromium
	@tools/chromium.sh
	@$(BIN)/python -m pytest -v $(no_skip) tests/host_sim/web

# The firmware loads its modules anew all the time: they are compiled once, also where the
# environment keeps Python from it.
bytecode := PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/.venv/.bytecode

test: $(DEV) $(STUBS) ## every test, the import rules among them
	@tools/chromium.sh
	@$(bytecode) $(BIN)/python -m pytest -n 2 $(no_skip) $(PYTEST_ARGS)

campaign: $(DEV) ## random faults: thousands of seeds, each judged by all invariants
	@$(BIN)/tuidan campaign --seeds $(SEEDS)

soak: $(DEV) ## the long runs: every sweep whole, every planted bug, 200,000 seeds
	@for sweep in $(SWEEPS); do \
	  echo "sweep $$sweep:"; $(BIN)/tuidan campaign --sweep $$sweep || exit 1; \
	done
	@$(BIN)/tuidan campaign --mutants
	@$(BIN)/tuidan campaign --seeds 200000
	@$(MAKE) -s soak-terminals soak-office

soak-terminals: $(DEV) ## 1,000 terminals in virtual time; 100 over TCP; an hour before the face
	@$(BIN)/tuidan soak many
	@$(BIN)/tuidan soak tcp --seconds 300
	@$(BIN)/tuidan soak face

soak-office: $(DEV) ## 50,000 steps of the back office's API and a till, in any order, with crashes
	@$(BIN)/python -m tests.host_sim.office.machine

fuzz: $(DEV) $(FUZZ) ## a million cases at everything that comes from outside: packets, lines, keys
	@$(BIN)/python -m tests.fuzz --cases $(CASES)

bench: $(DEV) ## the codecs and MACs against their rivals, whole flows a second
	@tools/chromium.sh
	@$(BIN)/tuidan bench

pictures: $(DEV) ## those of a refund and of the faces in README, and what the page is compared with
	@tools/chromium.sh
	@$(BIN)/python -m tools.readme_picture
	@$(BIN)/python -m tests.host_sim.web.shots
	@$(BIN)/python -m tests.host_sim.tui.shot

lint: $(DEV) $(STUBS) ## style, types of host and firmware, MicroPython's subset, import rules
	@$(BIN)/ruff check
	@$(BIN)/mypy host_sim tools protocol
	@for board in $(BOARDS); do \
	  echo "firmware against the $$board stubs:"; \
	  MYPYPATH=typings/$$board $(BIN)/mypy --custom-typeshed-dir typings/$$board \
	    --no-site-packages --cache-dir .mypy_cache/$$board \
	    --exclude protocol/reference firmware protocol || exit 1; \
	done
	@$(BIN)/python -m tools.subset
	@$(BIN)/lint-imports

glyphs: $(RUN) ## make the glyph file again from Unifont
	@$(BIN)/python -m tools.glyphs

wheel: $(DEV) ## the wheel, in dist/
	@rm -rf build
	@$(BIN)/python -c "from setuptools.build_meta import build_wheel as b; print('dist/' + b('dist'))"

compile := $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url pyproject.toml

locks: ## resolve the lock files again from pyproject.toml (needs uv)
	@$(if $(UV),,echo "make locks needs uv; see its manual for how to install it" >&2; exit 1)
	@$(compile) --group build -o requirements.lock
	@$(compile) --group dev -o requirements-dev.lock
	@$(compile) --group fuzz -o requirements-fuzz.lock
	@for board in $(BOARDS); do \
	  $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --group stubs-$$board -o requirements-stubs-$$board.lock; \
	done

clean: ## remove everything that the other targets made
	rm -rf .venv typings build dist *.egg-info .*_cache .hypothesis
	find firmware protocol host_sim tools tests -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
ifeq ($(UV),)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tuidan needs Python 3.11 or newer: make PYTHON=... names another one" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
	  || { echo "This Python has no venv: install python3-venv, or uv" >&2; exit 1; }
endif
	@echo "setting up .venv" >&2
	@$(make_venv)

$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	@$(install) requirements.lock
	@$(install_project)
	@touch $@

# The development lock holds everything that the other one does, at the same versions.
$(DEV): requirements-dev.lock pyproject.toml | $(BIN)/python
	@$(install) requirements-dev.lock
	@$(install_project)
	@touch $(RUN) $@

$(FUZZ): requirements-fuzz.lock | $(DEV)
	@$(install) requirements-fuzz.lock
	@touch $@

# Each board's stubs bring their own machine.pyi, so each board has a folder of its own.
typings/%/.installed: requirements-stubs-%.lock | $(BIN)/python
	@rm -rf typings/$*
	@$(pip) --target typings/$* --require-hashes -r $<
	@touch $@
