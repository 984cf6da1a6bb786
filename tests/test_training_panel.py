"""The training panel from Python: settings and their meaning, refusal before memory runs out, pace, resume, failure, hostile names."""

import json
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from leaks import leaks
from support import HOSTILE, one_line, until

import ntm_widgets.core.devices as devices_room
from ntm_widgets.core.devices import Device, need_of, no_room
from ntm_widgets.core.estimator import NTM
from ntm_widgets.core.settings import ALL_SETTINGS
from ntm_widgets.core.training import enlarge_batches
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.shards import ShardedBagOfWords
from ntm_widgets.runs.curves import RunCurves
from ntm_widgets.runs.feed import feed_of
from ntm_widgets.runs.runs import Run, start_run
from ntm_widgets.runs.waiting import progress_line
from ntm_widgets.ui.run_view import RunView, summary, topic_rows
from ntm_widgets.ui.train_settings import WORDS, checked, fields, placeholders, resolved
from ntm_widgets.ui.training_panel import TrainingPanel
from ntm_widgets.ui.workbench import NotReady, Workbench


@pytest.fixture
def bow() -> BagOfWords:
    """300 documents of three kinds over 30 words, one of them hostile."""
    random = np.random.default_rng(0)
    rates = np.kron(np.eye(3), np.full(10, 1.5)) + 0.1
    return BagOfWords(random.poisson(rates[np.arange(300) % 3]), [HOSTILE, *(f"word{column}" for column in range(1, 30))])


@pytest.fixture
def panel(bow, tmp_path):
    """A panel on a bench of its own; what it trains is ended afterwards."""
    bench = Workbench(runs_folder=str(tmp_path))
    bench.bow = bow
    made = TrainingPanel(bench)
    yield made
    if bench.run is not None:
        bench.run.stop(timeout=None)
    made.close()


def test_every_setting_has_words_and_a_field():
    assert {*ALL_SETTINGS, "recipe", "seed", "threads", "validation", "name"} == {*WORDS}
    assert all(field["label"] and field["help"] and field["expected"] for field in fields())


@pytest.mark.parametrize(("name", "text", "value"), [
    ("num_topics", "30", 30), ("learning_rate", "5e-3", 0.005), ("encoder_layers", "300, 200", [300, 200]), ("clip_gradient", "Inf", "Inf"),
    ("batch_norm", "true", True), ("seed", " 7 ", 7), ("threads", "AUTO", "auto"), ("validation", "0.1", 0.1), ("recipe", "SageMaker", "sagemaker"),
])  # fmt: skip
def test_text_of_a_field_becomes_a_value(name, text, value):
    assert checked(name, text) == value


@pytest.mark.parametrize(("name", "text", "allowed"), [
    ("num_topics", "1", "from 2 to 1000"), ("num_topics", "", "from 2 to 1000"), ("validation", "1", "from 0 to 0.9"), ("seed", "-1", "from 0 to"),
    ("threads", "0", "positive integer or auto"), ("name", "../x", "up to 60 letters"), ("recipe", "good", "best or sagemaker"), ("K", "3", "num_topics"),
])  # fmt: skip
def test_a_refusal_names_the_value_and_what_is_allowed(name, text, allowed):
    with pytest.raises(ValueError, match=name) as error:
        checked(name, text)
    assert allowed in one_line(error)


def test_no_validation_can_be_said_against_a_split(panel, bow):
    panel.bench.split = bow.split(0.8, 0.1, 0.1)
    panel.form.answer_change("validation", "none")
    run = panel.start(num_topics=3, epochs=1)
    until(lambda: run.status == "finished")
    assert panel.settings["validation"] == 0 and run.config["data"]["documents"] == bow.num_documents
    assert run.progress.history[-1].validation is None


