# The commands of the project; `make help` lists them. Each does its own set-up.
PYTHON ?= python3
VENV ?= .venv
EXPERIMENT ?= go_emotions_grid
TORCH ?= $(shell sed -n 's/^torch==//p' constraints.txt)
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
LOWEST := .venv-lowest
NEWEST := .venv-newest
LOWEST_TESTS := tests/config tests/test_cell.py tests/data/test_odd_columns.py tests/results/test_parse.py \
	tests/results/test_store.py tests/report/figures tests/sweep/test_plan.py tests/methods/test_families.py \
	tests/methods/fused/test_packing.py tests/methods/test_linear_probe.py tests/methods/test_setfit.py \
	tests/methods/test_tfidf_sgd.py tests/methods/test_zero_shot.py tests/methods/test_checkpointing.py

# Of make wheelhouse: the machine that it is for. PYTHON=3.12 is that machine's, and python3 makes the venv here.
PLATFORM ?= manylinux_2_28_x86_64
CUDA ?= 130
DIR ?= wheelhouse
HAVE ?=
PYTHON_VERSION := $(filter 3.%,$(PYTHON))
ifneq ($(PYTHON_VERSION),)
override PYTHON := python3
endif

# Where no package index can be reached: a folder that make wheelhouse made. What is in it goes into a folder of its own
# beside the packages of PYTHON, which stay as they are.
WHEELS ?=
GPU_PACKAGES := .gpu-packages
ON_GPU = $(if $(WHEELS),PYTHONPATH=$(GPU_PACKAGES) $(PYTHON),$(BIN)/python)

.DEFAULT_GOAL := help
.PHONY: help setup demo mine sweep decide plan status watch doctor best label bundle report compare test test-faults test-lowest \
	test-ray test-slurm slurm-is-here test-browser wheel test-install test-gpu perf-gpu gpu-packages wheelhouse perf docs \
	docs-serve docs-picture audit licences sbom upgrade lint format clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
	@echo
	@echo '  EXPERIMENT=name   a file in conf/experiment/ (now: $(EXPERIMENT))'
	@echo '  ARGS="..."        Hydra overrides: ARGS="train_size=32,64 seed=0 device=cpu"'

setup: $(INSTALLED) ## install into .venv (other commands do it when needed)

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'error: Python 3.11 or newer is needed; name one with PYTHON=...' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup ## a first sweep on real headlines and a small real model: no GPU, no hub, some minutes
	$(BIN)/python -m bench -m +experiment=demo $(ARGS)

mine: setup ## look at your own texts and write an experiment for them: DATA=tickets.csv (a file, a folder or a hub id)
	@test -n "$(DATA)" || { echo 'error: DATA=FILE is needed, as in: make mine DATA=tickets.csv' >&2; exit 2; }
	$(BIN)/python -m bench.init "$(DATA)" $(ARGS)

sweep: setup ## run what is missing of EXPERIMENT, then report
	$(BIN)/python -m bench -m +experiment=$(EXPERIMENT) $(ARGS)

decide: setup ## a race: seeds are run only where they may still change the answer: ARGS="budget_hours=8 margin=0.01"
	$(BIN)/python -m bench.decide $(EXPERIMENT) $(ARGS)

plan: setup ## what a sweep of EXPERIMENT would run, on how much memory, how long; runs nothing
	$(BIN)/python -m bench -m +experiment=$(EXPERIMENT) command=plan $(ARGS)

status: setup ## how far EXPERIMENT is, what runs where, the time left
	$(BIN)/python -m bench -m +experiment=$(EXPERIMENT) command=status $(ARGS)

watch: setup ## EXPERIMENT's report in a browser while a sweep of it runs, drawn again as cells end: ARGS="--port 8500"
	$(BIN)/python -m bench.watch $(EXPERIMENT) $(ARGS)

doctor: setup ## whether a sweep of EXPERIMENT could run here, and what to do where it could not
	$(BIN)/python -m bench.doctor experiment=$(EXPERIMENT) $(ARGS)

best: setup ## name EXPERIMENT's best row by its report's rule, train it on all rows, keep it in models/: ARGS=--no-gpu
	$(BIN)/python -m bench.best $(EXPERIMENT) $(ARGS)

label: setup ## which texts of POOL to label next for EXPERIMENT: POOL=unlabelled.csv ARGS="--n 200"; docs/labelling.md
	@test -n "$(POOL)" || { echo 'error: POOL=FILE is needed, as in: make label POOL=unlabelled.csv' >&2; exit 2; }
	$(BIN)/python -m bench.label $(EXPERIMENT) --pool "$(POOL)" $(ARGS)

bundle: setup ## all that a sweep of EXPERIMENT needs, in the folder TO, for a machine without a network: ARGS=--plan
	@test -n "$(TO)" || { echo 'error: TO=FOLDER is needed, as in: make bundle EXPERIMENT=demo TO=bundle' >&2; exit 2; }
	$(BIN)/python -m bench.bundle $(EXPERIMENT) --to "$(TO)" $(ARGS)

report: setup ## draw EXPERIMENT's report again from the records there are
	$(BIN)/python -m bench -m +experiment=$(EXPERIMENT) command=report $(ARGS)

compare: setup ## what changed beyond noise between two folders of records, also as a page: A=results/x B=results/y
	$(BIN)/python -m bench.report.compare "A=$(A)" "B=$(B)" $(ARGS)

test: setup ## all tests, offline
	$(BIN)/python -m pytest -n 2 $(ARGS)

