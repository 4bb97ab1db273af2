# albert-lab. `make learn` opens the course, `make test` checks everything, `make help` lists the rest.
#
# Variables:  PYTHON=python3.12           the Python to use (3.11 or newer)
#             PIP_ARGS="--extra-index-url …" further arguments for pip
#             NO_BROWSER=1                 print JupyterLab's address, open no browser
PYTHON ?= python3
PIP_ARGS ?=
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_BUILD_CONSTRAINT = constraints.txt

# An environment belongs to the folder it was made in: after the folder moved, it is set up again.
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
LEARN := $(VENV)/.learn-$(PLACE)
TEST := $(VENV)/.test-$(PLACE)
INSTALL = $(BIN)/python -m pip install $(PIP_ARGS) -c constraints.txt

.PHONY: help learn test lint chapters exercises picture clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

learn: $(LEARN) ## set up on the first run, then open JupyterLab at chapters/00_start_here.ipynb
	@$(BIN)/python -m albert_lab learn

test: $(TEST) ## set up on the first run, then run all tests, the notebooks included
	$(BIN)/python -m pytest

lint: $(TEST) ## check style
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

chapters: $(TEST) ## run all chapters and write their outputs into the notebooks
	$(BIN)/python -m tests.notebooks.run

exercises: $(TEST) ## write exercises/release from exercises/source, as nbgrader does it
	$(BIN)/python -m albert_lab.classroom.release

picture: $(LEARN) ## draw the README's picture again with the built-in model
	$(BIN)/python tools/readme_picture.py

clean: ## remove the environment and what building left behind
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache

$(LEARN): pyproject.toml constraints.txt tools/make_venv.sh
	@tools/make_venv.sh $(PYTHON) $(VENV)
	@echo "Installing albert-lab and its packages into $(VENV), versions from constraints.txt (minutes, once) ..."
	$(INSTALL) -e .
	@touch $@

$(TEST): pyproject.toml constraints.txt tools/make_venv.sh
	@tools/make_venv.sh $(PYTHON) $(VENV)
	@echo "Installing albert-lab, its packages and the tests' into $(VENV) (minutes, once) ..."
	$(INSTALL) -e '.[test]'
	@touch $@ $(LEARN)
