"""The query panel in JupyterLab: typing, pointing, comparing, hostile text, both themes, and Python's side of it."""

import json

from checks import axe, unreadable
from harness import CORPUS
from support import HOSTILE

MODEL = """from ntm_widgets.ui.query_panel import QueryPanel
import ntm_widgets as ntm
model = ntm.NTM(num_topics=4, epochs=5).fit(bow)
query = QueryPanel(model, bow, corpus)
query"""
SET = "query.text = 'the church prayer 🚀 rocket'; query.topic = None"
LONG = "query.text = 'rocket moon hockey 🚀 ' * 50_000"
PYTHON = "import json; print(json.dumps([query.text, query.topic, len(query.pinned), list(query.mixture.words['word'])]))"


def show(notebook):
    """The panel, ready to be typed into."""
    notebook.open([CORPUS, MODEL, "query", SET, PYTHON, LONG])
    for number in (0, 1):
        notebook.page.evaluate("number => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = number; }", number)
        run_cell(notebook, number)
    notebook.page.wait_for_selector(".ntm-q[data-state=empty]")
    return notebook.page


def run_cell(notebook, number):
    """Run one cell and wait for its end."""
    notebook.page.evaluate("number => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = number; }", number)
    notebook.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    notebook.page.wait_for_timeout(100)
    notebook.wait_idle()


def type_text(page, text):
    """Put a text into the box, and wait until it is drawn."""
    page.locator(".ntm-q textarea").first.fill(text)
    page.wait_for_selector(f".ntm-q[data-characters='{len(text)}']")


def test_a_text_is_asked(notebook):
    page = show(notebook)
    assert axe(page, ".ntm-q") == []
    type_text(page, f"The hockey team 🚀 and NASA's rocket, {HOSTILE} qwertz hockey")
    words = page.locator(".ntm-q-word").all_text_contents()
    assert words == ["hockey", "team", "NASA", "rocket", "hockey"]
    assert page.locator(".ntm-q-unknown").last.text_content() == "qwertz"
    assert HOSTILE in page.locator(".ntm-q-text").text_content() and page.locator(".ntm-q img, .ntm-q script").count() == 0
    page.wait_for_selector(".ntm-q-similar[data-rows='5']")

    page.locator(".ntm-q-word").first.hover()
    tip = page.locator(".ntm-q-tip")
    assert tip.is_visible() and tip.locator("li").count() == 4 and "%" in tip.inner_text()
    page.locator(".ntm-q-text").focus()
    page.keyboard.press("ArrowRight")
    assert "team" in tip.inner_text()
    page.keyboard.press("Escape")
    assert not tip.is_visible()

    page.locator(".ntm-q-bar").first.hover()
    lit = page.locator(".ntm-q-word.is-lit")
    topic = page.locator(".ntm-q-bar").first.get_attribute("data-topic")
    assert lit.count() and {word.get_attribute("data-topic") for word in lit.all()} == {topic}
    page.locator(".ntm-q-bar").first.click()

    page.get_by_role("button", name="Pin to compare").click()
    page.wait_for_selector(".ntm-q[data-columns='2']")
    known = page.locator(".ntm-q-head > .ntm-quiet").evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
    assert len(known) > 1 and max(known) <= 0, "how many words are known is cut"
    page.locator(".ntm-q-similar li .ntm-link").first.click()
    page.wait_for_function("document.querySelector('.ntm-q h4').textContent.startsWith('Document')")
    assert axe(page, ".ntm-q") == []
    notebook.use_theme(dark=True)
    assert axe(page, ".ntm-q") == []
    page.get_by_role("button", name="Back to my text").click()
    page.wait_for_function("document.querySelector('.ntm-q textarea').value.startsWith('The hockey')")

    run_cell(notebook, 4)
    text, selected, pinned, known = json.loads("".join(notebook.cells[4]["outputs"][0]["text"]))
    assert HOSTILE in text and selected == int(topic) and pinned == 2 and "rocket" in known
    notebook.use_theme(dark=False)
    assert unreadable(notebook, "topic weight", "ntmBroken") == []


def test_a_megabyte_is_pasted(notebook):
    """Ctrl+V with a million characters: the page answers, all of it is read, and Clear gives the box back."""
    page = show(notebook)
    text = ("The rocket flies to the moon 🚀, <b>hockey</b>!\n" * 25_000)[:1_000_000]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    box = page.locator(".ntm-q textarea")
    box.fill("before, after")
    box.evaluate("box => box.setSelectionRange(7, 7)")
    page.keyboard.press("Control+v")
    page.wait_for_selector(f".ntm-q[data-characters='{len(text) + 13}']", timeout=120_000)
    assert box.input_value().startswith("before,The rocket") and len(box.input_value()) < 20_000
    assert page.locator(".ntm-q b").count() == 0 and "words known" in page.locator(".ntm-q-head").first.inner_text()
    page.get_by_role("button", name="Clear").click()
    page.wait_for_selector(".ntm-q[data-state=empty]")
    type_text(page, "the church prayer")
    assert page.locator(".ntm-q-word").all_text_contents() == ["church", "prayer"]


def test_views_agree_and_follow_python(notebook):
    page = show(notebook)
    run_cell(notebook, 2)
    page.wait_for_function("document.querySelectorAll('.ntm-q[data-state=empty]').length == 2")
    run_cell(notebook, 3)
    page.wait_for_function("document.querySelectorAll('.ntm-q[data-characters=\"26\"]').length == 2")
    for view in page.locator(".ntm-q").all():
        assert view.locator("textarea").input_value() == "the church prayer 🚀 rocket"
        assert view.locator(".ntm-q-word").all_text_contents() == ["church", "prayer", "rocket"]
    page.locator(".ntm-q textarea").first.fill("שלום rocket")  # the other view and its answer follow, from right to left
    page.wait_for_function("document.querySelectorAll('.ntm-q[data-characters=\"11\"]').length == 2")
    for part in page.locator(".ntm-q :is(textarea, .ntm-q-text)").all():
        assert part.evaluate("part => getComputedStyle(part).direction") == "rtl"
    assert page.locator(".ntm-q-word").all_text_contents() == ["rocket", "rocket"]
    assert page.locator(".ntm-q textarea").nth(1).input_value() == "שלום rocket"
    page.set_viewport_size({"width": 740, "height": 900})  # leaves about 400 px for the output
    page.wait_for_timeout(300)
    box = page.locator(".ntm-q").first
    assert box.evaluate("element => element.scrollWidth <= element.clientWidth + 1")
    for width in (740, 820, 900, 1000):  # from about 310 to 570 px: a button keeps its words on one line
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        assert {button.bounding_box()["height"] for button in box.locator(".ntm-q-tools > button:visible").all()} == {28}
    run_cell(notebook, 5)
    page.wait_for_selector(".ntm-q[data-characters='1050000']", timeout=120_000)
    assert page.locator(".ntm-q").first.get_by_role("button", name="Show more").is_visible()
