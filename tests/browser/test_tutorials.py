"""The tutorials work the way a reader runs them: *Run All* in JupyterLab."""

import os
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "nbs" / "tutorials"


def tutorial(name: str) -> Path:
    path = TUTORIALS / name
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"{name} is not written yet")
    return path


def displayed(cells: list[dict]) -> str:
    """All text and HTML that the cells show."""
    parts = []
    for cell in cells:
        for output in cell.get("outputs", []):
            parts.append("".join(output.get("text", "")))
            parts += ["".join(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(parts)


def test_quickstart_runs_all(notebook):
    notebook.open(tutorial("quickstart.ipynb")).run_all(seconds=240)
    assert notebook.errors == []
    code = [cell for cell in notebook.cells if cell["cell_type"] == "code" and cell["source"]]
    assert all(cell["execution_count"] for cell in code), "a cell was not run"
    shown = displayed(notebook.cells)
    assert "topic" in shown.lower()
    assert notebook.page.locator(".jp-RenderedHTMLCommon table").count() > 0, "no table of topics on the page"
