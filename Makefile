# Says little when all is well. PYTHON=python3.12 chooses the interpreter that .venv is made with.
SHELL := /bin/bash
export PYTHON
.NOTPARALLEL:
.DELETE_ON_ERROR:

BIN := .venv/bin
.PHONY: help install tangent gallery test check
help:
	@echo "make tangent   install what is missing, render the first lesson"
	@echo "make install   install what is missing into .venv"
	@echo "make gallery   a site of every lesson, figure and page, made from real runs: an hour the first time"
	@echo "make test      install what is missing, run every check and test"

install:
	@bootstrap/install.sh render

# Rendered anew when the lesson, or what draws it, has changed.
DRAWN_BY := $(shell find scenes/tangent.py derivviz/calculus derivviz/look derivviz/animation derivviz/rendering \
	-name '*.py' -o -name '*.ttf' 2>/dev/null)
renders/tangent.mp4: $(DRAWN_BY) | install
	@$(BIN)/derivviz render tangent -q m -o $@

tangent: renders/tangent.mp4
	@echo "The first lesson: $(CURDIR)/renders/tangent.mp4"

gallery:
	@bootstrap/install.sh gallery
	@$(BIN)/derivviz gallery $(GALLERY_ARGS)

test: check
	@$(BIN)/pytest -n auto $(PYTEST_ARGS)

# All of them, whichever fail; each shows what it printed only when it failed.
check:
	@bootstrap/install.sh dev
	@failed=; \
	for step in 'ruff check' 'ruff format --check' mypy lint-imports; do \
		out=$$($(BIN)/$$step 2>&1 </dev/null) || { printf '%s\n' "$$out" >&2; failed="$$failed, $$step"; }; \
	done; \
	[ -z "$$failed" ] || { echo "failed: $${failed#, }" >&2; exit 1; }
