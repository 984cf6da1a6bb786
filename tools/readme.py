"""README.md from nbs/index.ipynb, so that the front page is a notebook that runs.

    python tools/readme.py      writes README.md and the pictures of its outputs (nbs/images/readme_*.png)

Links in the notebook are relative to nbs/, in the README to the project; hidden cells and directives are left out.
"""

import posixpath
import re
from pathlib import Path

import nbformat
from nbconvert import MarkdownExporter
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTICE = "<!-- Made from nbs/index.ipynb by `make readme`: edit the notebook. -->\n\n"
DIRECTIVE = re.compile(r"^\s*#\|.*\n?", re.MULTILINE)
HIDDEN = re.compile(r"^\s*#\|\s*hide\b", re.MULTILINE)
LINK = re.compile(r"(?P<before>\]\(|(?:src|href)=\")(?P<target>(?![a-z]+:|#|/)[^)\"\s]+)")


def visible_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook without hidden cells and without `#|` lines."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if not HIDDEN.search(cell.source)]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = DIRECTIVE.sub("", cell.source)
    return notebook


def from_project(match: re.Match[str]) -> str:
    """A link relative to nbs/, rewritten relative to the project's top folder."""
    target = match["target"]
    inside = target if target.startswith("nbs/") else posixpath.normpath(posixpath.join("nbs", target))
    return match["before"] + inside


def make_readme() -> tuple[str, dict[str, bytes]]:
    """Text of the README, and path → content of the pictures among the notebook's outputs."""
    template = "nbs/images/{unique_key}_{cell_index}_{index}{extension}"
    exporter = MarkdownExporter(config=Config(ExtractOutputPreprocessor={"output_filename_template": template}))
    notebook = visible_notebook(ROOT / "nbs" / "index.ipynb")
    body, resources = exporter.from_notebook_node(notebook, resources={"unique_key": "readme"})
    body = re.sub(r"<style.*?</style>\s*", "", body, flags=re.DOTALL)
    body = LINK.sub(from_project, body)
    body = re.sub(r"\n{3,}", "\n\n", body).strip() + "\n"
    return NOTICE + body, resources.get("outputs", {})


def write(path: Path, content: bytes) -> None:
    """Write a file in one step: whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_bytes(content)
    draft.replace(path)


if __name__ == "__main__":
    text, pictures = make_readme()
    for name, content in pictures.items():
        write(ROOT / name, content)
    write(ROOT / "README.md", text.encode("utf-8"))
