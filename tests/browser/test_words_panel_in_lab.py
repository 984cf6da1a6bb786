"""The words panel in JupyterLab: a file of one's own, a word stopped by a click, a setting, the count; by keyboard, and narrow."""

import ast
import csv
import random

from checks import axe, unreadable
from support import HOSTILE

PANEL = """import os
from ntm_widgets.ui.words_panel import VectorizerPanel
panel = VectorizerPanel()
panel"""
TEXTS = """import random
from ntm_widgets.ui.words_panel import VectorizerPanel
random.seed(0)
panel = VectorizerPanel()
panel.bench.load_corpus([" ".join(random.choices([f"w{i}" for i in range(3000)], k=80)) for _ in range(300)])
panel.settings = {"tokenizer": "regex", "vocab_size": None}
panel"""
SLOW = """import time
from ntm_widgets.data import blocks
blocks.BLOCK_SIZE, blocks.batches.__defaults__ = 8, (8,)
def slow(text):
    time.sleep(0.05)
    return text.split()
panel.settings = {"tokenizer": slow}
0"""
COUNTED = "panel.bench.bow and (len(panel.bench.bow.vocabulary), panel.settings, os.path.exists('uploads/reviews.csv'))"
STATE = ".ntm-words[data-state={}]"


def reviews(path):
    """A CSV of 400 texts with a hostile column name, label and word."""
    random.seed(0)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "story", "section", HOSTILE])
        for number in range(400):
            theme = random.choice(["hockey team game goal", "space nasa orbit moon", "key chip code secure"])
            table.writerow([number, " ".join(random.choices((theme + " the was edu does").split(), k=40)) + " " + HOSTILE, random.choice(["a", HOSTILE]), ""])
    return path


def word(page, text):
    return page.locator(".ntm-words tbody tr").filter(has=page.get_by_role("button", name=text, exact=True)).first


def test_from_a_file_to_counts_by_clicks(notebook, tmp_path):
    page = notebook.page
    notebook.open([PANEL, COUNTED])
    notebook.start_all()
    page.locator("input[type=file]").set_input_files(reviews(tmp_path / "reviews.csv"))
    page.get_by_label("Documents", exact=True).wait_for()
    assert page.get_by_label("Documents", exact=True).input_value() == "story"
    assert page.get_by_label("Labels", exact=True).input_value() == "section"
    page.get_by_role("button", name="Load", exact=True).click()
    page.locator(".ntm-docs[data-state=ready]").wait_for()
    page.locator("[data-setting=tokenizer]").select_option("regex")
    page.locator(STATE.format("ready")).wait_for()
    assert "400 documents · 2 labels" in page.locator(".ntm-docs-head").inner_text()
    page.locator(".ntm-docs-reader[data-document='0']:not([data-marks='0'])").wait_for()
    drawn = page.locator(".ntm-docs-lengths")
    assert drawn.get_attribute("aria-label").startswith("Words per document: median 4")
    bars = [bar.bounding_box()["height"] for bar in drawn.locator("rect").all()]
    assert max(bars) > 20 and "documents" in drawn.locator("rect title").first.text_content()

    page.locator("[aria-label='find a word']").fill("moon")
    word(page, "moon").get_by_role("button", name="moon", exact=True).click()
    word(page, "moon").locator("td", has_text="out: yours").wait_for()
    version = page.locator(".ntm-words").get_attribute("data-shown")
    page.locator("[data-setting=min_df]").fill("5")
    page.wait_for_function("was => document.querySelector('.ntm-words').dataset.shown != was", arg=version)
    word(page, "moon").locator("td", has_text="out: yours").wait_for()
    page.locator("[aria-label='find a word']").fill("orbit")
    page.get_by_role("button", name="examples of orbit").click(force=True)
    page.locator(".ntm-words-examples[data-word=orbit] li").nth(2).wait_for()
    page.get_by_role("button", name="Count the words").click()
    page.locator(".ntm-words-result", has_text="documents × ").wait_for()
    page.get_by_role("button", name="Show the code").click()
    page.locator(".ntm-words pre", has_text="drop=['moon']").wait_for()

    assert axe(page, ".ntm-docs") == [] and axe(page, ".ntm-words") == []
    notebook.use_theme(dark=True)
    assert axe(page, ".ntm-docs") == [] and axe(page, ".ntm-words") == []
    assert page.locator(".ntm :is(img, script)").count() == 0
    notebook.run_all()  # another panel over the same bench has it all
    size, settings, kept = ast.literal_eval("".join(notebook.cells[1]["outputs"][0]["data"]["text/plain"]))
    assert size > 10 and settings["drop"] == ["moon"] and settings["tokenizer"] == "regex" and kept and notebook.errors == []
    page.locator("caption", has_text="the most frequent words that are in").wait_for(state="attached")  # of the plain output
    assert unreadable(notebook, "the most frequent words that are in", "orbit") == []


def test_by_keyboard_in_a_narrow_page_and_from_python(notebook):
    page = notebook.page
    page.set_viewport_size({"width": 640, "height": 900})
    notebook.open([TEXTS, "panel.choose('w777', 'out')", "0"])
    notebook.run_all()
    assert notebook.errors == []
    page.locator(STATE.format("ready")).wait_for()
    page.locator(".ntm-words tbody tr[data-state=in]").first.wait_for()
    page.locator("[aria-label='find a word']").fill("w777")
    page.locator("tbody tr[data-state=out]", has_text="w777").first.wait_for()
    page.locator("[aria-label='find a word']").fill("")
    page.locator(".ntm-words:not([data-rows='1'])").wait_for()
    last = int(page.locator(".ntm-words").get_attribute("data-rows")) - 1
    assert last > 2900
    button = page.locator(".ntm-words tbody .ntm-words-button[tabindex='0']")
    button.focus()
    page.keyboard.press("End")
    page.locator(f"tr[data-row='{last}']:not([data-state=loading]) .ntm-words-button:focus").wait_for()
    page.keyboard.press("Home")
    page.locator("tr[data-row='1'][data-state=in]").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("tr[data-row='1'][data-state=out] .ntm-words-button:focus").wait_for()
    page.keyboard.press("Control+z")
    page.locator("tr[data-row='1'][data-state=in] .ntm-words-button:focus").wait_for()
    page.keyboard.press("e")
    page.locator(".ntm-words-examples li").first.wait_for()
    overflow = "() => [...document.querySelectorAll('.ntm')].some(root => root.scrollWidth > root.clientWidth + 1)"
    assert not page.evaluate(overflow)
    notebook.answer(SLOW)
    page.locator(STATE.format("counting")).wait_for()
    page.locator(".ntm-words-progress", has_text="of 300 documents").get_by_role("button", name="Cancel").click()
    page.locator(STATE.format("ready")).wait_for()
    assert notebook.answer("panel.settings['tokenizer']") == "'regex'"
    assert page.locator("[data-setting=tokenizer]").input_value() == "regex"
