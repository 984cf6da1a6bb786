"""`%ntm` in JupyterLab: training leaves the notebook alive, is watched in one output, and ends as a plain table."""

import os

import pytest
from harness import CORPUS

LONG = "%ntm train --num-topics 4 --epochs 100000 --validation 0.1"
VIEW = ".ntm-run"


@pytest.fixture
def running(notebook):
    """A notebook in which a long training has just begun."""
    notebook.open([CORPUS, LONG, "6 * 7"]).run_all()
    notebook.page.wait_for_selector(f"{VIEW}[data-phase=training]", timeout=30_000)
    return notebook


def test_training_leaves_the_notebook_alive(running):
    """The next cell has run although the training goes on; Stop ends it, and the live view becomes a plain table."""
    page = running.page
    assert running.errors == []
    assert running.cells[2]["outputs"][0]["data"]["text/plain"] in ("42", ["42"])
    page.wait_for_function(f"() => Number(document.querySelector('{VIEW}').dataset.epoch) >= 1", timeout=30_000)
    page.wait_for_selector(".ntm-forming[data-rows='4']", timeout=15_000)
    assert "hockey" in page.locator(".ntm-forming").inner_text()
    assert page.locator(f"{VIEW} [role=progressbar]").get_attribute("aria-valuetext")
    page.locator(f"{VIEW} .ntm-run-stop").click()
    page.wait_for_selector(VIEW, state="detached", timeout=15_000)
    ended = running.cells[1]["outputs"]
    assert len(ended) == 1, "one output: the run is not shown a second time"
    assert "application/vnd.jupyter.widget-view+json" not in ended[0]["data"]
    assert "stopped after" in "".join(ended[0]["data"]["text/html"])


def test_the_view_is_updated_at_most_five_times_a_second(running):
    page = running.page
    page.evaluate(f"""() => {{ window.ntmUpdates = 0;
        const where = document.querySelector('{VIEW} .ntm-run-bar > div');
        new MutationObserver(() => {{ window.ntmUpdates += 1; }}).observe(where, {{attributes: true}}); }}""")
    page.wait_for_timeout(3000)
    updates = page.evaluate("() => window.ntmUpdates")
    page.locator(f"{VIEW} .ntm-run-stop").click()
    page.wait_for_selector(VIEW, state="detached", timeout=15_000)
    print(f"{updates / 3:.1f} updates a second")
    assert 3 <= updates <= 3 * 5 + 2


def test_run_all_waits_for_the_model(notebook):
    """A verb that needs the model waits for the run, so that Run All goes through; results can be assigned."""
    cells = [CORPUS, "%ntm train --num-topics 4 --epochs 20", "topics = %ntm topics\nlen(topics)", "%ntm clouds",
             "%%ntm query\nThe goalie won the game for his team", "%ntm mixtures 3"]
    notebook.open(cells).run_all(seconds=90)
    assert notebook.errors == []
    shown = [cell["outputs"] for cell in notebook.cells]
    assert "".join(shown[2][-1]["data"]["text/plain"]) == "4"
    for pictured in (shown[3], shown[5]):
        assert "image/png" in pictured[-1]["data"]
        assert pictured[-1]["metadata"]["image/png"]["width"] > 300
    assert "hockey" in "".join(shown[4][-1]["data"]["text/plain"])


def test_stop_is_heard_while_the_next_cell_waits(notebook):
    """Run All has gone on to a cell that waits for the model: Stop ends the run, and that cell goes on with what there is."""
    notebook.open([CORPUS, LONG, "topics = %ntm topics\nlen(topics)"])
    notebook.start_all()
    page = notebook.page
    page.wait_for_function(f"() => Number(document.querySelector('{VIEW}')?.dataset.epoch) >= 1", timeout=60_000)
    page.get_by_text("waiting for run-").first.wait_for(timeout=10_000)
    page.locator(f"{VIEW} .ntm-run-stop").click()
    page.wait_for_selector(VIEW, state="detached", timeout=15_000)
    notebook.wait_idle()
    assert notebook.errors == []
    assert "".join(notebook.cells[2]["outputs"][-1]["data"]["text/plain"]) == "4"


def test_light_dark_and_narrow(running):
    """The view keeps inside an output of 400 pixels, in both themes; its colours follow the theme."""
    page, inks = running.page, []
    output = page.locator(f".jp-OutputArea-output:has({VIEW})")
    for dark in (False, True):
        running.use_theme(dark)
        for width in (960, 400):
            output.evaluate("(element, width) => { element.style.maxWidth = `${width}px`; }", width)
            page.wait_for_timeout(400)
            for part in (VIEW, ".ntm-forming", ".ntm-bokeh"):
                inside, needed = page.locator(part).evaluate("view => [view.clientWidth, view.scrollWidth]")
                assert needed <= inside <= width, part
            if folder := os.environ.get("NTM_SHOTS"):
                page.screenshot(path=f"{folder}/run-{'dark' if dark else 'light'}-{width}.png")
        inks.append(page.locator(".ntm-forming .ntm-swatch").first.evaluate("mark => getComputedStyle(mark, '::before').backgroundColor"))
    assert inks[0] != inks[1]
    running.use_theme(dark=False)
    page.locator(f"{VIEW} .ntm-run-stop").click()
    page.wait_for_selector(VIEW, state="detached", timeout=15_000)


def test_errors_are_one_line(notebook):
    notebook.open(["%load_ext ntm_widgets", "%ntm trian"])
    notebook.run_all()
    text = "".join("".join(output.get("text", "")) for output in notebook.cells[1]["outputs"])
    assert "did you mean train?" in text and "Traceback" not in text
