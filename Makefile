# Each target does its own set-up: the first one creates .venv, the next ones find it there.

PYTHON ?= python3
LABFLAGS ?=

# What was typed is handed on as text: neither make nor the shell looks for a meaning in it.
override LESSON := $(value LESSON)
override SEED := $(value SEED)
export LESSON SEED

VENV := .venv
RUN := $(VENV)/bin/python
OLD := $(VENV)-oldest
OLD_RUN := $(OLD)/bin/python
COURSE := $(VENV)-course
COURSE_RUN := $(COURSE)/bin/python
INSTALL := -m pip --disable-pip-version-check install --quiet
PIP_INSTALL := $(RUN) $(INSTALL)
BROWSER_PARTS := $(RUN) -m pinlab.site.browser_parts

# Stamps: touched last, so that a failed or interrupted step is done again.
CREATED := $(VENV)/created
INSTALLED := $(VENV)/installed
SITE_TOOLS := $(VENV)/site-tools
TEST_TOOLS := $(VENV)/test-tools
OLD_TOOLS := $(OLD)/test-tools
COURSE_TOOLS := $(COURSE)/test-tools

.DEFAULT_GOAL := help
ifndef BESIDE
.NOTPARALLEL:
endif
.PHONY: help lab worksheet slides site test test-site test-oldest test-course test-wheel browser notebooks bench lint clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s%s\n", $$1, $$2 }' Makefile

# The project's own workspace folder keeps other projects' tabs out of the way.
lab: $(INSTALLED) ## open your own copies of the lessons in JupyterLab (LABFLAGS=--no-browser)
	@$(RUN) -m pinlab lab --LabApp.workspaces_dir=$(VENV)/workspaces $(LABFLAGS)

worksheet: writable $(INSTALLED) ## write problems and their answers into worksheets/ (LESSON=03 SEED=7)
	@$(RUN) -m pinlab worksheet "$$LESSON" "$$SEED"

slides: writable $(INSTALLED) ## write lesson 12 as slides, and a handout of one page, into slides/
	@$(RUN) -m pinlab slides

site: writable $(SITE_TOOLS) ## write the lessons as a site into site/, with nothing to install for its readers
	@$(RUN) -m pinlab site

SITE_TESTS := tests/test_site.py tests/browser/test_edition.py

# Three workers on two cores: one of them mostly waits, for a browser or for this kernel's counters.
# Make itself runs the first two side by side: what a shell puts in the background hears no Ctrl-C.
test: writable $(TEST_TOOLS) ## run lint, types, tests and the coverage of the model
	@$(MAKE) --no-print-directory -j2 BESIDE=yes lint model
	@echo 'All other tests, three at a time: a bit over three minutes on two idle cores ...'
	@$(RUN) -m pytest -q -n 3 --ignore=tests/model $(SITE_TESTS:%=--ignore=%)

# Tracing makes a test almost twice as slow, and tests/model alone covers the model.
.PHONY: model
model: writable $(TEST_TOOLS)
	@echo 'Tests of the model, and the branches of it that they run: half a minute ...'
	@$(RUN) -m pytest -q --cov=pinlab.model tests/model

test-site: writable $(TEST_TOOLS) ## build the site and its browser edition, and open both in a browser
	@echo 'The site, page by page, and a lesson in its browser edition: a minute or two ...'
	@$(RUN) -m pytest -q -n 2 $(SITE_TESTS)

test-oldest: writable $(OLD_TOOLS) ## run every lesson on the oldest releases that pyproject.toml allows
	@echo 'Every lesson and solution, on the oldest packages: a minute ...'
	@$(OLD_RUN) -m pytest -q -n 2 -o filterwarnings=default \
		tests/notebooks/test_lessons.py -k runs_from

# In an environment of its own: nbgrader would put its buttons into the JupyterLab of `make lab`.
test-course: writable $(COURSE_TOOLS) ## grade an assignment of four students with nbgrader
	@echo 'An assignment, from its source to points: a minute ...'
	@$(COURSE_RUN) -m pytest -q tests/course/end_to_end.py

test-wheel: writable $(TEST_TOOLS) ## install the wheel alone with PYTHON, open the first lesson elsewhere
	@echo 'The wheel in an empty environment of $(PYTHON): one to three minutes ...'
	@PINLAB_PYTHON='$(PYTHON)' $(RUN) -m pytest -q tests/browser/wheel.py

browser: writable $(TEST_TOOLS) ## drive all thirteen lessons in a browser; make test takes three
	PINLAB_BROWSER=all $(RUN) -m pytest tests/browser tests/test_site.py

notebooks: writable $(TEST_TOOLS) ## run every lesson on a clean kernel, store its outputs and minutes
	$(RUN) -m tests.notebooks.execute

bench: writable $(TEST_TOOLS) ## print the figures of notebooks/figures.md, each the median of repeated runs
	$(RUN) tests/bench.py

lint: writable $(TEST_TOOLS) ## ruff (lint and format) and mypy --strict
	@echo 'Style, and types: half a minute the first time ...'
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

# What writes into this folder says at once that it cannot: `make lab` needs no more than VENV.
.PHONY: writable
writable:
	@[ -w . ] || { echo 'This folder cannot be written, so only make lab works here: copy it first' >&2; exit 1; }

clean: ## remove caches and build products (my_lessons/, worksheets/, slides/, site/ and .venv stay; rm -r .venv to start afresh)
	rm -rf .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	find . -path ./$(VENV) -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +

$(CREATED):
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11)' 2>/dev/null || { \
		echo 'pinlab needs Python 3.11 or newer, and $(PYTHON) is not: try make PYTHON=python3.12' >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '$(PYTHON) cannot create environments: on Debian, install the package python3-venv' >&2; \
		exit 1; }
	@mkdir -p $(VENV) 2>/dev/null && [ -w $(VENV) ] || { \
		echo 'pinlab installs into $(VENV), and that cannot be written: try make lab VENV=$(HOME)/pinlab' >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(INSTALLED): pyproject.toml $(CREATED)
	@echo 'Installing pinlab and JupyterLab into $(VENV): once, about 500 MB, a minute or two ...'
	@$(PIP_INSTALL) -e .
	@touch $@

$(SITE_TOOLS): pyproject.toml $(INSTALLED)
	@echo 'Installing what makes the site into $(VENV): once, half a minute ...'
	@$(PIP_INSTALL) -e '.[site]'
	@$(BROWSER_PARTS)
	@touch $@

$(TEST_TOOLS): pyproject.toml $(CREATED)
	@echo 'Installing pinlab, JupyterLab and the test tools into $(VENV): once, a minute or two ...'
	@$(PIP_INSTALL) -e '.[test]'
	@$(BROWSER_PARTS)
	@touch $(INSTALLED) $(SITE_TOOLS) $@

$(OLD_TOOLS): pyproject.toml $(CREATED)
	@echo 'Installing the oldest packages that the lessons run on into $(OLD): a minute or two ...'
	@$(PYTHON) -m venv --clear $(OLD)
	@$(OLD_RUN) -m tests.oldest >$(OLD)/constraints
	@$(OLD_RUN) $(INSTALL) --constraint $(OLD)/constraints -e '.[test]'
	@touch $@

$(COURSE_TOOLS): pyproject.toml $(CREATED)
	@echo 'Installing pinlab and nbgrader into $(COURSE): once, about 900 MB, a minute or two ...'
	@$(PYTHON) -m venv --clear $(COURSE)
	@$(COURSE_RUN) $(INSTALL) -e '.[test,course]'
	@touch $@
