# albert-lab. `make learn` opens the course, `make test` checks everything, `make help` lists the rest.
#
# Variables:  PYTHON=python3.12           the Python to use (3.11 or newer)
#             PIP_ARGS="--extra-index-url …" further arguments for pip install
#             PYTEST_ARGS="tests/model -x" further arguments for pytest
#             MATRIX_ARGS="02 09"          arguments of tools/matrix.py
#             NN=01                        the chapter that `make print` prints
#             REPOSITORY=owner/name        where a fork of the course lies: links to Binder and Colab in the site
#             NO_BROWSER=1                 print JupyterLab's address, open no browser
PYTHON ?= python3
PIP_ARGS ?=
PYTEST_ARGS ?=
MATRIX_ARGS ?=
NN ?= 01
REPOSITORY ?=
VENV ?= .venv
BIN := $(VENV)/bin
NEWEST := .venv-newest
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# An environment belongs to the folder it was made in: after the folder moved, it is set up again.
PLACE := $(shell pwd | cksum | cut -d ' ' -f 1)
LEARN := $(VENV)/.learn-$(PLACE)
TEST := $(VENV)/.test-$(PLACE)
INSTALL = PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/python -m tools.install $(PIP_ARGS) -c constraints.txt

.PHONY: help learn setup test test-fast test-firefox test-newest matrix lint chapters exercises picture site print clean
.DELETE_ON_ERROR:

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

learn: $(LEARN) ## set up on the first run, then open JupyterLab at chapters/00_start_here.ipynb
	@$(BIN)/python -m albert_lab learn

setup: $(LEARN) ## set up what learning needs, and open nothing

test: $(TEST) ## set up on the first run, then run all tests, the notebooks included
	@$(BIN)/python -m tests.browser.find
	$(BIN)/python -m pytest -n logical --durations=10 $(PYTEST_ARGS)

test-fast: $(TEST) ## the tests for daily work: no notebooks, no browser
	$(BIN)/python -m pytest -n logical -m "not notebook and not browser and not slow" --durations=10 $(PYTEST_ARGS)

test-firefox: $(TEST) ## explorer, views and a page of the site in an installed Firefox
	$(BIN)/python -m pytest tests/firefox/pages.py --durations=10 $(PYTEST_ARGS)

test-newest: ## all tests with the newest versions that pip finds, not those of constraints.txt; in .venv-newest
	@tools/make_venv.sh $(PYTHON) $(NEWEST)
	@$(NEWEST)/bin/python -m tools.install --upgrade --upgrade-strategy eager $(PIP_ARGS) -e '.[test]'
	@$(NEWEST)/bin/python -m tools.versions
	@$(NEWEST)/bin/python -m tests.browser.find
	$(NEWEST)/bin/python -m pytest -n logical --durations=10 $(PYTEST_ARGS)

matrix: $(TEST) ## run the chapters that train under other processors' instructions, threads and seeds
	$(BIN)/python -m tools.matrix $(MATRIX_ARGS)

lint: $(TEST) ## check style
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

chapters: $(TEST) ## run all chapters and write their outputs into the notebooks
	$(BIN)/python -m tests.notebooks.run

exercises: $(TEST) ## write exercises/release from exercises/source, as nbgrader does it
	$(BIN)/python -m albert_lab.classroom.release

picture: $(LEARN) ## draw the README's picture again with the built-in model
	$(BIN)/python tools/readme_picture.py

site: $(TEST) ## build the course as pages to read, in site/
	$(BIN)/python -m tools.site --library --repository "$(REPOSITORY)"

print: $(TEST) ## a chapter of the site as a PDF: make site, then make print NN=01
	$(BIN)/python -m tools.site --print $(NN)

clean: ## remove the environment and what building left behind
	rm -rf $(VENV) $(NEWEST) dist build site jupyter_execute .build .pytest_cache .ruff_cache

$(LEARN): pyproject.toml constraints.txt tools/make_venv.sh
	@tools/make_venv.sh $(PYTHON) $(VENV)
	@$(INSTALL) -e .
	@touch $@

$(TEST): pyproject.toml constraints.txt tools/make_venv.sh
	@tools/make_venv.sh $(PYTHON) $(VENV)
	@$(INSTALL) -e '.[test]'
	@touch $@ $(LEARN)
