"""The figure of a sweep in a page of its own, and `%ntm sweep` in JupyterLab: no network, no overflow, small notebooks."""

import json
import os

import pytest
from bokeh.embed import file_html
from bokeh.resources import INLINE
from harness import CORPUS, block_network
from support import HOSTILE, made_sweep

from ntm_widgets.ui.sweeps import sweep_plot

PLACE = """() => {
  const plot = Bokeh.documents[0].roots()[0].children[1].children[0], view = Bokeh.index.find_one(plot);
  const dots = plot.renderers.find((renderer) => renderer.glyph.type == "Scatter").data_source.data;
  const box = view.canvas_view.el.getBoundingClientRect(), frame = view.frame;
  return [box.x + frame.x_scale.compute(dots.num_topics[0]), box.y + frame.y_scale.compute(dots.npmi[0])];
}"""
TOOLTIP = """() => {
  const seen = [], walk = (node) => { for (const child of node.querySelectorAll("*")) {
    if (child.shadowRoot) walk(child.shadowRoot); if (child.matches(".bk-tooltip-content")) seen.push(child); } };
  walk(document);
  return seen.map((node) => [node.textContent, node.querySelectorAll("img, script").length]);
}"""


@pytest.mark.parametrize(("width", "columns"), [(400, 1), (700, 2), (1300, 3)])
def test_plots_take_the_width_there_is(chromium, tmp_path, width, columns):
    page_file = tmp_path / "sweep.html"
    page_file.write_text(file_html(sweep_plot(made_sweep(tmp_path, alpha=[0.1, 1.0], word=HOSTILE)), INLINE, "sweep"))
    context = chromium.new_context(viewport={"width": width, "height": 900})
    outside, thrown = block_network(context), []
    page = context.new_page()
    page.on("pageerror", lambda error: thrown.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_function("Bokeh.documents.length && Bokeh.documents[0].is_idle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [box.bounding_box() for box in page.locator(".bk-Figure").all()]
    assert len(boxes) == 3 and all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert len({round(box["x"]) for box in boxes}) == columns
    page.mouse.move(*page.evaluate(PLACE))
    page.wait_for_function(f"({TOOLTIP})().some((found) => found[0].includes('5 topics'))")
    found = page.evaluate(TOOLTIP)
    assert any("<img" in text for text, _ in found) and all(number == 0 for _, number in found)
    context.close()
    assert not outside and not thrown


def test_the_verb_in_a_notebook(notebook):
    """A line of progress, live plots that leave their picture, a hint and a table, in less than 100 kB; the cell after it can use them."""
    notebook.open([CORPUS, "grid = %ntm sweep --num-topics 2,4,8 --seeds 3 --epochs 3\ngrid", "len(grid.frame)"])
    notebook.run_all(seconds=120)
    assert notebook.errors == []
    outputs = notebook.cells[1]["outputs"]
    notebook.page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=30_000)
    kept = ["".join(output.get("data", {}).get("text/html", "")) for output in outputs]
    assert "9 of 9 models" in json.dumps(outputs[0]) and any("data:image/png;base64," in html for html in kept)
    assert "mean ± standard deviation" in "".join(outputs[-1]["data"]["text/html"])
    assert "load sweeps/" in json.dumps(outputs) and len(json.dumps(outputs)) < 100_000
    assert "".join(notebook.cells[2]["outputs"][0]["data"]["text/plain"]) == "9"
    if folder := os.environ.get("NTM_SHOTS"):
        for dark in (False, True):
            notebook.use_theme(dark)
            notebook.page.wait_for_timeout(500)
            notebook.page.screenshot(path=f"{folder}/sweep-{'dark' if dark else 'light'}.png")
        notebook.use_theme(dark=False)
