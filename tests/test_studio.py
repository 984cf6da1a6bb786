"""`Studio`: the steps follow the workbench, panels are made when they are needed, and studios agree."""

import json
import random
import time
from html import escape

import numpy as np
import pytest
import traitlets
from leaks import leaks
from support import HOSTILE

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.ui.flow import steps_of, topics_plain
from ntm_widgets.ui.studio import Studio, views_in
from ntm_widgets.ui.workbench import Workbench

THEMES = ("team goal puck skate coach season hockey game", "orbit launch rocket moon shuttle nasa mission space")


def make_texts():
    draw = random.Random(0)
    return [" ".join(draw.choices(THEMES[number % 2].split(), k=20)) for number in range(80)]


@pytest.fixture
def bench(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench = Workbench(on_wait=lambda run: run.wait())
    yield bench
    if bench.run is not None and bench.run.status == "running":
        bench.run.stop()


@pytest.fixture
def studio(bench):
    studio = Studio(bench)
    yield studio
    studio.close()


@pytest.fixture
def counted(bench):
    bench.load_corpus(make_texts(), name="two subjects")
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    return bench


def states(studio):
    return [step["state"] for step in studio.head.steps]


def test_it_opens_where_something_is_needed(bench):
    def opened():
        studio = Studio(bench)
        studio.close()
        return studio.step

    assert opened() == "documents"
    bench.load_corpus(make_texts())
    assert opened() == "words"
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    assert opened() == "train"
    bench.train(num_topics=2, epochs=1, wait=True)
    assert opened() == "topics"


def test_panels_are_made_when_their_step_is_opened(studio, counted):
    assert set(studio.panels) == {"documents", "words"} and len(studio.children) == 2
    studio.step = "words"
    assert studio.panels["words"] is studio.panels["documents"] and len(studio.children) == 3
    studio.head.step = "ask"  # as a click does
    assert studio.step == "ask" and "ask" in studio.panels and "train" not in studio.panels
    shown = [stage.layout.display for stage in studio.children[1:]]
    assert shown == ["none", "none", "block"]
    studio.step = "documents"
    assert [stage.layout.display for stage in studio.children[1:]] == ["block", "none", "none"]
    with pytest.raises(traitlets.TraitError, match="documents"):
        studio.step = "party"


def test_the_steps_follow_whatever_is_done(studio, counted):
    assert states(studio) == ["done", "done", "next", "missing", "missing"]
    run = counted.train(num_topics=2, epochs=100_000)
    assert states(studio)[2:] == ["running", "missing", "missing"]
    end = time.monotonic() + 60
    while run.epoch < 1 and time.monotonic() < end:
        run.wait(0.01)
    run.stop()
    assert states(studio) == ["done"] * 5 and studio.head.steps[2]["line"].startswith("stopped, ")
    counted.load_corpus(make_texts(), name="others")
    assert states(studio) == ["done", "next", "missing", "missing", "missing"]


def test_a_failed_run_says_why(studio, counted, monkeypatch):
    def fail(*_):
        raise FloatingPointError("the loss is not finite")

    monkeypatch.setattr("ntm_widgets.core.training.train_events", fail)
    monkeypatch.setattr("ntm_widgets.core.training.Trainer.events", fail)
    counted.train(num_topics=2, epochs=2).wait()
    step = steps_of(counted)[2]
    assert step["state"] == "failed" and "not finite" in step["line"]


def test_a_loaded_model_needs_no_documents(studio, counted):
    counted.train(num_topics=2, epochs=1, wait=True)
    counted.save("model")
    other = Workbench()
    other.load("model")
    assert [step["state"] for step in steps_of(other)] == ["next", "missing", "done", "done", "done"]


def test_a_topic_chosen_anywhere_is_chosen_everywhere(studio, counted):
    counted.train(num_topics=2, epochs=1, wait=True)
    for step in ("train", "topics", "ask"):
        studio.panel(step)
    studio.panels["topics"].topic = 1
    assert studio.topic == 1 and [studio.panels[step].topic for step in ("train", "ask")] == [1, 1]
    studio.topic = None
    assert studio.panels["topics"].topic is None


def test_all_views_hide_the_plain_output_of_the_studio(studio):
    for step in ("documents", "words", "train", "topics", "ask"):
        views = list(views_in(studio.panel(step)))
        assert views and {view.hides for view in views} == {studio.token}


def test_the_code_follows_the_journal(studio, counted):
    seen = studio.head.revision
    assert studio.head.answer_code() == counted.journal.python() == studio.code()
    counted.load_corpus(make_texts(), name=HOSTILE)
    assert studio.head.revision > seen
    assert studio.head.answer_code("magics", True).splitlines() == "\n".join(counted.journal.magics(all=True)).splitlines()
    plain = studio.plain()
    assert "ntm.load_corpus" in plain["text/plain"] and "<img" not in plain["text/html"] and "<script" not in plain["text/html"]


def test_the_topics_are_in_the_plain_output(studio, counted):
    assert "top words" not in studio.plain()["text/html"]
    counted.train(num_topics=2, epochs=5, wait=True)
    counted.rename(0, HOSTILE)
    plain = studio.plain()
    assert "top words" in plain["text/html"] and "share of words" in plain["text/html"] and "<script" not in plain["text/html"]
    assert any(word in plain["text/plain"] for word in THEMES[0].split()) and escape(HOSTILE)[:20] in plain["text/html"]


def test_a_thousand_topics_fit_into_a_notebook(bench):
    words = ["\N{GRINNING FACE}" * 3 + f"slovo{number}" for number in range(3000)]
    bow = BagOfWords(np.random.default_rng(0).poisson(0.01, (300, 3000)), words)
    model = NTM(num_topics=1000, epochs=1, encoder_layers=[8]).fit(bow)
    lines, table = topics_plain(model, 90_000)
    assert 50_000 < len(json.dumps([lines, table])) < 95_000
    assert "topics that have no room here" in lines and table.endswith("that have no room here</td></tr></tbody></table>")


def test_a_closed_studio_is_forgotten(bench):
    assert leaks(lambda: Studio(bench)) == []


def test_nothing_is_left_of_a_studio_whose_panels_were_all_used(counted):
    counted.train(num_topics=2, epochs=2, wait=True)

    def used():
        studio = Studio(counted)
        for step in ("documents", "words", "train", "topics", "ask"):
            studio.step = step
        studio.panel("topics").answer_overview()
        studio.panel("ask").text = "a hockey game"
        studio.panel("ask").answer_read()
        studio.panel("train").form.answer_memory()
        studio.panel("train").monitor.plots.view.answer_document()
        return studio

    assert leaks(used, 10) == []


def test_topics_can_be_selected_before_there_is_a_model(counted):
    studio = Studio(counted)
    for step in ("topics", "ask", "train"):
        studio.step = step
    counted.train(num_topics=6, epochs=100_000)
    studio.panel("train").monitor.topics.topic = 5
    assert [studio.topic, studio.panel("train").topic, studio.panel("topics").topic, studio.panel("ask").topic] == [5, 5, None, None]
    with pytest.raises(traitlets.TraitError, match="topic=6: expected None or a number from 0 to 5"):
        studio.topic = 6
    assert studio.topic == studio.panel("train").topic == 5
    while counted.run.epoch < 1:
        time.sleep(0.05)
    counted.stop()
    while studio.panel("topics").status["state"] != "ready" or not studio.panel("ask").labels:
        time.sleep(0.05)  # the model comes in the training's thread
    studio.topic = 2
    assert [studio.panel(step).topic for step in ("train", "topics", "ask")] == [2, 2, 2]
    studio.close()
