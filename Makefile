# Every target does its own set-up; `make` alone lists them. PYTHON=/path/to/python chooses the Python of a new .venv.
BIN := .venv/bin
ROOMS := data core runs ui tutorials explanations

.PHONY: help demo lab test data text sync export readme docs js bench clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

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

bench: .venv/.dev  ## every benchmark, one table each
	@for file in bench/[a-z]*.py; do $(BIN)/python -m bench.$$(basename $$file .py); done

clean:  ## remove what can be made again (not .venv)
	@rm -rf _proc docs/_build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
