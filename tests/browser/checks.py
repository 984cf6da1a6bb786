"""What every widget is held to: accessible, and readable wherever its notebook is read."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import bleach
import nbformat
import pytest
from harness import BROKEN, Lab, Notebook, block_network, shut_down_kernels
from nbconvert import HTMLExporter
from nbformat.sign import NotebookNotary
from playwright.sync_api import Page

JS = Path(__file__).resolve().parents[2] / "js"
AXE = JS / "node_modules" / "axe-core" / "axe.min.js"
FIND = """async selector => {
    const found = await axe.run(selector, {resultTypes: ['violations']});
    return found.violations.filter(one => ['serious', 'critical'].includes(one.impact)).flatMap(one => one.nodes.map(
        node => `${one.id} (${one.impact}): ${one.help}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 300)}`)); }"""
STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
GITHUB_TAGS = frozenset(
    [
        *("a", "b", "br", "caption", "code", "details", "div", "em", "h1", "h2", "h3", "h4", "i", "img", "li", "ol", "p"),
        *("pre", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)
GITHUB_ATTRIBUTES = {"*": ["align", "colspan", "rowspan", "title"], "a": ["href"], "img": ["alt", "src", "width", "height"]}


def axe_source() -> str:
    """The source of axe-core, installed with the other development packages of js/."""
    if not AXE.exists() and shutil.which("npm"):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=JS, check=True)
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is missing (npm ci in js/)")
    return AXE.read_text(encoding="utf-8")


def axe(page: Page, selector: str) -> list[str]:
    """What axe-core finds serious or critical in the elements that `selector` finds; assert that it is []."""
    assert page.locator(selector).count(), f"nothing is {selector}"
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe_source())
    return page.evaluate(FIND, selector)


def outputs_of(path: Path) -> list[dict]:
    """MIME bundles of all outputs of a notebook file."""
    cells = nbformat.read(path, as_version=4).cells
    return [dict(output.data) for cell in cells for output in cell.get("outputs", []) if "data" in output]


def as_github_shows(bundles: list[dict]) -> str:
    """HTML of outputs by GitHub's rules: sanitised HTML, else the picture, else text; no styles, scripts or widgets."""
    parts = []
    for bundle in bundles:
        if "text/html" in bundle:
            html = STYLE.sub("", bundle["text/html"])  # GitHub drops a style with its content, as pandas' tables show
            parts.append(bleach.clean(html, tags=GITHUB_TAGS, attributes=GITHUB_ATTRIBUTES, strip=True))
        elif "image/png" in bundle:
            parts.append(f'<img alt="picture" src="data:image/png;base64,{bundle["image/png"]}">')
        else:
            parts.append(f"<pre>{bleach.clean(bundle.get('text/plain', ''))}</pre>")
    return "<!doctype html><meta charset=utf-8>" + "".join(f"<div>{part}</div>" for part in parts)


def text_of_file(page: Page, path: Path, script: bool) -> str:
    """Visible text of an HTML file in a page of its own, without network, with or without JavaScript; no text in it may run."""
    context = page.context.browser.new_context(java_script_enabled=script)
    block_network(context)
    other = context.new_page()
    other.goto(path.as_uri())
    text = other.locator("body").inner_text()
    assert not script or other.evaluate(BROKEN) is None, f"a text of {path.name} ran"
    context.close()
    return text


def without_kernel(path: Path, lab: Lab) -> None:
    """Let a notebook be of a language that has no kernel here, and trust it still."""
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = {"kernelspec": {"name": "elsewhere", "display_name": "Elsewhere", "language": "elsewhere"}}
    nbformat.write(notebook, path)
    NotebookNotary(data_dir=str(lab.root.parent / "data")).sign(nbformat.read(path, as_version=4))


def plain_forms(notebook: Notebook) -> dict[str, str]:
    """What is to be read of the open notebook's outputs where there is no kernel, no trust, no script, or only GitHub.

    The notebook is saved and its kernel ended. Fails if an output exceeds 100 kB, or a plain one carries script.
    """
    page, path = notebook.page, notebook.path
    notebook.save()
    shut_down_kernels(notebook.lab)
    bundles = outputs_of(path)
    for bundle in bundles:
        assert len(json.dumps(bundle)) <= 100_000, f"an output of {len(json.dumps(bundle))} bytes"
        assert not [tag for tag in ("<script", "<svg") if tag in bundle.get("text/html", "")]
    html, _ = HTMLExporter().from_filename(str(path))
    exported, github = path.with_suffix(".html"), path.with_name("github.html")
    exported.write_text(html, encoding="utf-8")
    github.write_text(as_github_shows(bundles), encoding="utf-8")
    forms = {
        "nbconvert": text_of_file(page, exported, script=True),
        "nbconvert without JavaScript": text_of_file(page, exported, script=False),
        "GitHub": text_of_file(page, github, script=False),
    }
    notebook.show()
    page.wait_for_timeout(2000)  # until JupyterLab has given up on the widgets
    forms["trusted"] = page.locator(".jp-Notebook").inner_text()
    assert "Error displaying widget" not in forms["trusted"] and "Loading widget" not in forms["trusted"]
    edited = nbformat.read(path, as_version=4)
    shut_down_kernels(notebook.lab)
    without_kernel(path, notebook.lab)
    notebook.show(kernel=False)
    forms["trusted, without a kernel"] = page.locator(".jp-Notebook").inner_text()
    edited.cells.append(nbformat.v4.new_markdown_cell("Edited elsewhere: the signature no longer holds."))
    nbformat.write(edited, path)
    notebook.show()
    forms["untrusted"] = page.locator(".jp-Notebook").inner_text()
    return forms


def unreadable(notebook: Notebook, *words: str) -> list[str]:
    """Each form of the saved notebook in which one of `words` is not to be read; assert that it is []."""
    forms = plain_forms(notebook)
    return [f"{form}: {word!r}" for form, text in forms.items() for word in words if word not in text]
