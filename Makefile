# Everything a person needs to remember. `make demo` and `make test` install what they need by themselves.
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE := 1
# One BLAS thread a process: two threads fit no faster than one, and fits run side by side.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help install testbed demo demo-live test test-fast check format generate lock image-check bench bench-forecasting bench-replay clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

install: .venv/.installed ## leave .venv/bin/headroom
.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headroom needs Python 3.11 or newer: make PYTHON=python3.12")'
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip install --quiet uv==$(UV_VERSION); }
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

testbed: install ## build the real control plane the tests use (cached outside the checkout)
	$(BIN)/python -m testbed build

demo: install ## the main job, embedded, on real data: a summary and an HTML report
	$(BIN)/headroom demo

demo-live: install testbed ## the same on a real control plane
	$(BIN)/headroom demo --live

test: install testbed ## all tests, those of the real control plane beside the others
	$(BIN)/python -m pytest -n auto --dist loadgroup

test-fast: install ## the pure tests alone
	$(BIN)/python -m pytest -q -n auto -m "not cluster and not prometheus and not slow"

check: install ## format, lint, types, floors, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy controller forecasting testbed tests benchmarks docs
	$(BIN)/lint-imports
	$(BIN)/headroom crds --check crds --check charts/headroom/crds
	$(BIN)/python -m docs --check

format: install ## mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: install ## write the CRDs and reference pages from the code
	$(BIN)/headroom crds --write crds --write charts/headroom/crds
	$(BIN)/python -m docs

lock: ## resolve the dependencies again
	$(BIN)/uv lock --quiet
	$(BIN)/uv export --quiet --all-extras --group dev --no-emit-project --format requirements-txt --no-header --no-annotate --output-file requirements.lock
	$(BIN)/uv export --quiet --extra operator --extra report --no-dev --no-emit-project --format requirements-txt --no-header --no-annotate --output-file requirements-runtime.lock
	$(BIN)/uv export --quiet --only-group bench --no-emit-project --format requirements-txt --no-header --no-annotate --output-file requirements-bench.lock

image-check: ## build the image without a daemon and run it (needs root, buildah and mmdebstrap)
	testbed/image.sh

bench: install .venv-bench/.installed ## measure all there is to measure into benchmarks/results
	$(BIN)/python -m benchmarks

bench-forecasting: install .venv-bench/.installed ## accuracy, coverage and cost of forecasts, beside others'
	$(BIN)/python -m benchmarks forecasting accuracy coverage

bench-replay: install ## replay every load trace beside all rivals: hours, but what was replayed is kept
	$(BIN)/python -m benchmarks replay replay_cost

# What is only compared with needs an older pandas, so it has an environment of its own.
.venv-bench/.installed: requirements-bench.lock | install
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench
	$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes --requirement requirements-bench.lock
	@touch $@

clean: ## remove what the other targets made here
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache dist headroom-demo
