"""The studio in JupyterLab and in Notebook 7: from a file of one's own to named topics and an answer, without typing code."""

import random

import pytest
from checks import axe, unreadable

THEMES = ("hockey team game goal season player coach league", "space nasa orbit launch rocket moon shuttle earth",
          "key encryption chip clipper secure privacy code algorithm", "god church faith bible jesus sin prayer heaven")  # fmt: skip
STUDIO = ["%load_ext ntm_widgets", "%ntm studio"]
HEAD = ".ntm-studio"


def own_file(folder):
    """A CSV with a column of texts and one of labels."""
    draw = random.Random(0)
    rows = [f"{' '.join(draw.choices(THEMES[n % 4].split(), k=40))},kind {n % 4}" for n in range(800)]
    path = folder / "mine.csv"
    path.write_text("text,kind\n" + "\n".join(rows), encoding="utf-8")
    return path


def states(page):
    return page.locator(HEAD).get_attribute("data-states").split()


def reached(page, step, state="done", seconds=60):
    """Wait until a step has that state."""
    at = ["documents", "words", "train", "topics", "ask"].index(step)
    page.wait_for_function(f"() => document.querySelector('{HEAD}').dataset.states.split(' ')[{at}] === '{state}'", timeout=1000 * seconds)


def go_through(notebook, tmp_path):
    """Everything by clicking and typing into the widgets; returns the page with the answer on it."""
    page = notebook.open(STUDIO).run_all().page
    assert notebook.errors == []
    page.wait_for_selector(f"{HEAD}[data-step=documents]", timeout=30_000)
    assert states(page) == ["next", "missing", "missing", "missing", "missing"]
    page.locator("input[type=file]").set_input_files(own_file(tmp_path))
    page.get_by_label("Labels").select_option(label="kind")
    page.get_by_role("button", name="Load", exact=True).click()
    reached(page, "documents")
    page.get_by_role("button", name="Continue: Words").click()
    page.wait_for_selector(".ntm-studio-words [data-state=ready]", timeout=60_000)
    page.get_by_role("button", name="Count the words").click()
    reached(page, "words")
    page.get_by_role("button", name="Continue: Train").click()
    page.locator(".ntm-field[data-name=num_topics] input").fill("4")
    page.locator(".ntm-field[data-name=num_topics] input").press("Tab")
    page.wait_for_selector(".ntm-train[data-given~=num_topics]", timeout=15_000)
    page.locator(".ntm-train-start").click()
    reached(page, "topics", seconds=120)
    page.get_by_role("button", name="Continue: Topics").click()
    page.wait_for_selector(".ntm-topics[data-state=ready]", timeout=60_000)
    page.locator(".ntm-topics .tb-label").first.click()
    page.keyboard.type("my first topic")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Continue: Ask").click()
    page.locator(".ntm-studio-ask textarea").fill("The coach of the hockey team")
    page.locator(".ntm-q-word", has_text="hockey").first.wait_for(timeout=30_000)
    return page


def code_of(page, kind):
    """The code that the studio shows."""
    if page.locator(".ntm-studio-code").is_hidden():
        page.get_by_role("button", name="Code", exact=True).click()
    page.get_by_role("radio", name=kind).check()
    page.wait_for_selector(f"{HEAD}[data-code=ready]", timeout=15_000)
    starts = "import ntm_widgets" if kind == "Python" else "%ntm corpus"
    page.wait_for_function(f"() => document.querySelector('.ntm-studio-text').textContent.startsWith('{starts}')", timeout=15_000)
    return page.locator(".ntm-studio-text").inner_text()


def test_from_a_file_to_an_answer(notebook, tmp_path):
    page = go_through(notebook, tmp_path)
    python, lines = code_of(page, "Python"), code_of(page, "%ntm lines")
    assert "ntm.load_corpus(" in python and "mine.csv" in python and "num_topics=4" in python
    assert [line.split()[1] for line in lines.splitlines()] == ["corpus", "vectorize", "train", "rename"]
    assert lines.endswith("'my first topic'")
    page.locator("[role=tab][data-step=ask]").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{HEAD}[data-step=topics]", timeout=15_000)
    panel = page.locator(".ntm-studio-topics")
    assert panel.get_attribute("role") == "tabpanel" and panel.is_visible()
    assert page.locator(".ntm-studio-ask").is_hidden()
    for dark in (True, False):
        notebook.use_theme(dark=dark)
        assert axe(page, HEAD) == []
    assert unreadable(notebook, "800 documents", "ntm.load_corpus") == []


@pytest.mark.parametrize("code", ["%ntm code --insert"])
def test_the_code_goes_into_a_cell_below(notebook, code):
    notebook.open(["%load_ext ntm_widgets", "%ntm corpus pydocs", code]).run_all()
    assert notebook.errors == []
    notebook.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.length === 4", timeout=15_000)
    assert "corpus = ntm.load_corpus('pydocs')" in "".join(notebook.cells[3]["source"])


def test_in_notebook_7(notebook7, tmp_path):
    page = go_through(notebook7, tmp_path)
    assert "ntm.load_corpus(" in code_of(page, "Python")
