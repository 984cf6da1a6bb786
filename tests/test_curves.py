"""Curves of a run and the feed: what is thinned, what a reopened folder tells, who is told and how often."""

import json
import threading
import time

import numpy as np
import pytest
from support import until

from ntm_widgets.core.estimator import NTM
from ntm_widgets.core.events import EpochEnd, Finished, Loss, StepStats, Topics
from ntm_widgets.core.metrics import npmi
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.curves import Coherence, Curve, Forming, LogTail, RunCurves, add_events
from ntm_widgets.runs.feed import Feed, feed_of
from ntm_widgets.runs.runs import Run, start_run


@pytest.fixture(scope="module")
def bow() -> BagOfWords:
    """300 documents of three kinds over 30 words."""
    random = np.random.default_rng(0)
    rates = np.kron(np.eye(3), np.full(10, 1.5)) + 0.1
    return BagOfWords(random.poisson(rates[np.arange(300) % 3]), [f"word{column}" for column in range(30)])


def step(epoch, at, total):
    return StepStats(epoch, at, 10, Loss(total, total, 0.0), 1.0, 100.0)


def test_a_million_points_stay_few_and_keep_their_extremes():
    curve, values = Curve("epoch", "total"), np.random.default_rng(1).normal(size=100_000)
    values[31_234], values[90_001] = 8.0, -8.0
    for x, y in enumerate(values):
        curve.add(float(x), float(y))
    kept = curve.arrays()
    assert len(curve) <= 800
    assert (kept["total"].max(), kept["total"].min()) == (8.0, -8.0)
    assert (np.diff(kept["epoch"]) > 0).all() and kept["epoch"][-1] == 99_999


def test_steps_that_are_taken_again_replace_what_came_after_the_checkpoint():
    curves = RunCurves()
    for at in (2, 4, 6, 8):
        curves.add(step(1, at, 7.0))
    edition = curves.train.edition
    curves.add(step(1, 5, 6.0))
    assert curves.train.arrays()["epoch"].tolist() == pytest.approx([0.2, 0.4, 0.5])
    assert curves.train.edition != edition and curves.at == 0.5


def test_the_end_of_an_epoch_repeats_its_last_step_and_redraws_nothing():
    curves, loss = RunCurves(), Loss(7.0, 7.0, 0.0)
    for at in (5, 10):
        curves.add(step(1, at, 7.0))
    curves.add(EpochEnd(1, 3, loss, loss, 1.0, 100.0, True, 0))
    assert curves.train.edition == 0 and curves.train.arrays()["epoch"].tolist() == [0.5, 1.0]
    assert curves.validation.last == {"epoch": 1.0, "total": 7.0, "reconstruction": 7.0, "kl": 0.0}


def test_a_word_that_comes_back_is_not_gone():
    topic = Forming()
    for epoch, words in enumerate((["a", "b"], ["a", "c"], ["a", "b"])):
        topic.change(epoch, words)
    assert topic.since == {"a": 0, "b": 2} and topic.gone == [("c", 1, 2)]


@pytest.mark.parametrize("as_matrix", [False, True])
def test_coherence_is_the_one_of_the_metrics(bow, as_matrix):
    lists = [[f"word{i}" for i in range(first, first + 10)] for first in (0, 7)] + [["word1"], []]
    reference = bow.counts if as_matrix else bow
    lists = [[word.removeprefix("word") for word in words] for words in lists] if as_matrix else lists
    found = Coherence(reference).per_topic(lists)
    vocabulary = [str(i) for i in range(30)] if as_matrix else None
    assert found == pytest.approx(npmi(lists, reference, vocabulary, per_topic=True), nan_ok=True)


def test_a_log_is_read_on_from_where_it_ended(tmp_path):
    path, loss = tmp_path / "events.jsonl", Loss(7.0, 6.9, 0.1)
    events = [EpochEnd(1, 2, loss, None, 1.0, 10.0, True, 0), Topics(1, (("a", "b"),)), Finished("stopped", 1, 1.0)]
    lines = [json.dumps({**event.to_dict(), "at": 1.0}).encode() + b"\n" for event in events]
    tail = LogTail(path)
    assert tail.read() == []
    path.write_bytes(lines[0] + b"not json\n" + b'{"kind": "session", "pid": 1, "at": 1.0}\n' + lines[1][:10])
    assert tail.read() == events[:1]
    path.write_bytes(lines[0] + b"not json\n" + b'{"kind": "session", "pid": 1, "at": 1.0}\n' + lines[1] + lines[2])
    assert tail.read() == events[1:]


def test_long_runs_are_measured_now_and_then_and_at_the_end(bow):
    curves = RunCurves(Coherence(bow))
    events = [Topics(epoch, (tuple(f"word{(epoch + i) % 30}" for i in range(10)),)) for epoch in range(1000)]
    add_events(curves, events, measures=100)
    assert 90 <= len(curves.quality) <= 110 and curves.quality.last["epoch"] == 999


def test_a_reopened_folder_tells_what_was_seen_live(bow, tmp_path):
    run = start_run(NTM(num_topics=3, epochs=8), bow, validation=bow[:50], folder=tmp_path)
    live = feed_of(run)
    live.follow(lambda curves: None)
    until(lambda: live.curves.ending is not None)
    again = Feed(Run.open(run.path))
    again.follow(lambda curves: None)
    until(lambda: again.curves.ending is not None)
    for name in ("train", "validation", "quality"):
        assert getattr(again.curves, name).last == getattr(live.curves, name).last
    assert again.curves.topics == live.curves.topics and len(again.curves.topics) == 3
    assert again.curves.validation.arrays()["epoch"].tolist() == list(range(1, 9))


def test_followers_are_told_at_a_measured_pace_and_resumed_runs_again(bow, tmp_path):
    run, told = start_run(NTM(num_topics=3, epochs=100_000), bow, folder=tmp_path), []
    feed = feed_of(run)
    leave = feed.follow(lambda curves: told.append((time.monotonic(), curves.at)))
    until(lambda: len(told) > 10)
    assert np.diff([at for at, _ in told]).min() >= 0.9 * feed.interval
    run.stop(timeout=None)
    until(lambda: feed.curves.ending is not None and feed._thread is None)
    at = feed.curves.at
    run.resume()
    seen = []
    stop = feed_of(run).follow(lambda curves: seen.append((curves.ending, curves.at)))
    until(lambda: seen and seen[-1][0] is None and seen[-1][1] > at)
    run.stop(timeout=None)
    leave(), stop()
    until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("feed of")])


def test_many_followers_are_told_less_often(bow, tmp_path):
    run, told = start_run(NTM(num_topics=3, epochs=100_000), bow, folder=tmp_path), []
    feed = feed_of(run)
    for _ in range(29):
        feed.follow(lambda curves: None)
    feed.follow(lambda curves: told.append(time.monotonic()))
    until(lambda: len(told) > 4)
    run.stop(timeout=None)
    assert np.diff(told[1:]).min() >= 0.9 * 30 / feed.most > feed.interval


def test_a_view_that_fails_is_told_no_more_and_the_others_are(bow, tmp_path):
    run, told = start_run(NTM(num_topics=3, epochs=5), bow, folder=tmp_path), []
    feed = feed_of(run)

    def broken(curves):
        raise RuntimeError("broken")

    with pytest.warns(RuntimeWarning, match="told no more"):
        feed.follow(broken)
        feed.follow(told.append)
        until(lambda: told and told[-1].ending is not None)
