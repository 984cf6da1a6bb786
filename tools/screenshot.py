"""Pictures of what a notebook shows: run in JupyterLab, photographed in light and dark, wide and narrow.

    python tools/screenshot.py nbs/tutorials/quickstart.ipynb [folder]

Writes NAME-light-wide.png and so on into `screenshots/`, the code hidden, the outputs as a reader sees them. The page
reaches no other host; a cell that fails, a script that throws and a request elsewhere are printed, and end with 1.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

from harness import FLAGS, NOT_OURS, Lab, Notebook, block_network, shut_down_kernels  # noqa: E402  (after the path is set)

from tools.check import find_browser  # noqa: E402

WIDTHS = {"wide": 1200, "narrow": 520}  # of the page: an output is about 110 pixels narrower
TALLEST = 12_000
HIDE_CODE = "() => { window.jupyterapp.commands.execute('notebook:hide-all-cell-code'); }"
HIDDEN = """() => { const outer = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer');
    return outer.scrollHeight - outer.clientHeight; }"""


def show_whole_notebooks(folder: Path) -> None:
    """Tell the JupyterLab that will start in a folder to draw all cells of a notebook, and nothing below them."""
    settings = folder / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    whole = {"windowingMode": "none", "scrollPastEnd": False}
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(whole), encoding="utf-8")


def fit(page: Page, width: int) -> None:
    """Make the page as wide as asked and as tall as the notebook, so that every output is there."""
    page.set_viewport_size({"width": width, "height": 600})
    for _ in range(6):
        page.wait_for_timeout(700)
        hidden, height = page.evaluate(HIDDEN), page.viewport_size["height"]
        if hidden <= 0 or height == TALLEST:
            return
        page.set_viewport_size({"width": width, "height": min(height + hidden, TALLEST)})


def photograph(notebook: Notebook, name: str, folder: Path) -> None:
    """The pictures in both themes and widths."""
    page = notebook.page
    page.evaluate(HIDE_CODE)
    for dark in (False, True):
        notebook.use_theme(dark)
        for size, width in WIDTHS.items():
            fit(page, width)
            page.wait_for_timeout(800)
            path = folder / f"{name}-{'dark' if dark else 'light'}-{size}.png"
            page.screenshot(path=path)
            print(path)


def main(source: Path, folder: Path) -> int:
    """Run and photograph one notebook; 0 if nothing went wrong in it."""
    executable = find_browser()
    if not executable:
        raise SystemExit("Chromium is missing (Debian: apt-get install chromium).")
    folder.mkdir(parents=True, exist_ok=True)
    began, thrown = time.monotonic(), []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        show_whole_notebooks(Path(place))
        server = Lab(Path(place))
        server.pages = "doc/tree"
        try:
            server.wait()
            browser = playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
            context = browser.new_context(viewport={"width": WIDTHS["wide"], "height": 1000})
            outside = block_network(context)
            page = context.new_page()
            page.on("pageerror", lambda error: thrown.append(str(error)))
            notebook = Notebook(page, server).open(source).run_all(seconds=600)
            photograph(notebook, source.stem, folder)
            problems = notebook.errors + [f"asked {address}" for address in outside]
            problems += [text for text in thrown if not any(known in text for known in NOT_OURS)]
            browser.close()
        finally:
            shut_down_kernels(server)
            server.close()
    print(*problems, f"{time.monotonic() - began:.0f} s", sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    os.chdir(ROOT)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) == 3 else "screenshots")))
