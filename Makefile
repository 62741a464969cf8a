.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export KEDRO_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# One stamp for each set of packages, so that each is installed once and again when its pins change.
$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo "Python 3.11 to 3.13 is needed; $$($(PYTHON) --version) was found. Try: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# Bytecode is made at once: TensorFlow takes 12 s to import without, and 5 with.
INSTALL = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraints constraints.txt --editable

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/uv
	$(INSTALL) .
	@touch $@

$(VENV)/.installed-ui: pyproject.toml constraints.txt | $(BIN)/uv
	$(INSTALL) '.[ui]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/uv
	$(INSTALL) '.[test]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-ui

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/uv
	$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/.installed $(VENV)/.installed-ui $(VENV)/.installed-test

.PHONY: install
install: $(VENV)/.installed ## Make .venv and install what the pipelines need

.PHONY: window
window: $(VENV)/.installed-ui ## Open the desktop window; PHOTO=path to begin with one
	$(BIN)/facedepth ui $(PHOTO)

.PHONY: demo
demo: $(VENV)/.installed ## Train on the stand-in faces, measure, and make meshes
	$(BIN)/kedro run --env=demo --pipelines=demo

.PHONY: test
test: $(VENV)/.installed-test ## Run the whole test suite
	$(BIN)/python -m pytest -n logical --maxprocesses=4 --dist loadfile

.PHONY: check
check: $(VENV)/.installed-dev ## Check format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: peers
peers: .venv-torch ## Install PyTorch in an environment of its own, for make bench to compare with

.venv-torch: | $(BIN)/uv
	$(BIN)/uv venv --quiet $@
	$(BIN)/uv pip install --quiet --python $@/bin/python torch==2.13.0 numpy

.PHONY: bench
bench: $(VENV)/.installed ## Time what matters, one JSON object a line; ONLY=name for one of them
	$(BIN)/python -m benchmarks $(ONLY)

EPOCHS ?= 50

.PHONY: starter
starter: $(VENV)/.installed ## Train and pack the generator that ships with the package; ICT=clone of ICT-FaceKit, EPOCHS=50
	@test -n "$(ICT)" || { echo "The starter learns from two head models. MakeHuman's ships; clone the other one:"; \
		echo "  git clone https://github.com/ICT-VGL/ICT-FaceKit   (MIT licence)"; echo "  make starter ICT=ICT-FaceKit"; exit 1; }
	$(BIN)/kedro run --env=starter --pipelines=synthesize,ingest,preprocess,train,evaluate --params=ict_root=$(abspath $(ICT)),train.recipes.metric.epochs=$(EPOCHS)
	$(BIN)/python tools/pack_starter.py data/starter

.PHONY: viz
viz: $(VENV)/.installed ## Look at the pipelines in the browser
	$(BIN)/kedro viz

.PHONY: constraints
constraints: $(BIN)/uv ## Resolve the pinned set again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-emit-index-url \
		--no-annotate --no-header --no-emit-package facedepth-pipeline --upgrade pyproject.toml -o constraints.txt
