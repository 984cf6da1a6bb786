"""The tutorials work the way a reader runs them: *Run All* in JupyterLab."""

import re
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "nbs" / "tutorials"


def run_through(notebook, name: str) -> dict[str, list[dict]]:
    """Run All of a tutorial: every cell was run, none failed. The outputs by the first line of their cell."""
    notebook.open(TUTORIALS / name).run_all(seconds=240)
    assert notebook.errors == []
    code = [cell for cell in notebook.cells if cell["cell_type"] == "code" and cell["source"]]
    assert all(cell["execution_count"] for cell in code), "a cell was not run"
    return {"".join(cell["source"]).splitlines()[0]: cell["outputs"] for cell in code}


def displayed(cells: list[dict]) -> str:
    """All text and HTML that the cells show."""
    parts = []
    for cell in cells:
        for output in cell.get("outputs", []):
            parts.append("".join(output.get("text", "")))
            parts += ["".join(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(parts)


def test_quickstart_runs_all(notebook):
    """The training's live view has become a plain table, and the page can be closed and read again without a kernel."""
    outputs = run_through(notebook, "quickstart.ipynb")
    train = next(shown for line, shown in outputs.items() if line.startswith("%ntm train"))
    assert [sorted(output["data"]) for output in train] == [["text/html", "text/plain"]]
    assert "finished after" in train[0]["data"]["text/html"] and "<table>" in train[0]["data"]["text/html"]
    assert "share of words, %" in displayed(notebook.cells)
    assert notebook.page.locator(".jp-RenderedHTMLCommon table").count() > 0, "no table of topics on the page"
    notebook.reopen()
    assert notebook.page.get_by_text("share of words, %").count() > 0
    assert notebook.page.locator(".jp-RenderedImage img").count() > 0
    assert notebook.page.get_by_text("model not found").count() == 0
    assert notebook.page.get_by_text("Error displaying widget").count() == 0


@pytest.mark.data
def test_20newsgroups_runs_all(notebook):
    """From posts to topics: the tables, the bar plot and the clouds are there, and a text about hockey is one."""
    outputs = run_through(notebook, "20newsgroups.ipynb")
    pictures = [output for shown in outputs.values() for output in shown if "image/png" in output.get("data", {})]
    assert len(pictures) >= 2
    query = next("".join(shown[0]["data"]["text/plain"]) for line, shown in outputs.items() if line.startswith("model.query("))
    heaviest = re.search(r"█ +(\d+) ", query)
    table = "".join(outputs["model.topics(n=10)"][0]["data"]["text/plain"])
    words = re.search(rf"^ *{heaviest[1]} .*$", table, re.MULTILINE)
    assert any(word in words[0] for word in ("hockey", "nhl", "playoff", "team", "goal")), words[0]
