"""The training panel in JupyterLab: set, start, watch, stop, resume; a reloaded page and a new kernel show the whole curve."""

from checks import axe, unreadable
from harness import CORPUS
from support import HOSTILE

HOSTILE_DOCUMENTS = f"""
HOSTILE = {HOSTILE!r}
corpus.name = bow.name = HOSTILE
bow.vocabulary[bow.vocabulary.index("goal")] = HOSTILE"""
PANEL = "from ntm_widgets.ui.training_panel import TrainingPanel\npanel = TrainingPanel()\npanel"
POINTS = """() => { const sources = [];
    for (const view of Object.values(Bokeh.index)) for (const model of view.model.document.all_models)
        if (model.type === 'ColumnDataSource' && model.data.total) sources.push(model.get_length());
    return Math.max(0, ...sources); }"""
FIRST_POINT = """() => { for (const view of Object.values(Bokeh.index)) for (const model of view.model.document.all_models)
    if (model.type === 'ColumnDataSource' && model.data.total && model.get_length()) return model.data.epoch[0];
    return null; }"""


def start(notebook, epochs, *more, corpus=CORPUS):
    """The panel on the four themes, with a run of so many epochs begun in it."""
    notebook.open([corpus, PANEL, *more]).run_all()
    page = notebook.page
    assert notebook.errors == []
    page.locator(".ntm-field[data-name=num_topics] input").fill("4")
    page.locator(".ntm-field[data-name=epochs] input").fill(str(epochs))
    page.locator(".ntm-field[data-name=validation] input").fill("0.1")
    page.wait_for_selector(".ntm-train[data-given='epochs num_topics validation']", timeout=15_000)
    page.locator(".ntm-train-start").click()
    page.wait_for_selector(".ntm-run:is([data-phase=training], [data-phase=finished])", timeout=60_000)  # a short one may be over
    page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=60_000)
    return page


def shown(page, *words):
    """Wait until the topics have these words, as text."""
    for word in words:
        page.locator(".ntm-forming-words", has_text=word).first.wait_for(timeout=15_000)
    assert page.locator(".ntm :is(img, script)").count() == 0


def test_train_watch_stop_reload_resume(notebook):
    """Points arrive while another cell answers; Stop keeps what there is; after a reload the whole curve is back; Resume goes on."""
    page = start(notebook, 100_000, "0")
    page.wait_for_function(f"() => ({POINTS})() >= 5", timeout=30_000)
    assert notebook.answer("6 * 7") == "42"
    page.wait_for_selector(".ntm-forming[data-rows='4']", timeout=15_000)
    page.locator(".ntm-forming-row", has_text="hockey").first.click()
    heard = "import asyncio\nwhile panel.topic is None:\n    await asyncio.sleep(0.02)\npanel.topic"  # a click and a cell do not wait for each other
    assert notebook.answer(heard) in "0123"
    page.locator(".ntm-run-stop").click()
    page.wait_for_selector(".ntm-run[data-phase=stopped]", timeout=15_000)
    epoch = int(page.locator(".ntm-run").get_attribute("data-epoch"))
    assert epoch >= 1 and page.locator(".ntm-run-resume").is_enabled()
    for theme in (True, False):
        notebook.use_theme(dark=theme)
        assert axe(page, ".ntm-train") == [] and axe(page, ".ntm-run") == [] and axe(page, ".ntm-forming") == []
    points = page.evaluate(POINTS)
    notebook.reload()
    page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=60_000)
    page.wait_for_function(f"() => ({POINTS})() === {points}", timeout=15_000)
    assert page.evaluate(FIRST_POINT) < 1
    assert page.locator(".ntm-run").get_attribute("data-phase") == "stopped"
    page.locator(".ntm-run-resume").click()
    page.wait_for_selector(".ntm-run[data-phase=training]", timeout=30_000)
    page.wait_for_function(f"() => Number(document.querySelector('.ntm-run').dataset.epoch) > {epoch}", timeout=30_000)
    page.locator(".ntm-run-stop").click()
    page.wait_for_selector(".ntm-run[data-phase=stopped]", timeout=15_000)


def test_a_new_kernel_opens_the_run_with_everything(notebook):
    """The run is a folder: after the kernel has gone, a fresh panel lists it and shows its curves, topics and losses; nothing hostile runs."""
    page = start(notebook, 6, corpus=CORPUS + HOSTILE_DOCUMENTS)
    page.wait_for_selector(".ntm-run[data-phase=finished]", timeout=60_000)
    assert HOSTILE[:40] in page.locator(".ntm-train-head").inner_text()
    shown(page, HOSTILE)
    points = page.evaluate(POINTS)
    validation = page.locator(".ntm-run-numbers b").nth(1).inner_text()
    notebook.open(["%load_ext ntm_widgets", PANEL], name="again.ipynb").run_all()
    assert page.locator(".ntm-train").get_attribute("data-state") == "empty"
    page.wait_for_selector(".ntm-runs[open]", timeout=15_000)  # by itself, for there is nothing else to go on with
    page.locator(".ntm-runs button", has_text="open").first.click()
    page.wait_for_selector(".ntm-run[data-phase=finished]", timeout=30_000)
    page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=60_000)
    page.wait_for_function(f"() => ({POINTS})() >= 6", timeout=15_000)
    assert page.evaluate(POINTS) <= points
    page.wait_for_selector(".ntm-forming[data-rows='4']", timeout=15_000)
    page.wait_for_function(f"() => document.querySelectorAll('.ntm-run-numbers b')[1].textContent === '{validation}'", timeout=15_000)
    shown(page, "hockey", HOSTILE)
    assert unreadable(notebook, "losses by epoch") == []
