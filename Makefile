# Every Step Checked: every command of the book. `make help` lists them.
# POSIX shell and the features of GNU make 3.81 are enough.

PYTHON ?= python3
PORT ?= 8000

PY = .venv/bin/python
INDEX = _build/html/index.html
NOTEBOOKS = chapters/*.ipynb

# What the site is made from. Where one of these is newer than the site, `make serve` builds it again.
SOURCES = index.md _config.yml _toc.yml chapters code web
NO_SOURCES = -name node_modules -o -name __pycache__ -o -name .ipynb_checkpoints -o -name compiled

# Kernels come from .venv, whatever the machine has besides, and write nothing outside this folder.
KERNELS = JUPYTER_PATH="$(CURDIR)/.venv/share/jupyter" JUPYTER_PREFER_ENV_PATH=1 \
	JUPYTER_CONFIG_DIR="$(CURDIR)/.venv/etc/jupyter" JUPYTER_DATA_DIR="$(CURDIR)/.venv/share/jupyter" \
	JUPYTER_RUNTIME_DIR="$(CURDIR)/.venv/run" IPYTHONDIR="$(CURDIR)/.venv/ipython"

.PHONY: help setup runtime book pdf test serve lab outputs lint dist constraints clean

help:
	@echo "make serve    build the site with all that it runs on, show it on http://localhost:8000"
	@echo "              (another port: make serve PORT=8001)"
	@echo "make test     build the site, run every test, run every notebook and compare its outputs"
	@echo "make book     build the site in _build/html"
	@echo "make pdf      the whole book as one PDF and the site as one zip, in _build/html, linked there"
	@echo "make lab      open the chapters in JupyterLab"
	@echo "make outputs  run every notebook and store its outputs in it, write the page of laws"
	@echo "make lint     check the style and the types of the code, typeset and execute every equation"
	@echo "make runtime  fetch what the cells run on in the reader's browser (34 MB; once)"
	@echo "make dist     build the package by itself in dist/, install it afresh and try it"
	@echo "make setup    install everything into .venv (the others do this by themselves)"
	@echo "make clean    remove everything that make has made"
	@echo "Another Python (3.11 or newer): make setup PYTHON=python3.12"

setup: .venv/.installed web/node_modules/.installed

.venv/.installed: requirements.txt constraints.txt pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || \
		{ echo "Python was not found as '$(PYTHON)'. Install Python 3.11 or newer, or name it: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "The book needs Python 3.11 or newer; '$(PYTHON)' is older. Name a newer one: make PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "'$(PYTHON)' cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@echo "Setting up Python packages in .venv (about 160, a minute or two)"
	"$(PYTHON)" -m venv .venv
	$(PY) -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

web/node_modules/.installed: web/package.json web/package-lock.json .venv/.installed
	@echo "Setting up MathJax in web/node_modules"
	PATH="$(CURDIR)/.venv/bin:$$PATH" && cd web && npm ci --no-audit --no-fund
	@touch $@

# Without it the book builds too, with live cells off.
runtime: setup
	$(PY) web/runtime.py

# Always the whole book: an incremental build does not repeat the warnings of pages that did not change.
book: setup
	@rm -rf _build
	.venv/bin/jupyter-book build . -W -n --keep-going --all
	@test -f $(INDEX) || { echo "The build ended without $(INDEX)." >&2; exit 1; }
	@echo "$(CURDIR)/$(INDEX)"

# Printed by Chromium, page by page, from the site that `book` has built.
pdf: book
	$(PY) web/offline.py

# The tests of the pages read the site that `book` has built. Files run in the order of their names: xdist would begin with
# those that hold most tests, and end with the few long ones of the browser.
test: book
	$(KERNELS) $(PY) -m pytest tests chapters -n 2 --dist loadfile --no-loadscope-reorder \
		--nbval --nbval-current-env --nbval-cell-timeout 120

serve: setup
	@$(PY) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null || \
		{ echo "Port $(PORT) is in use. Choose another one: make serve PORT=8001" >&2; exit 1; }
	@$(PY) web/runtime.py || echo "The book is shown without live cells; the next make serve tries again." >&2
	@if [ ! -f $(INDEX) ] || \
		[ -n "$$(find $(SOURCES) \( $(NO_SOURCES) \) -prune -o -type f -newer $(INDEX) -print | head -n 1)" ]; \
		then $(MAKE) book; fi
	@echo "The book is at http://localhost:$(PORT)/ (Ctrl-C stops it)"
	@$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: setup
	JUPYTER_PREFER_ENV_PATH=1 $(PY) -m jupyterlab chapters

outputs: setup
	$(PY) web/generate_laws.py
	$(PY) web/check_mine.py $(NOTEBOOKS)
	$(KERNELS) $(PY) web/store_outputs.py $(NOTEBOOKS)

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) web/lint_book.py

# The package by itself: wheel and sdist in dist/, tried in an environment of their own.
dist: setup
	$(PY) .ci/distribution.py

# Only for those who change requirements.txt; needs uv, which is not installed by `make setup`.
constraints:
	grep -v '^-' requirements.txt | UV_CUSTOM_COMPILE_COMMAND="make constraints" \
		uv pip compile --no-config --universal --fork-strategy fewest --python-version 3.11 --no-annotate \
		--upgrade --output-file constraints.txt -

clean:
	rm -rf .venv _build build dist web/node_modules web/runtime .pytest_cache .mypy_cache .ruff_cache .hypothesis code/derivations.egg-info
	find . \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
