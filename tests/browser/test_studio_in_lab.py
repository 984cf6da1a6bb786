"""The studio in JupyterLab and in Notebook 7: from a file of one's own to named topics and an answer, without typing code."""

import random

import pytest
from checks import axe, unreadable

THEMES = ("hockey team game goal season player coach league", "space nasa orbit launch rocket moon shuttle earth",
          "key encryption chip clipper secure privacy code algorithm", "god church faith bible jesus sin prayer heaven")  # fmt: skip
STUDIO = ["%load_ext ntm_widgets", "%ntm studio"]
HEAD = ".ntm-studio"
FOCUS = """() => { const at = document.activeElement, ring = at && getComputedStyle(at);
    return at && at.closest('.ntm') && {name: at.getAttribute('aria-label') || at.innerText || at.placeholder || at.name,
        ring: ring.outlineStyle !== 'none' && parseFloat(ring.outlineWidth) >= 2}; }"""
RESTART = "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
MOVING = """() => [...document.querySelectorAll('.ntm, .ntm *')].filter(element => {
    const style = getComputedStyle(element);
    return style.animationName !== 'none' || style.transitionDuration.split(',').some(length => parseFloat(length) > 0); }).map(
    element => element.className)"""
WIDER = """() => [...document.querySelectorAll('.ntm')].filter(root => root.clientWidth && root.scrollWidth > root.clientWidth + 1).map(
    root => `${root.className}: ${root.scrollWidth} of ${root.clientWidth}`)"""
ORDERS = """() => { // each bundle's styles last in turn: what then looks otherwise depends on which view came first
    for (const stage of document.querySelectorAll('.ntm-studio-stage')) stage.style.display = 'block';
    const sheets = [...document.querySelectorAll('style')].filter(sheet => sheet.textContent.includes('.ntm{'));
    const all = [...document.querySelectorAll('.ntm, .ntm *')].filter(element => !(element instanceof SVGElement));
    const place = one => (one.classList.contains('ntm') ? '' : place(one.parentElement)) + `>${one.localName} ${one.className}`;
    const elements = [...new Map(all.map(element => [place(element), element])).values()]; // one of each kind
    const look = () => elements.map(element => { const style = getComputedStyle(element);
        return [...style].filter(name => !/^(--|transform|perspective)/.test(name)).map(name => `${name}: ${style.getPropertyValue(name)}`); });
    const looks = sheets.map(sheet => { document.head.append(sheet); return look(); });
    return elements.flatMap((element, i) => looks.slice(1).flatMap(
        other => other[i].filter((value, j) => value !== looks[0][i][j]).map(value => `${element.className} ${value}`))); }"""


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


def fits(notebook):
    """Every step fits an output of 400 pixels, and a page that is enlarged to 200 %."""
    page = notebook.page
    for width, height in ((768, 900), (700, 500)):
        page.set_viewport_size({"width": width, "height": height})
        for step in ("documents", "words", "train", "topics", "ask"):
            page.locator(f"[role=tab][data-step={step}]").click()
            page.locator(f".ntm-studio-{step}").wait_for(timeout=15_000)
            page.wait_for_timeout(300)
            assert page.evaluate(WIDER) == [], f"{step} in a page of {width} pixels"
    assert page.locator(HEAD).evaluate("head => head.clientWidth") < 400
    page.set_viewport_size({"width": 1400, "height": 1000})


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
    panel.wait_for(state="visible", timeout=15_000)
    page.locator(".ntm-studio-ask").wait_for(state="hidden", timeout=15_000)
    assert panel.get_attribute("role") == "tabpanel"
    for dark in (True, False):
        notebook.use_theme(dark=dark)
        assert axe(page, HEAD) == []
    fits(notebook)
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVING) == []
    assert page.evaluate(ORDERS) == []
    assert unreadable(notebook, "800 documents", "ntm.load_corpus") == []


@pytest.mark.parametrize("code", ["%ntm code --insert"])
def test_the_code_goes_into_a_cell_below(notebook, code):
    notebook.open(["%load_ext ntm_widgets", "%ntm corpus pydocs", code]).run_all()
    assert notebook.errors == []
    notebook.page.wait_for_function("() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.length === 4", timeout=15_000)
    assert "corpus = ntm.load_corpus('pydocs')" in "".join(notebook.cells[3]["source"])


