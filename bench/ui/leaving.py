"""What a page keeps of widgets that were shown and closed, and what the kernel keeps (U19)."""

import time
from collections.abc import Iterator

from bench.ui.goals import Figure
from bench.ui.lab import Stopwatch

PREPARED = """import asyncio, json, threading
import ipywidgets, numpy as np
from bokeh.plotting import figure
from IPython.display import clear_output, display
from ipywidgets.widgets.widget import _instances
from ntm_widgets.ui.bokeh_view import BokehView
from ntm_widgets.ui.query_panel import QueryPanel
from ntm_widgets.ui.studio import Studio
from ntm_widgets.ui.topic_browser import TopicBrowser
from ntm_widgets.ui.training_panel import TrainingPanel
from ntm_widgets.ui.words_panel import VectorizerPanel
from ntm_widgets.ui.workbench import Workbench
bench = Workbench.instance()
bench.load_corpus("pydocs")
bench.vectorize(vocab_size=2000, tokenizer="regex")
bench.train(num_topics=10, epochs=5).wait()
def plot():
    shown = figure(title="a figure")
    shown.line(np.arange(2000.0), np.zeros(2000))
    return BokehView(shown)
def asked():
    panel = QueryPanel(bench.model_, bench.bow, bench.corpus)
    panel.text = "a function that returns a list"
    return panel
MAKE = {
    "a box of ipywidgets": lambda: ipywidgets.VBox([ipywidgets.Button(), ipywidgets.HTML("text"), ipywidgets.FloatText()]),
    "BokehView": plot,
    "VectorizerPanel": lambda: VectorizerPanel(bench),
    "TrainingPanel": lambda: TrainingPanel(bench),
    "TopicBrowser": lambda: TopicBrowser(bench.model_, bench.bow, bench.corpus),
    "QueryPanel": asked,
    "Studio": lambda: Studio(bench),
}
async def show_and_close(name, times):
    for _ in range(times):
        widget = MAKE[name]()
        display(widget)
        await asyncio.sleep(0.45)
        clear_output()
        widget.close()
        await asyncio.sleep(0.05)
    await asyncio.sleep(2)
async def fifty(name):
    widgets, threads = set(_instances), set(threading.enumerate())
    await show_and_close(name, 50)
    print(json.dumps({"widgets": len(set(_instances) - widgets), "threads": len(set(threading.enumerate()) - threads)}))
print(json.dumps(list(MAKE)))"""


def heap(lab: Stopwatch) -> float:
    """Megabytes of the page's JavaScript after its garbage was collected."""
    session = lab.page.context.new_cdp_session(lab.page)
    for _ in range(4):
        session.send("HeapProfiler.collectGarbage")
        lab.page.wait_for_timeout(200)
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def u19_in_page(lab: Stopwatch) -> Iterator[Figure]:
    """Each widget with data, fifty times; a box of ipywidgets' own beside them."""
    lab.run(PREPARED)
    for name in lab.printed(0):
        lab.answer(f"await show_and_close({name!r}, 5); print(json.dumps(0))")
        before, began = heap(lab), time.time()
        left = lab.answer(f"await fifty({name!r})")
        ours = name[0].isupper()
        drawn = sum(one["added"] and one["at"] > began for one in lab.seen("ntm"))
        if ours and drawn < 50:
            raise RuntimeError(
                f"{name}: only {drawn} of 50 were drawn before they were closed, the machine is too busy"
            )
        yield Figure(
            "U19", f"{name} 50 × shown and closed: the page grows by", heap(lab) - before, "MB", 10 if ours else None
        )
        if ours:
            yield Figure("U19", f"{name}: open widgets and threads left in the kernel", sum(left.values()), "", 0)