def test_the_form_follows_the_run_that_is_shown_whoever_began_it(panel, bow, tmp_path):
    panel.settings = {"num_topics": 20, "alpha": 0.3, "name": "mine"}  # 20 is configured anyway, and said
    panel.start(num_topics=3, epochs=1).wait()
    assert panel.settings == {"num_topics": 3, "alpha": 0.3, "epochs": 1} and panel.form.run == "mine"
    panel.settings = {"num_topics": 7}
    panel.resume(1).wait()
    assert panel.settings == {"num_topics": 7}, "a draft outlives that the same run goes on"
    panel.bench.train(num_topics=4, epochs=2, seed=3, validation=0.125, encoder_layers=[8], clip_gradient=float("inf"), wait=True)
    begun = {"num_topics": 4, "epochs": 2, "seed": 3, "validation": 0.125, "encoder_layers": [8]}
    assert panel.settings == begun
    panel.form.answer_open("mine")
    assert panel.settings == {"num_topics": 3, "alpha": 0.3, "epochs": 1}
    later = TrainingPanel(panel.bench)
    assert later.settings == panel.settings
    later.close()
    config = tmp_path / panel.run.name / "config.json"
    config.write_text(config.read_text().replace('"num_topics": 3', '"num_topics": -3', 1))
    panel.bench.train(num_topics=4, epochs=1, wait=True)
    assert json.loads(config.read_text())["model"]["num_topics"] == -3, "what another version allowed"
    panel.form.answer_open("mine")
    assert panel.settings == {"alpha": 0.3, "epochs": 1}, "what is possible is taken"


def test_to_start_again_keeps_the_split_and_a_share_that_was_given(panel, bow, tmp_path):
    panel.bench.train(num_topics=3, epochs=1, wait=True)
    panel.bench.split = bow.split(0.8, 0.1, 0.1)
    again = panel.start()
    again.wait()
    assert (again.config["data"]["documents"], again.config["validation"]["documents"]) == (240, 30), "as split by now"
    panel.settings = {**panel.settings, "validation": 0.1}
    for _ in range(2):
        run = panel.start()
        run.wait()
        assert (run.config["data"]["documents"], run.config["validation"]["documents"]) == (270, 30), "as it was typed"
    panel.form.answer_open(again.name)
    assert "validation" not in panel.settings
    panel.form.answer_open(run.name)
    assert panel.settings["validation"] == 0.1
    panel.bench.runs_folder = str(tmp_path / "elsewhere")
    panel.bench.train(name=run.name, num_topics=3, epochs=1, wait=True)
    assert panel.run.name == run.name and "validation" not in panel.settings, "another run of that name"


def test_the_form_follows_runs_of_the_other_recipe(panel):
    given = {"recipe": "sagemaker", "num_topics": 3, "epochs": 2, "encoder_layers": [8], "batch_norm": True, "learning_rate": 0.02}
    panel.bench.train(**given, wait=True)
    assert panel.settings == given
    panel.bench.recipe = "sagemaker"
    panel.bench.train(recipe="best", num_topics=3, epochs=2, alpha=0.3, wait=True)
    assert panel.settings == {"recipe": "best", "num_topics": 3, "epochs": 2, "alpha": 0.3}


def test_settings_that_go_together_stay_whatever_their_order(panel):
    panel.bench.recipe = "sagemaker"
    panel.settings = {"alpha": 0.3, "epochs": 2, "recipe": "best"}
    panel.bench.num_topics = 7
    assert list(panel.settings) == ["alpha", "epochs", "recipe"]
    panel.bench.train(alpha=0.2, recipe="best", num_topics=3, epochs=1, wait=True)
    assert panel.settings == {"recipe": "best", "alpha": 0.2, "num_topics": 3, "epochs": 1}


def test_a_form_lets_go_what_has_become_impossible(panel):
    panel.bench.train(num_topics=3, epochs=1, alpha=0.3, wait=True)
    assert panel.settings == {"num_topics": 3, "epochs": 1, "alpha": 0.3}
    panel.bench.recipe = "sagemaker"
    assert panel.settings == {"num_topics": 3, "epochs": 1} and panel.form.hints["recipe"] == "sagemaker"
    panel.bench.recipe = "best"
    panel.bench.train(num_topics=3, epochs=1, validation=0.95, encoder_layers="auto", wait=True)
    assert panel.settings == {"num_topics": 3, "epochs": 1}, "a form has no such share, and the layers are as the recipe says"


