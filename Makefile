# Everything a person or CI runs. `make demo` and `make test` need Python 3.11 to 3.13, gcc, g++ and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
, := ,
PYTHON ?= $(firstword $(foreach v,3.11 3.12 3.13,$(shell command -v python$(v) >/dev/null 2>&1 && python$(v) --version >/dev/null 2>&1 && echo python$(v))))
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := worker,aspose,tesseract,s3,monitor,local,dev$(if $(CUDA),$(,)cuda)
# Both packages bring the module onnxruntime, and break each other where both are installed.
UNWANTED := onnxruntime$(if $(CUDA),,-gpu)
# CUDA=1 builds llama.cpp for NVIDIA GPUs, and takes onnxruntime-gpu with CUDA's libraries. A build is kept per machine, beside the models, and no clone makes it
# twice; raise LLAMA_BUILD when config/llama_cpp.cmake changes. (uv's cache forgets it: seen with an index that
# sends sources without a lifetime; pip's would give the wheel that it built with other flags.)
LLAMA_BUILD := $(shell sed -n 's/^llama-cpp-python==\([^ ]*\).*/\1/p' requirements.lock)-3$(if $(CUDA),-cuda)
LLAMA_FLAGS := -DCMAKE_PROJECT_INCLUDE=$(CURDIR)/config/llama_cpp.cmake $(if $(CUDA),-DGGML_CUDA=ON)
LLAMA_WHEEL := $(HOME)/.cache/ocrfleet/llama-cpp-python-$(LLAMA_BUILD)
READY := $(VENV)/.ready-$(LLAMA_BUILD)

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 18

demo: $(READY) ## Run the main job on samples. DOCS=path MODEL=repo-or-file OUT=dir
	$(BIN)/python -m samples.demo $(if $(DOCS),--docs "$(DOCS)") $(if $(MODEL),--model "$(MODEL)") $(if $(OUT),--out "$(OUT)")

setup: $(READY) ## Make the virtual environment from the lock file

test: check ## Check the code and run all tests but the long proofs
	$(BIN)/pytest -m "not gpu and not prove"

prove: $(READY) ## The long proofs: soaks, chaos, full backlogs
	$(BIN)/pytest -m "prove and not gpu" --timeout 3600

gpu: $(READY) ## The tests that need a GPU
	$(BIN)/pytest -m gpu

check: $(READY) ## Format, lint, types, and which room may import which
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## Mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(READY) ## Renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --all-extras --no-emit-index-url --no-annotate \
		--python-version 3.11 --upgrade pyproject.toml -o requirements.lock

$(READY): pyproject.toml requirements.lock Makefile | $(LLAMA_WHEEL)
	@rm -f $(VENV)/.ready-*
	@echo $(UNWANTED) > $(VENV)/unwanted.txt
	$(BIN)/uv pip uninstall --quiet --python $(BIN)/python $(UNWANTED)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(LLAMA_WHEEL)/*.whl
	$(BIN)/uv pip install --python $(BIN)/python --constraint requirements.lock --excludes $(VENV)/unwanted.txt \
		--editable ".[$(EXTRAS)]"
	@touch $@

$(LLAMA_WHEEL): | $(BIN)/uv
	@echo "Building llama.cpp, once for this machine: about two minutes on two cores ..."
	@rm -rf $@.part
	@awk '/^llama-cpp-python==/ {found = 1} found {print} found && !/\\$$/ {exit}' requirements.lock > $(VENV)/llama.txt
	CMAKE_ARGS="$(LLAMA_FLAGS)" $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-cache-dir --no-deps \
		--wheel-dir $@.part --requirement $(VENV)/llama.txt
	@mv $@.part $@

$(BIN)/uv:
	@config/preflight.sh "$(PYTHON)"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

clean: ## Remove the environment and what the demo and the tests left
	rm -rf $(VENV) demo-out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

.PHONY: help demo setup test prove gpu check format lock clean
