"""BokehView in JupyterLab and Notebook 7: live from a thread, several views, reload, themes, and readable without a kernel."""

import os

from checks import axe, unreadable
from support import HOSTILE

MADE = f"HOSTILE = {HOSTILE!r}" + """
import asyncio, threading, time
import numpy as np
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, Slider
from bokeh.plotting import figure
from ntm_widgets.ui.bokeh_view import BokehView, themed
source = ColumnDataSource({"epoch": [0.0], "loss": [7.5], "about": [HOSTILE]})
plot = figure(title="Training", height=260, sizing_mode="stretch_width", x_axis_label="epoch", y_axis_label="loss per word",
              tools="hover,reset", tooltips=[("loss", "@loss"), ("about", "@about")])
plot.hover.mode = "vline"
themed(plot.line("epoch", "loss", source=source, line_width=2).glyph, line_color="ink")
view = BokehView(plot, alt="The loss falls from 7.5 to 6.5 in 100 epochs.")
view"""
TRAIN = """def train():
    for epoch in range(1, 101):
        with view.changing():
            source.stream({"epoch": [float(epoch)], "loss": np.array([7.5 - epoch / 100]), "about": [HOSTILE]})
        time.sleep(0.01)
worker = threading.Thread(target=train)
worker.start()
view"""
VIEW = ".ntm-bokeh[data-state=ready]"
POINTS = """() => Bokeh.documents.map(document => [...document.all_models].filter(
    model => model.type == 'ColumnDataSource').map(source => source.get_length()))"""
LINE = """() => [...Bokeh.documents[0].all_models].filter(model => model.type == 'Line').map(glyph => glyph.line_color.value)"""
LABELS = """() => { const axis = [...Bokeh.documents[0].all_models].find(model => model.type == 'LinearAxis');
    return [axis.major_label_text_color, axis.axis_label_text_font]; }"""
FIFTY = """from IPython.display import clear_output
for number in range(50):
    other = figure(title=f"number {number}")
    other.line(np.arange(2000.0), np.zeros(2000))
    shown = BokehView(other)
    display(shown)
    while not shown._stream.watched:
        await asyncio.sleep(0.02)
    await asyncio.sleep(0.05)
    clear_output()
    shown.close()
from ipywidgets.widgets.widget import _instances
print("left", sum(type(one).__name__ == "BokehView" for one in _instances.values()), threading.active_count() < 30)"""


def wait_for_views(page, number: int) -> None:
    page.wait_for_function(f"() => document.querySelectorAll('{VIEW}').length == {number}", timeout=30_000)


def listeners(page, target: str) -> list:
    """Who listens to a target in the page; a listener keeps its figure."""
    session = page.context.new_cdp_session(page)
    found = session.send("Runtime.evaluate", {"expression": target})["result"]["objectId"]
    return session.send("DOMDebugger.getEventListeners", {"objectId": found})["listeners"]


def hostile_hover(page) -> None:
    """What a figure says of the point under the mouse is text."""
    canvas = page.locator(f"{VIEW} .bk-Canvas").first
    for x in (400, 480):
        canvas.hover(position={"x": x, "y": 120}, force=True)
    page.locator(".bk-tooltip-row-value", has_text=HOSTILE).first.wait_for(timeout=10_000)
    assert page.locator(".bk-tooltip-content :is(img, script)").count() == 0
    page.mouse.move(0, 0)


def pictures(notebook, name: str) -> None:
    """With NTM_SHOTS, pictures of the page for a person to look at."""
    if folder := os.environ.get("NTM_SHOTS"):
        notebook.page.screenshot(path=f"{folder}/bokeh-{name}.png")


def test_two_views_of_a_figure_that_a_thread_changes(notebook):
    """Both views get every point; so does the page that is loaded again; the theme follows; without a kernel it says what was there."""
    page = notebook.page
    notebook.open([MADE, TRAIN]).run_all()
    assert notebook.errors == []
    wait_for_views(page, 2)
    page.wait_for_function(f"() => JSON.stringify(({POINTS})()) == '[[101],[101]]'", timeout=30_000)
    assert page.evaluate("() => document.querySelectorAll('script[src^=blob]').length") == 0
    assert axe(page, VIEW) == []
    light = page.evaluate(LINE), page.evaluate(LABELS)
    pictures(notebook, "light")
    hostile_hover(page)
    notebook.use_theme(dark=True)
    page.wait_for_function(f"before => JSON.stringify(({LINE})()) != before", arg=str(light[0]).replace("'", '"').replace(", ", ","))
    dark = page.evaluate(LINE), page.evaluate(LABELS)
    assert dark[1][0] != light[1][0] and dark[1][1] == light[1][1] != "helvetica"
    assert axe(page, VIEW) == []
    pictures(notebook, "dark")
    notebook.use_theme(dark=False)
    notebook.reload()
    wait_for_views(page, 2)
    assert page.evaluate(POINTS) == [[101], [101]]
    described = page.locator(".jp-OutputArea").get_by_text("The loss falls")
    assert described.count() == 2 and not described.first.is_visible()
    assert notebook.path.stat().st_size < 20_000, "the notebook holds more than the description"
    assert unreadable(notebook, "The loss falls from 7.5 to 6.5") == []


def test_fifty_figures_shown_and_closed(notebook):
    """Nothing is left in the kernel or in the page, and its memory is what it was."""
    page = notebook.page
    notebook.open([MADE, FIFTY, FIFTY]).run_all(seconds=200)
    assert notebook.errors == []
    printed = "".join(str(output.get("text", "")) for output in notebook.cells[2]["outputs"])
    assert "left 1 True" in printed
    assert page.evaluate("() => Bokeh.documents.length") == 1
    assert len(listeners(page, "visualViewport")) == 1
    assert page.evaluate("() => [...document.head.querySelectorAll('style')].filter(s => s.textContent.includes('.ntm-plain')).length") == 1


def test_widgets_webgl_and_errors_in_notebook_7(notebook7):
    """Other files of BokehJS come when they are needed; what cannot be shown says why."""
    page = notebook7.page
    widgets = "BokehView(column(Slider(start=0, end=1, value=0.3, title='threshold'), figure(height=150, output_backend='webgl')))"
    broken = "broken = BokehView(figure(height=150))\nbroken._stream.document = None\nbroken"
    notebook7.open([MADE, TRAIN, widgets, broken]).run_all()
    wait_for_views(page, 3)
    page.wait_for_function(f"() => JSON.stringify(({POINTS})()).startsWith('[[101],[101]')", timeout=30_000)
    assert page.locator(f"{VIEW} .bk-Slider").count() == 1
    failed = page.locator(".ntm-bokeh[data-state=failed] [role=alert]")
    failed.wait_for(timeout=20_000)
    assert "this view is closed: make a new BokehView" in failed.inner_text()
    pictures(notebook7, "notebook7")