@pytest.mark.parametrize("change", [
    {"hyperparameters": {"recipe": "new", "num_topics": 3}}, {"hyperparameters": {"recipe": [], "num_topics": 3}},
    {"model": {"num_topics": [3], "name": "x", "validation": 3, "epochs": {}}}, {"validation": None}, {"model": {}},
])  # fmt: skip
def test_a_strange_record_does_not_keep_a_form_from_showing_its_run(panel, tmp_path, change):
    panel.start(num_topics=3, epochs=1, name="strange").wait()
    panel.start(num_topics=4, epochs=1).wait()
    config = tmp_path / "strange" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | change))
    panel.form.answer_open("strange")
    assert panel.form.run == "strange" and not {"name", "validation"} & set(panel.settings)


def test_placeholders_are_what_a_training_would_take(bow):
    size = {"documents": 300, "words": 30, "distinct": bow.counts.nnz / 300}
    given = {"num_topics": 5, "learning_rate": 0.01}
    trainer = NTM(**given, device="cpu").trainer(bow)
    assert resolved(given, size) == trainer.hyperparameters
    assert placeholders(given, size)["learning_rate"] == "0.01"


def test_placeholders_on_an_accelerator_have_its_batches(bow):
    trainer = NTM(num_topics=5, device="cpu").trainer(bow)
    trainer.hyperparameters, trainer.device = replace(trainer.hyperparameters, epochs=1000), torch.device("meta")
    enlarge_batches(trainer)
    size = {"documents": 300, "words": 30, "distinct": bow.counts.nnz / 300}
    shown = placeholders({"num_topics": 5, "epochs": 1000}, size, "cuda:0")["mini_batch_size"]
    assert shown == str(trainer.hyperparameters.mini_batch_size) != placeholders({"num_topics": 5, "epochs": 1000}, size)["mini_batch_size"]
    assert placeholders({"mini_batch_size": 16}, size, "cuda:0")["mini_batch_size"] == "16"


def test_counts_in_shards_have_a_form_too(bow, tmp_path):
    bench = Workbench(runs_folder=str(tmp_path / "runs"))
    bench.bow = ShardedBagOfWords.write(tmp_path / "shards", [bow.counts], vocabulary=bow.vocabulary)
    panel = TrainingPanel(bench)
    panel.form.answer_memory()
    assert panel.form.data == {"documents": 300, "words": 30, "distinct": bow.counts.nnz / 300, "name": ""}
    assert panel.form.hints["alpha"] and panel.form.need > 0 and panel.form.refusal == ""
    panel.start(num_topics=3, epochs=2).wait()
    assert bench.model_.num_topics == 3
    panel.close()


def test_no_documents_says_what_to_do(tmp_path):
    panel = TrainingPanel(Workbench(runs_folder=str(tmp_path)))
    assert "%ntm corpus" in repr(panel) and panel.form.data == {} and panel.run is None
    with pytest.raises(NotReady, match="nothing to train on"):
        panel.start()
    panel.close()


def test_settings_are_checked_together_and_kept_when_refused(panel):
    panel.settings = {"num_topics": "3", "epochs": 4}
    with pytest.raises(ValueError, match="belongs to recipe='best'"):
        panel.settings = {"recipe": "sagemaker", "alpha": 0.1}
    panel.form.answer_change("seed", "5")
    assert panel.settings == {"num_topics": 3, "epochs": 4, "seed": 5}
    panel.form.answer_change("seed", "")
    assert panel.settings == {"num_topics": 3, "epochs": 4}
    with pytest.raises(ValueError, match="expected auto or one of"):
        panel.device = "cuda:9"
    assert panel.device == "auto"


