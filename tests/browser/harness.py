"""Driving a real JupyterLab or Notebook 7 in a real Chromium: the server, one open notebook, what the page may not do."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, Route

NO_NEWS = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
NOT_OURS = ("reading 'schema'", "ResizeObserver loop")  # errors that JupyterLab itself throws now and then
READY = """() => { const kernel = window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === 'connected' && kernel.status === 'idle'; }"""
RUN_ALL = """() => { window.ntmRunAll = 'running';
    window.jupyterapp.commands.execute('notebook:run-all-cells').then(
        () => { window.ntmRunAll = 'done'; }, error => { window.ntmRunAll = 'failed: ' + error; }); }"""
RUN_ALL_ENDED = "() => window.ntmRunAll !== 'running'"
SAVE = """() => { window.ntmSaved = false;
    window.jupyterapp.commands.execute('docmanager:save').then(() => { window.ntmSaved = true; }); }"""
BROKEN = "() => window.ntmBroken"  # what the hostile texts of the tests would set
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => cell.toJSON())"""
ASK = """([number, source]) => { const notebook = window.jupyterapp.shell.currentWidget.content;
    const cell = notebook.model.sharedModel.cells[number];
    cell.setSource(source); cell.setOutputs([]);
    notebook.activeCellIndex = number; notebook.deselectAll(); window.jupyterapp.commands.execute('notebook:run-cell'); }"""
CORPUS = """%load_ext ntm_widgets
import random
random.seed(0)
THEMES = ["hockey team game goal season player coach league", "space nasa orbit launch rocket moon shuttle earth",
          "key encryption chip clipper secure privacy code algorithm", "god church faith bible jesus sin prayer heaven"]
texts = [" ".join(random.choices(random.choice(THEMES).split(), k=40)) for _ in range(1500)]
corpus = %ntm corpus texts
bow = %ntm vectorize --tokenizer regex
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def private_environment(folder: Path) -> dict[str, str]:
    """Environment of a JupyterLab that reads and writes nothing outside the folder."""
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(NO_NEWS), encoding="utf-8")
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    return os.environ | {name: str(folder / place) for name, place in own.items()} | {"OMP_NUM_THREADS": "1"}


APPLICATIONS = {"lab": ("LabApp", "lab/tree"), "notebook": ("JupyterNotebookApp", "notebooks")}


class Lab:
    """A running server of JupyterLab or Notebook 7 (`application`): its address, and the folder it serves."""

    def __init__(self, folder: Path, application: str = "lab") -> None:
        name, self.pages = APPLICATIONS[application]
        self.root = folder / "notebooks"
        self.root.mkdir()
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.password": "",
            "ServerApp.disable_check_xsrf": True,
            "ServerApp.root_dir": self.root,
            "IdentityProvider.token": "",
            f"{name}.expose_app_in_browser": True,
            "ServerApp.jpserver_extensions": "{'jupytext': False}",
        }
        command = [sys.executable, "-m", "jupyter", application, "--no-browser", "--allow-root"]
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("w") as log:
            environment = private_environment(folder)
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)

    def address(self, path: Path) -> str:
        """Where a notebook of the folder is opened."""
        return f"{self.url}/{self.pages}/{path.name}?reset"

    def wait(self, seconds: float = 60) -> None:
        """Until the server answers."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/api", timeout=2).close()
                return
            except OSError:
                time.sleep(0.2)
        pytest.fail(f"JupyterLab did not start:\n{self.log.read_text(encoding='utf-8')[-3000:]}")

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)


class Notebook:
    """One notebook open in the page, and what a test does with it."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page, self.lab = page, lab
        self.path = Path()

    def open(self, source: Path | str | list[str], name: str | None = None) -> "Notebook":
        """Open a copy of a notebook file, or a new notebook of the given code cells, and wait for its kernel."""
        cells = [source] if isinstance(source, str) else source
        self.path = self.lab.root / (name or (source.name if isinstance(source, Path) else "cells.ipynb"))
        if isinstance(source, Path):
            notebook = nbformat.read(source, as_version=4)
        else:
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, self.path)
        return self.show()

    def show(self, kernel: bool = True) -> "Notebook":
        """Open the file as it is, and wait for its kernel, unless it has none; no text in it may run."""
        self.page.goto(self.lab.address(self.path))
        self.page.wait_for_selector(".jp-NotebookPanel:visible .jp-Cell", timeout=60_000)
        if kernel:
            self.wait_idle(60)
        else:
            self.page.wait_for_selector(".jp-Dialog", timeout=20_000)  # asks for another kernel
        assert self.page.evaluate(BROKEN) is None, "a text of the saved notebook ran"
        return self

    def save(self) -> None:
        """Write the notebook into its file."""
        self.page.evaluate(SAVE)
        self.page.wait_for_function("() => window.ntmSaved", timeout=20_000)

    def reopen(self) -> None:
        """Save the notebook, end its kernel, and open the file again: what is left is what was written down."""
        self.save()
        shut_down_kernels(self.lab)
        self.show()

    def reload(self) -> None:
        """Load the page again while the kernel goes on, as after F5."""
        self.save()
        self.show()

    def run_all(self, seconds: float = 120) -> "Notebook":
        """Run All, and wait until the last cell has ended and the kernel is idle."""
        self.start_all()
        self.page.wait_for_function(RUN_ALL_ENDED, timeout=1000 * seconds)
        self.wait_idle(seconds)
        return self

    def start_all(self) -> None:
        """Run All, without waiting."""
        self.page.evaluate(RUN_ALL)

    def wait_idle(self, seconds: float = 60) -> None:
        self.page.wait_for_function(READY, timeout=1000 * seconds)

    def answer(self, source: str) -> str:
        """What the kernel answers to `source` in the last cell, whatever else it does meanwhile."""
        number = len(self.cells) - 1
        self.page.evaluate(ASK, [number, source])
        self.page.wait_for_function(f"() => ({CELLS})()[{number}].outputs.length", timeout=15_000)
        return "".join(self.cells[number]["outputs"][-1]["data"]["text/plain"])

    @property
    def cells(self) -> list[dict]:
        """All cells with their present outputs, as notebook JSON."""
        return self.page.evaluate(CELLS)

    @property
    def errors(self) -> list[str]:
        """Name and text of every error among the outputs, with the first line of its cell."""
        return [
            f"{output['ename']}: {output['evalue']} (cell: {''.join(cell['source'])[:60]!r})"
            for cell in self.cells
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    def use_theme(self, dark: bool) -> None:
        """Switch JupyterLab between its light and its dark theme."""
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"
        self.page.evaluate("theme => { window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }", theme)
        expected = "false" if dark else "true"
        self.page.wait_for_selector(f"body[data-jp-theme-light={expected}]", state="attached", timeout=15_000)

    def screenshot(self, name: str) -> Path:
        """A picture of the page beside the notebook, for a person to look at."""
        path = self.lab.root / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def shut_down_kernels(lab: Lab) -> None:
    """End every kernel of the server."""
    for session in json.load(urllib.request.urlopen(f"{lab.url}/api/sessions", timeout=10)):
        request = urllib.request.Request(f"{lab.url}/api/sessions/{session['id']}", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()


def block_network(context: BrowserContext) -> list[str]:
    """Let the pages of a context reach 127.0.0.1 only; the list returned grows by every other address they ask."""
    outside: list[str] = []

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route(lambda url: urlsplit(url).scheme in ("http", "https"), guard)
    return outside