test-browser: setup ## the report's page in a real browser: needs Chromium, its driver and pdftotext
	@for program in chromium chromedriver pdftotext; do command -v $$program >/dev/null || \
		{ echo "error: $$program is not there; on Debian: apt-get install chromium chromium-driver poppler-utils" >&2; exit 2; }; done
	$(BIN)/python -m pytest tests/browser $(ARGS)

test-faults: setup ## kill sweeps and workers at 50 random moments and look for harm; some minutes
	FAULT_ROUNDS=50 $(BIN)/python -m pytest tests/sweep/test_faults.py -k random $(ARGS)

test-lowest: $(LOWEST)/.installed ## fast tests with the lowest versions that pyproject.toml allows (TORCH=2.8.0: torch's, too)
	$(LOWEST)/bin/python -m pytest -n 2 $(LOWEST_TESTS) $(ARGS)

$(LOWEST)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torch==$(TORCH)
	echo torch==$(TORCH) > $(LOWEST)/torch.txt
	$(LOWEST)/bin/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct \
		--constraint $(LOWEST)/torch.txt --editable '.[dev]'
	@touch $@

test-ray: setup ## sweeps on a Ray cluster of two nodes, both of this machine, whose actors and nodes are killed
	$(BIN)/python -m pytest -m ray tests/sweep/test_ray.py

test-slurm: slurm-is-here setup ## sweeps on a real Slurm that the tests start (Debian: slurm-wlm, munge)
	$(BIN)/python -m pytest -m slurm tests/slurm $(ARGS)

slurm-is-here:
	@for program in slurmctld slurmd sbatch munged; do \
		PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || \
		{ echo "error: make test-slurm needs Slurm and munge (Debian: slurm-wlm, munge): no $$program here" >&2; exit 2; }; done

wheel: setup ## build the package into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

test-install: setup ## the package as a user installs it: each Python 3.11 to 3.13 here, an empty environment, no checkout
	$(BIN)/python -m tests.install $(ARGS)

test-gpu: gpu-packages ## what only a GPU can show, in some minutes; WHEELS=wheelhouse: without network or .venv
	BENCH_GPU_TESTS_DEVICE=$(or $(BENCH_GPU_TESTS_DEVICE),cuda) $(ON_GPU) -m pytest -m gpu --confcutdir=tests/gpu \
		tests/gpu $(ARGS)

perf-gpu: gpu-packages ## tables of what a GPU gives, in some minutes: ARGS="--rows llama3_2_1b --stacks 32 8 1"
	$(ON_GPU) -m tests.perf.gpu $(ARGS)

wheelhouse: setup ## packages for a GPU machine without an index: PLATFORM=manylinux_2_28_x86_64 PYTHON=3.12 CUDA=130
	$(BIN)/python -m tests.gpu.wheelhouse --platform $(PLATFORM) --cuda $(CUDA) --to $(DIR) \
		$(if $(PYTHON_VERSION),--python $(PYTHON_VERSION)) $(if $(HAVE),--have $(HAVE))

gpu-packages: $(if $(WHEELS),$(GPU_PACKAGES)/.installed,setup)

$(GPU_PACKAGES)/.installed: $(WHEELS)/requirements.txt
	rm -rf $(GPU_PACKAGES)
	$(PYTHON) -m pip install --quiet --no-index --no-deps --find-links $(WHEELS) --target $(GPU_PACKAGES) \
		--requirement $(WHEELS)/requirements.txt
	@touch $@

audit: setup ## known vulnerabilities of the pinned packages; says so where they can't be looked up (docs/supply_chain.md)
	$(BIN)/python -m tests.supply audit

licences: setup ## licences of what users install with us; fails at one that tests/supply/licences.toml does not allow
	$(BIN)/python -m tests.supply licences

sbom: setup ## what is installed in .venv as a CycloneDX file, build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.json \
		$(BIN)/python
	@echo build/sbom.json

upgrade: ## the newest versions that pyproject.toml allows, in .venv-newest: fast tests with them, and what is newer
	$(PYTHON) -m venv --clear $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check uv
	echo torch==$(TORCH) > $(NEWEST)/torch.txt
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps torch==$(TORCH)
	$(NEWEST)/bin/uv pip install --quiet --python $(NEWEST)/bin/python --upgrade \
		--constraint $(NEWEST)/torch.txt --editable '.[dev]'
	$(NEWEST)/bin/python -m pip freeze --all --exclude-editable > $(NEWEST)/installed.txt
	$(NEWEST)/bin/python -m tests.supply changes $(NEWEST)/installed.txt
	$(NEWEST)/bin/python -m pytest -n 2 $(LOWEST_TESTS) $(ARGS)

perf: setup ## measure speed against the published method: PERF_ROUNDS=3, ONLY="probe last_block"
	$(BIN)/python -m tests.perf $(if $(ONLY),--only $(ONLY))

docs: setup ## build the documentation into build/site, to open from disk: build/site/index.html
	$(BIN)/python -m mkdocs build --strict --quiet

docs-serve: setup ## show the documentation on http://127.0.0.1:8000 while its pages change
	$(BIN)/python -m mkdocs serve

docs-picture: setup ## run the tutorial and draw its picture anew, by Chromium if it is there: ARGS=--quick: TF-IDF alone
	$(BIN)/python -m docs.tooling.picture $(ARGS)

lint: setup ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup ## mend formatting and simple lint
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove .venv and caches; results and reports stay
	rm -rf $(VENV) $(LOWEST) $(NEWEST) .pytest_cache .mypy_cache .ruff_cache *.egg-info build dist