def test_start_stop_resume_go_through_the_bench(panel):
    panel.settings = {"num_topics": 3, "epochs": 100_000, "name": "mine"}
    run = panel.start(validation=0.2)
    assert (panel.bench.run, run.name, run.config["validation"]["documents"]) == (run, "mine", 60)
    assert "name" not in panel.settings, "a name is taken once"
    with pytest.raises(NotReady, match="still running"):
        panel.start()
    until(lambda: run.epoch >= 1)
    panel.stop()
    until(lambda: panel.monitor.head.state["phase"] == "stopped")
    at = run.epoch
    panel.resume()
    until(lambda: panel.run.epoch > at and panel.monitor.head.state["phase"] == "training")
    panel.monitor.head.answer_stop()
    until(lambda: panel.monitor.head.state["phase"] == "stopped" and panel.bench.model_ is not None)
    assert panel.plain()["text/html"].count("<table") == 2


def test_plots_forget_that_a_run_had_stopped_as_soon_as_it_is_resumed(panel):
    run = panel.start(num_topics=3, epochs=100_000)
    until(lambda: run.epoch >= 1)
    panel.stop()
    until(lambda: panel.monitor.plots._mark[1] == "stopped")
    stopped = feed_of(panel.run).curves
    panel.resume()
    assert panel.monitor.plots._mark == (0.0, "")
    panel.monitor.plots.show(stopped, 100_000, "running")  # what the feed still knows
    assert panel.monitor.plots._mark == (0.0, "")
    panel.stop()
    until(lambda: panel.monitor.plots._mark[1] == "stopped")


def test_another_panel_on_the_folder_shows_the_same(panel, bow, tmp_path):
    run = panel.start(num_topics=3, epochs=4)
    until(lambda: panel.monitor.head.state["phase"] == "finished" and panel.monitor.head.state["coherence"] is not None)
    other = TrainingPanel(Workbench(runs_folder=str(tmp_path)))
    assert [(row["name"], row["open"]) for row in other.form.answer_runs()] == [(run.name, False)]
    other.form.answer_open(run.name)
    assert [row["open"] for row in other.form.answer_runs()] == [True]
    until(lambda: other.monitor.head.state.get("coherence") is not None)
    for name in ("train", "coherence", "uniqueness", "epoch", "phase"):
        assert other.monitor.head.state[name] == panel.monitor.head.state[name]
    assert other.bench.model_.num_topics == 3
    other.close()


def test_a_run_too_large_is_refused_with_what_would_fit(panel, bow, monkeypatch):
    small = Device("cpu", "small", 2**30, need_of(bow, 3) + 1)
    monkeypatch.setattr(devices_room, "devices", lambda **_: devices_room.DeviceList([small]))
    panel.settings = {"num_topics": 1000}
    panel.form.answer_memory()
    assert "expected to fit is num_topics=" in panel.form.refusal
    with pytest.raises(RuntimeError, match="this run needs about") as error:
        panel.start()
    fits = int(one_line(error).split("num_topics=")[1].split()[0])
    assert panel.run is None and not any(Path(panel.bench.runs_folder).iterdir())
    assert no_room(bow, {"num_topics": fits}, small) == "" and no_room(bow, {"num_topics": fits + 1}, small) != ""


def test_messages_are_few_and_small(panel):
    """Two states a second and one message a second of the topics, however fast the epochs are."""
    sent = []
    panel.monitor.head.observe(lambda change: sent.append(time.monotonic()), "state")
    panel.start(num_topics=3, epochs=100_000)
    until(lambda: len(sent) >= 9)
    assert len([at for at in sent if at > sent[3]]) / (sent[-1] - sent[3]) <= 2.4
    before, began = panel.monitor.topics.version[1], time.monotonic()
    until(lambda: panel.monitor.topics.version[1] >= before + 2)
    assert time.monotonic() - began >= 0.9
    assert len(repr(panel.form.answer_memory())) < 2000


@pytest.fixture
def paused(monkeypatch):
    """Partitions that wait at 30 and at 60 % of their way until they may go on: a function that lets them, once each."""
    import ntm_widgets.core.training as training

    real, gate = training.partition_steps, threading.Semaphore(0)

    def slow(*arguments):
        for share in (0.3, 0.6):
            time.sleep(0.11)
            yield share
            gate.acquire(timeout=30)
        return (yield from real(*arguments))

    monkeypatch.setattr(training, "partition_steps", slow)
    return gate.release


