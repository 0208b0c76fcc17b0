# Everything a developer types. `make help` lists it.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
export LANG ?= C.UTF-8

.DEFAULT_GOAL := help
.PHONY: help setup run check test test-gui mutants fuzz docs row-way bench requirements package package-test clean

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready  ## Make .venv and install what the program and its tests need

.venv/ready: requirements.txt pyproject.toml .ci/system-libraries
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Opside Desktop needs Python 3.11 or newer; $(PYTHON) is older. Name another: make setup PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	.ci/system-libraries
	@touch $@

run: setup  ## Open the program on the built-in sample seller (in the terminal where there is no display)
	$(BIN)/opside-desktop --demo

check: setup  ## Style, types, layers, circles and the length of files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	.ci/file-lengths

test: setup  ## All tests, without a screen
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -n auto

test-gui: setup  ## Only the tests of the window
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q tests/ui

mutants: setup  ## Make small mistakes in a copy of the program and show that the tests notice, for some minutes
	$(BIN)/python -m tests.mutants

fuzz: setup  ## Look for bad input that harms the HTTP API, for some minutes
	FUZZ_EXAMPLES=500 $(BIN)/python -m pytest -q -s tests/api/test_document.py -k fuzzer

docs: setup  ## Write docs/http-api.md anew out of the server's own answers
	WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/api/test_page.py

row-way: setup  ## Count what one financial event passes between Amazon's page and its row
	$(BIN)/python -m benchmarks.row_way

bench: setup  ## All benchmarks; writes benchmarks/RESULTS.md
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m benchmarks

package: setup  ## Build the folder, the .deb and the archive with their lists and checksums, in dist/
	$(BIN)/python -m PyInstaller --noconfirm --log-level WARN --workpath build/package/work build.spec
	rm -f dist/*.deb dist/*.tar.xz dist/*.cdx.json dist/SHA256SUMS
	$(BIN)/python resources/installers/linux/package.py dist/opside-desktop --out dist
	$(BIN)/python resources/installers/sbom.py --licences build/package/licences.json --out dist/opside-desktop-linux.cdx.json
	$(BIN)/python resources/installers/checksums.py --out dist/SHA256SUMS dist/*.deb dist/*.tar.xz dist/*.cdx.json

package-test: package  ## Use the package badly, then install, upgrade and remove the .deb in a bare Debian (as root; takes minutes)
	OPSIDE_PROGRAM=dist/opside-desktop/opside-desktop $(BIN)/python -m pytest -q -n auto tests/frozen
	resources/installers/linux/build-older
	resources/installers/linux/test-in-bare-debian build/package/older/*.deb dist/*.deb

requirements:  ## Pin the newest fitting versions in requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --extra dev --no-header --no-annotate pyproject.toml -o requirements.txt

clean:  ## Remove the virtual environment and everything built
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