def test_in_notebook_7(notebook7, tmp_path):
    """The same there, and the code as a cell below the studio, in front of whatever follows."""
    page = go_through(notebook7, tmp_path)
    code = code_of(page, "Python")
    assert "ntm.load_corpus(" in code
    cells = "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells"
    page.evaluate("(" + cells + ")().at(-1).notebook.insertCell(2, {cell_type: 'code', source: '6 * 7'})")
    page.get_by_role("button", name="Insert below").click()
    page.wait_for_function(f"() => ({cells})().length === 4", timeout=15_000)
    assert ["".join(cell["source"]).rstrip() for cell in notebook7.cells] == [*STUDIO, code.rstrip(), "6 * 7"]


def tab_to(page, name, key="Tab"):
    """Press Tab until what has the focus is called so; whatever has it on the way shows it."""
    for _ in range(40):
        page.keyboard.press(key)
        at = page.evaluate(FOCUS)
        assert at and at["ring"], f"the focus is not to be seen on the way to {name!r}: {at}"
        if name in (at["name"] or ""):
            return
    raise AssertionError(f"no way to {name!r} by {key}")


def test_the_whole_way_by_keyboard(notebook, tmp_path):
    """From a path to an answer with Tab, arrows, Enter and Esc alone; the focus is seen at every stop."""
    page = notebook.open(STUDIO).run_all().page
    page.wait_for_selector(f"{HEAD}[data-step=documents]", timeout=30_000)
    page.locator("[role=tab][data-step=documents]").focus()
    tab_to(page, "reviews.csv")
    page.keyboard.type(str(own_file(tmp_path)))
    page.keyboard.press("Enter")
    page.get_by_label("Labels").wait_for()
    page.wait_for_function("() => document.activeElement.tagName === 'SELECT'")
    tab_to(page, "Load")
    page.keyboard.press("Enter")
    reached(page, "documents")
    page.wait_for_function("() => document.activeElement.textContent === 'Load other documents'")
    tab_to(page, "Continue: Words", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ntm-studio-words [data-state=ready]", timeout=60_000)
    tab_to(page, "Count the words")
    page.keyboard.press("Enter")
    reached(page, "words")
    tab_to(page, "Continue: Train", "Shift+Tab")
    page.keyboard.press("Enter")
    page.locator(".ntm-train-start:enabled").wait_for()
    tab_to(page, "Start training")
    page.keyboard.press("Enter")
    reached(page, "topics", seconds=120)
    tab_to(page, "Continue: Topics", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ntm-topics[data-state=ready]", timeout=60_000)
    tab_to(page, "Open topic 0")
    for key in ("F2", "h", "o", "c", "k", "e", "y", "Enter", "?"):
        page.keyboard.press(key)
    page.locator(f"{HEAD} .ntm-keys dl", has_text="F2").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".ntm-topics .tb-label").first.inner_text() == "hockey"
    tab_to(page, "Continue: Ask", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ntm-q[data-state=empty]", timeout=30_000)
    tab_to(page, "Type or paste")
    page.keyboard.type("The coach of the hockey team")
    page.locator(".ntm-q-word", has_text="hockey").first.wait_for(timeout=30_000)


def test_a_kernel_that_restarts_is_told_once(notebook):
    """The studio says that nothing answers any more, and so does a button; run again, it is as new."""
    page = notebook.open([*STUDIO[:1], "%ntm corpus pydocs", STUDIO[1]]).run_all().page
    page.wait_for_selector(".ntm-words:is([data-state=counting], [data-state=ready])", timeout=30_000)
    page.evaluate(RESTART)
    gone = page.locator(".ntm-gone")
    gone.first.wait_for(timeout=20_000)
    assert gone.all_inner_texts() == ["The kernel has ended: what stands here is as it was, and no longer answers. Run the cell again."]
    page.get_by_role("button", name="Show the code").click()
    page.locator(".ntm-words [role=alert]", has_text="Python does not answer").first.wait_for(timeout=15_000)
    notebook.wait_idle()
    notebook.run_all()
    page.wait_for_selector(".ntm-words:is([data-state=counting], [data-state=ready])", timeout=30_000)
    assert notebook.errors == [] and gone.count() == 0
