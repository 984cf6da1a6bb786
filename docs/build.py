"""The documentation site from the notebooks, into docs/_build/html: `python docs/build.py`. Needs no network.

Nothing is executed: the notebooks carry their outputs. Hidden cells go; exported code is folded away under an entry
with its signature and docstring; Sphinx with myst-nb builds the pages, warnings being errors.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "docs" / "_build"
PAGES = BUILD / "pages"
FLOORS = {
    "tutorials": ("Tutorials", "Start here: each runs from top to bottom."),
    "explanations": ("Explanations", "How it is built, and why so."),
    "data": ("Data", "Text to counts."),
    "core": ("Core", "The neural topic model."),
    "runs": ("Runs", "Work that takes time."),
    "ui": ("Ui", "What a person touches."),
}
EXTRA = {"Contributing": "CONTRIBUTING.md", "Changes": "CHANGELOG.md"}
DIRECTIVE = re.compile(r"^\s*#\|.*\n?", re.MULTILINE)
HIDDEN = re.compile(r"^\s*#\|\s*(hide|default_exp)\b", re.MULTILINE)
EXPORTED = re.compile(r"^\s*#\|\s*export\b", re.MULTILINE)
ENTRIES = {"Parameters", "Returns", "Yields", "Raises", "Attributes", "Other Parameters", "Warns"}
OUTSIDE = re.compile(r"\]\((?:\.\./)+(?P<file>CONTRIBUTING\.md|CHANGELOG\.md)")


def signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    """The head of a definition, as written in the code, without its body."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        return f"class {node.name}({bases})" if bases else f"class {node.name}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def list_item(entry: str) -> str:
    """`name : type` of a docstring's section as a list item; a bare type stays as it is."""
    name, separator, kind = entry.partition(" : ")
    return f"- **{name}** : {kind}  " if separator else f"- {entry}  "


def numpydoc_to_markdown(text: str) -> str:
    """A docstring with its sections as lists: `name : type` becomes an item, what is indented below it its text."""
    lines, section = text.splitlines(), ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if line and re.fullmatch(r"-{3,}", following):
            section, lines[number], lines[number + 1] = line.strip(), f"**{line.strip()}**", ""
        elif section in ENTRIES and line:
            lines[number] = "  " + line.strip() if line[0].isspace() else list_item(line)
    return "\n".join(lines)


def public(nodes: list[ast.stmt]) -> list[ast.FunctionDef | ast.ClassDef]:
    """The documented functions and classes among some statements."""
    definitions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return [node for node in definitions if not node.name.startswith("_") and ast.get_docstring(node)]


def api_entry(node: ast.FunctionDef | ast.ClassDef) -> str:
    """Signature, docstring and, of a class, one line a method."""
    parts = [
        f"### {node.name}",
        f"```python\n{signature(node)}\n```",
        numpydoc_to_markdown(ast.get_docstring(node) or ""),
    ]
    if isinstance(node, ast.ClassDef) and public(node.body):
        methods = [
            f"- `{signature(one)}`  \n  {(ast.get_docstring(one) or '').splitlines()[0]}" for one in public(node.body)
        ]
        parts.append("**Methods**\n\n" + "\n".join(methods))
    return "\n\n".join(parts)


def prepare_code(cell: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """A code cell as it is; an exported one folded, after the entries of what it defines; imports left out."""
    exported, cell.source = EXPORTED.search(cell.source), DIRECTIVE.sub("", cell.source)
    if not cell.source.strip():
        return []
    if not exported:
        return [cell]
    body = ast.parse(cell.source).body
    if all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body):
        return []
    cell.metadata["tags"] = ["hide-input"]
    entries = [nbformat.v4.new_markdown_cell(api_entry(node)) for node in public(body)]
    return [*entries, cell]


def prepare_cell(cell: nbformat.NotebookNode, depth: int) -> list[nbformat.NotebookNode]:
    """What Sphinx shall see of one cell."""
    cell.metadata = nbformat.NotebookNode()
    if HIDDEN.search(cell.source) or cell.cell_type == "raw":
        return []
    if cell.cell_type == "code":
        return prepare_code(cell)
    text = DIRECTIVE.sub("", cell.source)
    cell.source = OUTSIDE.sub(lambda found: "](" + "../" * depth + found["file"], text)
    return [cell]


def prepare_page(source: Path, target: Path, depth: int) -> None:
    """Write one notebook the way Sphinx reads it."""
    notebook = nbformat.read(source, as_version=4)
    notebook.cells = [made for cell in notebook.cells for made in prepare_cell(cell, depth)]
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def toctree(pages: list[str], *options: str) -> str:
    """A table of contents as MyST writes it."""
    return "\n".join(["```{toctree}", *options, "", *pages, "```"])


def write_contents(pages: Path) -> None:
    """A page a floor that lists its rooms in reading order, and the front page's list of the floors."""
    chapters = []
    for folder, (title, summary) in FLOORS.items():
        names = [page.stem for page in sorted((pages / folder).glob("*.ipynb"))]
        if names:
            chapters.append(f"{folder}/index")
            text = f"# {title}\n\n{summary}\n\n{toctree(names)}\n"
            (pages / folder / "index.md").write_text(text, encoding="utf-8")
    chapters += [f"{title} <{Path(file).stem}>" for title, file in EXTRA.items()]
    index = nbformat.read(pages / "index.ipynb", as_version=4)
    index.cells.append(nbformat.v4.new_markdown_cell(toctree(chapters, ":hidden:")))
    nbformat.write(index, pages / "index.ipynb")


def prepare() -> None:
    """Fill docs/_build/pages with everything Sphinx needs."""
    shutil.rmtree(BUILD, ignore_errors=True)
    wanted = {path.relative_to(ROOT / "nbs") for path in (ROOT / "nbs").rglob("*.ipynb")}
    for relative in sorted(wanted):
        if ".ipynb_checkpoints" not in relative.parts:
            prepare_page(ROOT / "nbs" / relative, PAGES / relative, len(relative.parts) - 1)
    for images in sorted((ROOT / "nbs").rglob("images")):
        shutil.copytree(images, PAGES / images.relative_to(ROOT / "nbs"))
    for file in EXTRA.values():
        text = (ROOT / file).read_text(encoding="utf-8").replace("](nbs/", "](")
        (PAGES / file).write_text(text, encoding="utf-8")
    write_contents(PAGES)


def build() -> int:
    """Run Sphinx; its exit code. A warning is an error."""
    options = ["-b", "html", "-W", "--keep-going", "-q", "-j", "2", "-c", str(ROOT / "docs")]
    return subprocess.run([sys.executable, "-m", "sphinx", *options, str(PAGES), str(BUILD / "html")]).returncode


if __name__ == "__main__":
    prepare()
    code = build()
    if code == 0:
        print(f"The documentation: {(BUILD / 'html' / 'index.html').as_uri()}")
    sys.exit(code)
