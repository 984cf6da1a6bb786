"""BokehView: whoever looks, and whenever, ends with the figure that the kernel has."""

import gc
import json
import threading
import time
import weakref
from itertools import count

import numpy as np
import pytest
from bokeh.core.serialization import Buffer, Serialized
from bokeh.document import Document
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, Span
from bokeh.plotting import figure
from leaks import leaks
from support import HOSTILE

from ntm_widgets.ui.bokeh_view import BokehView, described


class Watcher:
    """A page: opens the document as it is, and applies the messages that follow, by Bokeh's own reading of them."""

    def __init__(self, view: BokehView, messages: list) -> None:
        reply = view.answer_document()
        self.document = Document.from_json(json.loads(reply.buffers[0]))
        self.number, self.messages = reply.value["number"], messages

    def catch_up(self) -> "Watcher":
        for content, (text, *data) in self.messages:
            if content["patch"] <= self.number:
                continue
            assert content["patch"] == self.number + 1, "a message is missing"
            self.number = content["patch"]
            buffers = [Buffer(key, value) for key, value in zip(content["ids"], data, strict=True)]
            self.document.apply_json_patch(Serialized(json.loads(text), buffers))
        return self

    def data(self, name: str) -> dict[str, list[float]]:
        source = self.document.get_model_by_name(name)
        return {key: [float(value) for value in values] for key, values in source.data.items()}


@pytest.fixture
def shown():
    """A view of a plot with one source, and the list of its messages."""
    source = ColumnDataSource({"x": [0], "y": [0.0]}, name="points")
    plot = figure(title="none", name="plot")
    plot.line("x", "y", source=source)
    view, messages = BokehView(plot), []
    view.send = lambda content, buffers=(): messages.append((content, [bytes(buffer) for buffer in buffers]))
    yield view, source, messages
    view.close()


def test_every_watcher_ends_with_what_the_kernel_has(shown):
    """A thread streams, patches, replaces and adds models while views open: none misses a change, none gets one twice."""
    view, source, messages = shown
    watchers = [Watcher(view, messages)]
    random, enough = np.random.default_rng(0), threading.Event()

    def work() -> None:
        for step in count(1):
            if step >= 150 and enough.is_set():
                return
            with view.changing() as plot:
                action = random.integers(12)
                if action == 0:
                    source.data = {"x": [step], "y": [float(step)]}
                elif action == 1:
                    source.patch({"y": [(0, -float(step))]})
                elif action == 2:
                    plot.title.text = f"step {step}"
                elif action == 3:
                    plot.add_layout(Span(location=step, name=f"span {step}"))
                else:
                    source.stream({"x": [step], "y": np.array([step / 2])}, rollover=50)
            time.sleep(0.001)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    for _ in range(7):
        time.sleep(0.05)
        watchers.append(Watcher(view, messages))
    enough.set()
    worker.join()
    time.sleep(0.3)
    expected = {key: [float(value) for value in values] for key, values in source.data.items()}
    spans = [span.location for span in view.figure.center if isinstance(span, Span)]
    assert len(spans) > 5
    for watcher in watchers:
        watcher.catch_up()
        plot = watcher.document.get_model_by_name("plot")
        assert watcher.data("points") == expected
        assert plot.title.text == view.figure.title.text
        assert [span.location for span in plot.center if isinstance(span, Span)] == spans


def test_nothing_is_sent_before_somebody_looks(shown):
    view, source, messages = shown
    source.stream({"x": [1], "y": [1.0]})
    time.sleep(0.2)
    assert messages == []
    assert Watcher(view, messages).catch_up().data("points")["x"] == [0, 1]


def test_a_thousand_new_titles_are_one(shown):
    view, _, messages = shown
    Watcher(view, messages)
    with view.changing() as plot:
        for number in range(1000):
            plot.title.text = f"title {number}"
        view._stream.send_changes()
    events = json.loads(messages[-1][1][0])["events"]
    assert [event["new"] for event in events] == ["title 999"]


def test_numbers_travel_in_binary(shown):
    """Ten thousand points as arrays: two buffers of 8 bytes a number, and a few words about them."""
    view, source, messages = shown
    Watcher(view, messages)
    with view.changing():
        source.stream({"x": np.arange(10_000.0), "y": np.zeros(10_000)})
        view._stream.send_changes()
    text, *data = messages[-1][1]
    assert [len(part) for part in data] == [80_000, 80_000] and len(text) < 1000


def test_a_closed_view_leaves_the_figure_free_and_nothing_behind():
    plot = figure(title="again")
    for _ in range(3):
        view = BokehView(plot)
        view.answer_document()
        view.close()
    with pytest.raises(RuntimeError, match="this view is closed: make a new BokehView"):
        view.answer_document()
    assert plot.document is None
    gone = weakref.ref(view._stream.changes)
    del view
    time.sleep(0.2)
    gc.collect()
    assert gone() is None, "the closed view is still held"


def test_showing_and_closing_leaves_nothing():
    def make() -> BokehView:
        plot = figure(title="loss")
        plot.line(np.arange(1000.0), np.zeros(1000))
        view = BokehView(plot)
        view.answer_document()
        plot.title.text = "loss of step 1"
        return view

    assert leaks(make) == []


def test_the_description_is_text():
    plot = column(figure(title=HOSTILE), figure(x_axis_label="epoch"))
    view = BokehView(plot)
    assert described(plot) == f"{HOSTILE}; epoch"
    assert "<img" not in view.plain()["text/html"] and view.plain()["text/plain"] == view.alt
    view.close()
