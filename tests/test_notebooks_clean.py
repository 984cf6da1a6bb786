"""Notebooks are committed clean, short, executed, and free of anything that belongs to one machine."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path for path in (ROOT / "nbs").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
MAX_CELLS, MAX_LINES = 90, 40
CELL_ID = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
MACHINE = re.compile(r"(?<![\w.])(?:/(?:root|home|Users|work|tmp|var|opt|usr|mnt)/|[A-Z]:\\\\?Users)|\b0x[0-9a-f]{8,}")
NO_OUTPUT_NEEDED = re.compile(r"^\s*#\|\s*(hide|export|exporti|exports|default_exp|eval:\s*false)\b", re.MULTILINE)

parametrize = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "nbs").as_posix())


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def text_outputs(cell: dict) -> str:
    """What a code cell printed, as text; pictures and other encoded data left out."""
    parts = []
    for output in cell["outputs"]:
        parts += output.get("text", [])
        for kind, data in output.get("data", {}).items():
            if kind.startswith("text/"):
                parts += data
    return "".join(parts)


def test_there_are_notebooks():
    assert ROOT / "nbs" / "index.ipynb" in NOTEBOOKS


@parametrize
def test_metadata(path):
    notebook = read(path)
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert (notebook["nbformat"], notebook["nbformat_minor"] >= 5) == (4, True)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}, f"cell {cell['id']}: metadata {sorted(cell['metadata'])}"


@parametrize
def test_no_execution_counts(path):
    for cell in code_cells(path):
        assert cell["execution_count"] is None, f"cell {cell['id']} (nbdev-clean)"
        assert all(output.get("execution_count") is None for output in cell["outputs"]), f"cell {cell['id']}"


@parametrize
def test_ids(path):
    ids = [cell["id"] for cell in read(path)["cells"]]
    assert all(CELL_ID.match(name) for name in ids)
    assert len(set(ids)) == len(ids)


@parametrize
def test_size(path):
    cells = read(path)["cells"]
    assert len(cells) <= MAX_CELLS, f"{len(cells)} cells: one concept a notebook, split it"
    for cell in cells:
        lines = len(source(cell).splitlines())
        assert cell["cell_type"] != "code" or lines <= MAX_LINES, f"cell {cell['id']}: {lines} lines"


@parametrize
def test_opens_with_title_and_summary(path):
    first = next(cell for cell in read(path)["cells"] if cell["cell_type"] == "markdown")
    assert re.match(r"# .+\n\n> .+", source(first)), "the first text cell is '# Title', a blank line, '> one line'"


@parametrize
def test_no_errors(path):
    for cell in code_cells(path):
        errors = [output["ename"] for output in cell["outputs"] if output["output_type"] == "error"]
        assert not errors, f"cell {cell['id']}: {errors}"


@parametrize
def test_outputs_are_there(path):
    """A cell that ends in a bare expression or prints was executed, so its output is in the file."""
    for cell in code_cells(path):
        if not NO_OUTPUT_NEEDED.search(source(cell)) and shows_something(source(cell)):
            assert cell["outputs"], f"cell {cell['id']} has no output (tools/notebook.py): {source(cell)[:80]!r}"


def shows_something(text: str) -> bool:
    """Whether a cell, run at top level, surely prints or displays: it prints, or ends in a name, table or figure."""
    plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("%", "!", "#")))
    try:
        body = ast.parse(plain).body
    except SyntaxError:
        return False
    calls = [node.value for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    if any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls):
        return True
    if not body or text.rstrip().endswith(";") or not isinstance(body[-1], ast.Expr):
        return False
    return isinstance(body[-1].value, (ast.Name, ast.Attribute, ast.Subscript, ast.BinOp, ast.Compare))


@parametrize
def test_no_machine_paths(path):
    for cell in read(path)["cells"]:
        text = source(cell) + (text_outputs(cell) if cell["cell_type"] == "code" else "")
        found = MACHINE.search(text)
        assert not found, f"cell {cell['id']}: {text[max(0, found.start() - 20) : found.end() + 40]!r}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1", False),
        ("x", True),
        ("print(1)", True),
        ("x.shape", True),
        ("x;", False),
        ("assert x", False),
        ("%ntm help", False),
    ],
)
def test_shows_something(text, expected):
    assert shows_something(text) is expected


@pytest.mark.parametrize("text", ["see /home/ann/x.csv", "'/tmp/ab'", "<object at 0x7f3a2b1c9d40>"])
def test_machine_paths_are_seen(text):
    assert MACHINE.search(text)


@pytest.mark.parametrize("text", ["and/or", "https://example.org/home/x", "0xff"])
def test_other_text_is_not(text):
    assert not MACHINE.search(text)
