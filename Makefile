# Every target does its own set-up; `make` alone lists them. PYTHON=/path/to/python chooses the Python of a new .venv.
BIN := .venv/bin
ROOMS := data core runs ui tutorials explanations
CLAIMS := $(filter $(basename $(notdir $(wildcard bench/*.py))),imports step floor inference curves precision vectorize metrics choose gpu)

.PHONY: help demo lab test data text sync export readme docs js screenshot peers bench bench-all bench-full clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

# One stamp per set of packages; a second call finds nothing to do.
.venv/.base .venv/.lab .venv/.dev: .venv/.%: pyproject.toml constraints.txt
	@sh tools/setup.sh $*

demo: .venv/.base  ## the main job on real text: vectorise, train, topics, quickstart.html
	@$(BIN)/ntm play nbs/tutorials/quickstart.ipynb
	@test -s quickstart.html || { echo "quickstart.html was not written."; exit 1; }
	@echo; echo "The report, for any browser: file://$(CURDIR)/quickstart.html"
	@echo "The same in JupyterLab:      make lab, then open quickstart.ipynb"

lab: .venv/.lab  ## JupyterLab on the tutorials
	@$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) nbs/tutorials

test: .venv/.dev  ## everything that is checked, in stages (ONLY="lint types" runs some)
	@$(BIN)/python tools/check.py $(ONLY)

data: .venv/.base  ## fetch the data that some tests and one tutorial need (20 Newsgroups, WordNet, punkt)
	@$(BIN)/python tools/data.py

text: .venv/.dev  ## notebooks -> nbtext/*.py, to edit them as text
	@$(BIN)/jupytext --quiet --sync $(wildcard nbs/*.ipynb) $(foreach room,$(ROOMS),$(wildcard nbs/$(room)/*.ipynb))

sync: .venv/.dev  ## edited nbtext/*.py -> notebooks (tools/notebook.py also runs and cleans one)
	@$(BIN)/jupytext --quiet --sync $(wildcard nbtext/*.py) $(foreach room,$(ROOMS),$(wildcard nbtext/$(room)/*.py))

export: .venv/.dev  ## notebooks -> ntm_widgets/*.py
	@$(BIN)/nbdev-export

readme: .venv/.dev  ## nbs/index.ipynb -> README.md
	@$(BIN)/python tools/readme.py

docs: .venv/.dev  ## the documentation site, into docs/_build/html
	@$(BIN)/python docs/build.py

js: .venv/.dev  ## build, type-check and test the front ends
	@$(BIN)/python tools/check.py js

screenshot: .venv/.dev  ## pictures of NOTEBOOK=nbs/… as JupyterLab shows it, light and dark, wide and narrow, into screenshots/
	@$(BIN)/python tools/screenshot.py $(or $(NOTEBOOK),nbs/tutorials/quickstart.ipynb)

.venv-bench/.done: bench/peers.txt bench/peers_setup.sh
	@sh bench/peers_setup.sh

peers: .venv-bench/.done  ## the environment of the peers that the benchmarks compare with

bench: .venv/.dev .venv-bench/.done  ## one seed of ours and the quick peers against the committed table, some minutes
	@worst=0; for name in quick scale; do \
		$(BIN)/python -m bench.$$name; code=$$?; test $$code -le $$worst || worst=$$code; \
	done; exit $$worst

bench-all: .venv/.dev  ## the other benchmarks, one table each
	@for name in $(CLAIMS); do echo; echo "== bench.$$name"; $(BIN)/python -m bench.$$name; done
	@echo; echo "== bench.ui"; $(BIN)/python -m bench.ui

bench-full: .venv/.dev .venv-bench/.done  ## every model, corpus and seed that is missing, into bench/results: hours, can be stopped
	@$(BIN)/python -m bench.full --core 0
	@$(BIN)/python -m bench.scale --full

clean:  ## remove what can be made again (not .venv)
	@rm -rf _proc docs/_build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
