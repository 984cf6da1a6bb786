"""Figure and picture of a sweep: what is drawn is what was measured, and words of documents stay words."""

import json

import numpy as np
import pytest
from PIL import Image
from support import HOSTILE, made_sweep, sweep_folder

from ntm_widgets.runs.sweep import Sweep
from ntm_widgets.ui.sweeps import curves, example_topics, sweep_picture, sweep_plot, topic_range, value_range


def plots(layout):
    return layout.children[1].children


def drawn(plot, kind):
    """The data of the glyphs of one kind, in order."""
    found = [renderer for renderer in plot.renderers if type(renderer.glyph).__name__ == kind]
    return [renderer.data_source.data for renderer in found]


def test_every_model_is_a_dot_and_the_line_goes_through_the_means(tmp_path):
    sweep = made_sweep(tmp_path)
    coherence = plots(sweep_plot(sweep))[0]
    (dots,), (line,), (band,) = (drawn(coherence, kind) for kind in ("Scatter", "Line", "VArea"))
    assert sorted(zip(dots["num_topics"], dots["npmi"], strict=True)) == sorted(
        (cell["num_topics"], 0.1 + cell["num_topics"] / 100 + cell["seed"] / 50) for cell in sweep.cells.values()
    )
    assert list(line["x"]) == [5, 10, 20] and line["y"] == pytest.approx([0.17, 0.22, 0.32])
    assert band["y2"] - band["y1"] == pytest.approx([0.04] * 3)
    low, high = coherence.y_range.start, coherence.y_range.end
    assert low < min(dots["npmi"]) and high > max(dots["npmi"])


def test_plots_share_models_and_axis_and_only_what_was_measured_is_drawn(tmp_path):
    found = plots(sweep_plot(made_sweep(tmp_path)))
    assert [plot.title.text for plot in found] == [
        "Coherence, NPMI", "Uniqueness of words, TU", "Perplexity, lower is better",
    ]  # fmt: skip
    assert len({plot.x_range.id for plot in found}) == 1
    sources = {
        renderer.data_source.id
        for plot in found
        for renderer in plot.renderers
        if type(renderer.glyph).__name__ == "Scatter"
    }
    assert len(sources) == 1
    assert found[0].xaxis[0].ticker.ticks == [5, 10, 20]


def test_stability_is_drawn_where_seeds_were_compared(tmp_path):
    names = [f"K5-seed{seed}" for seed in range(3)]
    sweep = made_sweep(tmp_path)
    table = {"K5": {"cells": names, "agreement": [[1, 0.5, 0.7], [0.5, 1, 0.6], [0.7, 0.6, 1]]}}
    (tmp_path / "stability.json").write_text(json.dumps(table))
    found = plots(sweep_plot(Sweep(sweep.path)))
    assert found[3].title.text == "Stability over seeds, Jaccard"
    values = [value for value in drawn(found[3], "Scatter")[0]["stability"] if not np.isnan(value)]
    assert sorted(values) == pytest.approx([0.55, 0.6, 0.65])


def test_several_settings_are_several_lines_with_names(tmp_path):
    sweep = made_sweep(tmp_path, alpha=[0.1, 1.0])
    layout = sweep_plot(sweep)
    assert [curve.name for curve in curves(sweep)] == ["alpha 0.1", "alpha 1.0"]
    assert "alpha 0.1" in layout.children[0].text and len(drawn(plots(layout)[0], "Line")) == 2
    dashes = [str(r.glyph.line_dash) for r in plots(layout)[0].renderers if type(r.glyph).__name__ == "Line"]
    assert len(set(dashes)) == 2
    assert "(alpha 1.0): 0.17 at 5" in sweep_picture(sweep).alt


def test_words_and_numbers_of_a_tooltip(tmp_path):
    sweep = made_sweep(tmp_path, word=f"{HOSTILE}")
    source = drawn(plots(sweep_plot(sweep))[0], "Scatter")[0]
    assert all("<img" not in text and "<script" not in text and "&lt;img" in text for text in source["examples"])
    assert example_topics(sweep.records["K10-seed0"]) == [9, 8, 7, 0]
    assert example_topics({"coherence": [0.1, None, 0.3]}) == [2, 0, 1]


@pytest.mark.parametrize("theme", ["both", "light", "dark"])
def test_the_picture_is_small_transparent_and_says_what_it_shows(tmp_path, theme):
    import io

    picture = sweep_picture(made_sweep(tmp_path), theme=theme)
    image = Image.open(io.BytesIO(picture.png))
    assert image.width == 2 * picture.width and len(picture.png) < 60_000
    assert image.convert("RGBA").getpixel((0, 0))[3] == 0
    assert picture.alt.splitlines()[2] == "Perplexity, lower is better: 894 at 5, 889 at 10, 879 at 20 topics"


def test_one_number_of_topics_is_fine(tmp_path):
    sweep = made_sweep(tmp_path, num_topics=[20], seeds=1)
    low, high = topic_range(np.array([20]))
    assert low < 20 < high and len(plots(sweep_plot(sweep))) == 3 and sweep_picture(sweep).png


def test_nothing_to_draw_and_no_such_theme(tmp_path):
    cells = {"K5-seed0": {"num_topics": 5, "seed": 0}}
    empty = Sweep(sweep_folder(tmp_path / "empty", cells, {"K5-seed0": {"status": "failed", "reason": "why"}}))
    with pytest.raises(ValueError, match="nothing to draw"):
        sweep_plot(empty)
    for draw in (sweep_plot, sweep_picture):
        with pytest.raises(ValueError, match="theme='blue'"):
            draw(made_sweep(tmp_path / "full"), theme="blue")


def test_axes_hold_the_data_and_no_impossible_values():
    low, high = value_range(np.array([0.2, 1.0]), most=1.0)
    assert low < 0.2 and 1.0 < high < 1.04
    assert value_range(np.array([5.0, 5.0]))[0] < 5 < value_range(np.array([5.0, 5.0]))[1]