def test_getting_ready_is_shown_with_what_is_left_of_it(panel, paused):
    told = panel.monitor.head
    run = panel.start(num_topics=3, epochs=4)
    until(lambda: "partition" in told.state["doing"] and told.state["left"] is not None)
    assert (told.state["phase"], told.state["doing"]) == ("starting", "partition of the documents (2 of 3)")
    assert told.state["fraction"] == pytest.approx(1.3 / 3) and 0.1 < told.state["left"] < 30
    assert progress_line(run).startswith(f"{run.name} is getting ready: partition of the documents (2 of 3)")
    paused()
    until(lambda: told.state["fraction"] == pytest.approx(1.6 / 3))
    other = RunView(Run.open(run.path))
    until(lambda: other.state["fraction"] == pytest.approx(1.6 / 3))
    other.close()
    paused()
    until(lambda: told.state["phase"] == "finished")
    assert (told.state["doing"], told.state["fraction"]) == ("", 1.0)


def test_the_time_left_counts_from_the_first_step(panel, paused):
    run = panel.start(num_topics=3, epochs=100_000)
    until(lambda: "partition" in panel.monitor.head.state["doing"])
    going_on = time.monotonic()
    paused()
    paused()
    until(lambda: panel.monitor.head.state["phase"] == "training" and panel.monitor.head.state["left"] is not None)
    assert feed_of(run)._began[0] >= going_on


def test_a_stop_while_getting_ready_ends_it_there_and_resume_begins_again(panel, paused):
    run = panel.start(num_topics=3, epochs=4)
    until(lambda: "partition" in panel.monitor.head.state["doing"])
    panel.monitor.head.answer_stop()
    paused()
    until(lambda: panel.monitor.head.state["phase"] == "stopped")
    assert run.epoch == 0 and "step" not in run.last
    panel.resume()
    until(lambda: "partition" in panel.monitor.head.state["doing"])
    paused()
    paused()
    until(lambda: panel.monitor.head.state["phase"] == "finished")
    assert run.epoch == 4


def test_a_failed_run_says_why_and_what_is_safe(bow, tmp_path, monkeypatch):
    def broken(trainer, data):
        if trainer.progress.epoch == 2:
            raise FloatingPointError("the loss is NaN")
        return real(trainer, data)

    import ntm_widgets.core.training as training

    real = training.take_burst
    monkeypatch.setattr(training, "take_burst", broken)
    run = start_run(NTM(num_topics=3, epochs=5), bow, folder=tmp_path)
    view = RunView(run)
    until(lambda: view.state["phase"] == "failed")
    assert "NaN" in view.state["message"] and "after 2 epochs is safe" in view.state["safe"] and view.state["resumable"]
    with pytest.warns(UserWarning, match="this is the model as it was then"):
        assert run.model.num_topics == 3
    view.close()


def test_hostile_words_are_text_in_what_is_left(panel):
    panel.start(num_topics=3, epochs=2)
    until(lambda: panel.monitor.head.state["phase"] == "finished")
    html = summary(panel.run)["text/html"]
    assert "<img" not in html and "&lt;img" in html and len(html) < 100_000


def test_topics_beyond_those_there_are_refused(panel):
    panel.start(num_topics=3, epochs=2)
    until(lambda: panel.monitor.topics.count == 3)
    panel.topic = 2
    assert panel.monitor.topics.topic == 2
    with pytest.raises(Exception, match="expected None or a number from 0 to 2"):
        panel.monitor.topics.topic = 3
    with pytest.raises(Exception, match="expected None or a number from 0 to 2"):
        panel.topic = 3
    assert panel.topic == panel.monitor.topic == 2
    assert topic_rows(RunCurves(), 0, 10)["words"] == [] and panel.monitor.topics.answer_rows(0, 10, 7)["gone"] == []


def test_nothing_is_left_of_closed_panels(bow, tmp_path):
    bench = Workbench(runs_folder=str(tmp_path))
    bench.bow = bow
    bench.train(num_topics=3, epochs=2).wait()
    assert leaks(lambda: TrainingPanel(bench)) == []
