"""A grid of models in a folder: resumed after kills and interrupts, made by any executor, measured alike."""

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from support import HOSTILE, one_line, until

import ntm_widgets as ntm
from ntm_widgets.core import metrics
from ntm_widgets.runs import cells as cells_room
from ntm_widgets.runs.cells import cell_name, parts, read_cell, score_model
from ntm_widgets.runs.folder import lock_run

GRID = {"num_topics": [3, 5], "seeds": 2, "epochs": 2}
TIMES = ["seconds"]


def scripted(folder, epochs):
    """A process that does a sweep over the documents saved in `folder`."""
    code = (
        "import sys, ntm_widgets as ntm\n"
        "bow = ntm.BagOfWords.load(sys.argv[1] + '/bow')\n"
        f"ntm.sweep(bow, [3, 5], seeds=2, epochs={epochs}, folder=sys.argv[1], name='killed')\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stderr=subprocess.PIPE)


def sessions(path):
    return sum(json.loads(line)["kind"] == "session" for line in (path / "events.jsonl").read_text().splitlines())


@pytest.fixture(scope="module")
def swept(tiny_bow, tmp_path_factory):
    return ntm.sweep(tiny_bow, **GRID, folder=tmp_path_factory.mktemp("sweeps"), name="plain")


def test_every_cell_is_measured_by_the_definitions(tiny_bow, swept):
    train, held_out = parts(tiny_bow)
    assert len(train) + len(held_out) == len(tiny_bow) and swept.plan["validation"]["documents"] == len(held_out)
    for row in swept.frame.to_dict("records"):
        model = swept.model(num_topics=row["num_topics"], seed=row["seed"])
        ranking = model.top_word_ids(25)
        assert row["npmi"] == pytest.approx(metrics.npmi(ranking[:, :10], train))
        assert row["uniqueness"] == pytest.approx(metrics.topic_uniqueness(ranking[:, :10]))
        assert row["diversity"] == pytest.approx(metrics.topic_diversity(ranking, 25))
        assert row["perplexity"] == pytest.approx(model.perplexity(held_out).per_token, rel=1e-6)
        assert row["topics in use"] == len(set(model.transform(train).argmax(axis=1)))
        assert row["seconds"] > 0
    assert "whole documents" in swept.definitions["npmi"]


def test_a_cell_is_the_model_that_fit_makes(tiny_bow, swept):
    train, held_out = parts(tiny_bow)
    alone = ntm.NTM(num_topics=5, epochs=2, seed=1).fit(train, validation=held_out)
    assert np.array_equal(alone.components_, swept.model(num_topics=5, seed=1).components_)


def test_stability_of_a_setting_is_that_of_its_models(swept):
    for K in (3, 5):
        group = swept.frame[swept.frame["num_topics"] == K]
        assert group["stability"].mean() == pytest.approx(swept.stability(num_topics=K).mean_jaccard)
        assert swept.summary.set_index("num_topics")["stability"][K] == pytest.approx(group["stability"].mean())


def test_summary_has_mean_and_spread(swept):
    values = swept.frame[swept.frame["num_topics"] == 5]["npmi"]
    row = swept.summary.set_index("num_topics").loc[5]
    assert row["npmi"] == pytest.approx(values.mean()) and row["npmi sd"] == pytest.approx(values.std())
    assert "2" in repr(swept) and " ± " in repr(swept) and "mean ± standard deviation" in swept._repr_html_()


def test_the_same_call_reads_and_a_larger_one_adds(tiny_bow, swept):
    before = {path: path.stat().st_mtime_ns for path in swept.path.glob("K*/events.jsonl")}
    lines = []
    again = ntm.sweep(tiny_bow, **GRID, folder=swept.path.parent, name="plain", progress=lines.append)
    assert lines == [] and again.frame.equals(swept.frame)
    more = ntm.sweep(tiny_bow, [3, 5, 4], 2, epochs=2, folder=swept.path.parent, name="plain", progress=lines.append)
    assert len(lines) == 3 and "0 of 2 models" in lines[0] and len(more.frame) == 6
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(ntm.Sweep.open(swept.path).frame) == 6 and len(again.frame) == 4


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_any_executor_gives_the_same(tiny_bow, swept, tmp_path, kind):
    spawn = multiprocessing.get_context("spawn")
    pool = ThreadPoolExecutor(2) if kind == "threads" else ProcessPoolExecutor(2, mp_context=spawn)
    with pool as executor:
        other = ntm.sweep(tiny_bow, **GRID, folder=tmp_path, name="plain", executor=executor)
    assert other.frame.drop(columns=TIMES).equals(swept.frame.drop(columns=TIMES))


def test_after_a_kill_the_same_call_goes_on(tiny_bow, tmp_path):
    tiny_bow.save(tmp_path / "bow")
    path = tmp_path / "killed"
    process = scripted(tmp_path, epochs=30)
    second = path / "K5-epochs_30-seed0" / "checkpoint.safetensors"
    until(second.exists, process, seconds=120)
    process.kill()
    process.communicate()
    done = [scores.parent for scores in path.glob("*/scores.json")]
    assert path / "K3-epochs_30-seed0" in done and len(done) < 4
    stamps = {cell: (cell / "events.jsonl").stat().st_mtime_ns for cell in done}
    assert ntm.Sweep.open(path).frame["status"].tolist().count("done") == len(done)
    result = ntm.sweep(tiny_bow, [3, 5], seeds=2, epochs=30, folder=tmp_path, name="killed")
    assert {cell: (cell / "events.jsonl").stat().st_mtime_ns for cell in done} == stamps
    assert [sessions(run.path) for run in (result.run(num_topics=3, seed=0), result.run(num_topics=3, seed=1))] == [
        1,
        1,
    ]
    fresh = ntm.sweep(tiny_bow, [3, 5], seeds=2, epochs=30, folder=tmp_path, name="fresh")
    assert result.frame.drop(columns=TIMES).equals(fresh.frame.drop(columns=TIMES))


def test_a_cell_killed_while_it_began_is_begun_again(tiny_bow, swept, tmp_path):
    half = tmp_path / "plain" / "K3-epochs_2-seed0"
    half.mkdir(parents=True)
    (half / "config.json.part").write_text("{")
    result = ntm.sweep(tiny_bow, 3, seeds=1, epochs=2, folder=tmp_path, name="plain")
    assert (
        result.frame["npmi"].tolist() == swept.frame["npmi"].tolist()[:1] and not (half / "config.json.part").exists()
    )


@pytest.mark.parametrize("workers", [None, 1])
def test_interrupt_stops_and_the_same_call_goes_on(tiny_bow, tmp_path, workers):
    path = tmp_path / "stopped" / "K5-epochs_400-seed0"

    def press():
        until((path / "checkpoint.safetensors").exists, seconds=120)
        os.kill(os.getpid(), signal.SIGINT)  # to the main thread, also where it waits for a lock

    def call(epochs, executor=None):
        return ntm.sweep(tiny_bow, [3, 5], 1, epochs=epochs, folder=tmp_path, name="stopped", executor=executor)

    call([2, 3])
    thread = threading.Thread(target=press)
    thread.start()
    pool = ThreadPoolExecutor(workers) if workers else None
    with pytest.raises(KeyboardInterrupt, match=r"of 6 models of the sweep stopped are done; the same call goes on"):
        call([2, 3, 400], pool)
    thread.join()
    if pool:
        pool.shutdown()
    assert ntm.Run.open(path).status == "stopped" and not (path / "scores.json").exists()
    result = call([2, 3, 400])
    assert result.frame["status"].tolist() == ["done"] * 6 and sessions(path) == 2


def test_a_failed_cell_says_why_and_does_not_end_the_sweep(tiny_bow, tmp_path, monkeypatch):
    def full_disk(model, *arguments):
        if model.num_topics == 2:
            raise OSError(28, "No space left on device")
        return score_model(model, *arguments)

    monkeypatch.setattr(cells_room, "score_model", full_disk)
    lines = []
    result = ntm.sweep(tiny_bow, [2, 3], seeds=1, epochs=1, folder=tmp_path, name="some", progress=lines.append)
    frame = result.frame.set_index("num_topics")
    assert frame["status"].to_dict() == {2: "failed", 3: "done"} and "No space left" in frame["reason"][2]
    assert "K2-epochs_1-seed0 failed" in repr(result) and any("K2-epochs_1-seed0 failed" in line for line in lines)
    assert result.candidates["num_topics"].tolist() == [3]


def test_a_cell_that_failed_is_tried_again(tiny_bow, tmp_path, monkeypatch):
    def broken(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cells_room, "score_model", broken)
        result = ntm.sweep(tiny_bow, 3, seeds=1, epochs=1, folder=tmp_path)
        assert "No space left" in result.frame["reason"][0]
    result = ntm.sweep(tiny_bow, 3, seeds=1, epochs=1, folder=tmp_path)
    assert result.frame["status"].tolist() == ["done"] and sessions(result.run().path) == 1


class Broken(Executor):
    """An executor whose workers have died."""

    def submit(self, function, /, *arguments, **named):
        future = Future()
        future.set_exception(RuntimeError("a worker\ndied"))
        return future


def test_a_broken_executor_is_one_line(tiny_bow, tmp_path):
    with pytest.raises(RuntimeError, match="0 of 4 models of the sweep x are done, then the executor failed") as error:
        ntm.sweep(tiny_bow, **GRID, folder=tmp_path, name="x", executor=Broken())
    assert one_line(error)
    assert ntm.Sweep.open(tmp_path / "x").frame["status"].tolist() == ["to do"] * 4


def test_one_sweep_at_a_time(tiny_bow, swept):
    lock = lock_run(swept.path)
    with pytest.raises(RuntimeError, match="already"):
        ntm.sweep(tiny_bow, **GRID, folder=swept.path.parent, name="plain")
    lock.release()


def test_token_sequences_labels_and_given_validation(pydocs, tmp_path):
    vectorizer = ntm.BowVectorizer(vocab_size=300, tokenizer="regex")
    bow = vectorizer.fit_transform(pydocs[::20], keep_tokens=True)
    train, held_out, _ = bow.split(0.7, 0.3, 0.0)
    result = ntm.sweep(train, 4, seeds=[7], validation=held_out, epochs=2, folder=tmp_path)
    row, model = result.frame.iloc[0], result.model(seed=7)
    theta = model.transform(held_out)
    assert row["nmi"] == pytest.approx(metrics.nmi(theta, held_out.labels))
    assert row["purity"] == pytest.approx(metrics.purity(theta, held_out.labels))
    assert row["npmi"] == pytest.approx(metrics.npmi(model.top_word_ids(10), train, window=10))
    assert "windows of 10 tokens" in result.definitions["npmi"] and np.isnan(row["stability"])
    unlabelled = score_model(model, train, replace(held_out, labels=None))["measures"]
    assert np.isnan(unlabelled["nmi"]) and unlabelled["perplexity"] == pytest.approx(row["perplexity"])


def test_dimensions_and_names(tiny_bow, tmp_path):
    result = ntm.sweep(tiny_bow, [3], [5], epochs=[1, 2], encoder_layers=[(20,), (20, 10)], folder=tmp_path)
    frame = result.frame
    assert list(frame.columns[:5]) == ["cell", "num_topics", "epochs", "encoder_layers", "seed"]
    assert set(frame["encoder_layers"]) == {"20", "20, 10"} and frame["status"].tolist() == ["done"] * 4
    assert sorted(path.parent.name for path in result.path.glob("*/scores.json")) == sorted(result.cells)
    assert result.run(epochs=2, seed=5).config["model"]["epochs"] == 2
    assert len({cell_name({"num_topics": 3, "seed": 0, "encoder_layers": sizes}) for sizes in ((1, 23), (12, 3))}) == 2


@pytest.mark.parametrize(
    ("grid", "message"),
    [({"alfa": 1}, "alfa=1"), ({"seed": 3}, "say seeds="), ({"epochs": []}, "epochs=[]"), ({"seeds": 0}, "seeds=0")],
)
def test_what_no_sweep_can_be_made_of(tiny_bow, tmp_path, grid, message):
    with pytest.raises(ValueError) as error:
        ntm.sweep(tiny_bow, 3, folder=tmp_path, **grid)
    assert message in one_line(error) and not list(tmp_path.iterdir())


def test_a_matrix_and_thirty_documents(tiny_bow, tmp_path):
    result = ntm.sweep(tiny_bow.counts[:30], [2, 3], seeds=2, epochs=1, folder=tmp_path)
    assert result.frame["status"].tolist() == ["done"] * 4 and result.plan["validation"]["documents"] == 3


def test_shards_are_named_and_measured_on_a_sample(tiny_bow, tmp_path):
    tiny_bow = replace(tiny_bow, tokens=None)
    shards = ntm.ShardedBagOfWords.write(tmp_path / "shards", [tiny_bow], vocabulary=tiny_bow.vocabulary)
    result = ntm.sweep(shards, [3], seeds=2, epochs=1, folder=tmp_path)
    assert result.frame["status"].tolist() == ["done"] * 2 and not list(result.path.glob("data/*/counts-*"))
    train, held_out, _ = shards.split(0.9, 0.1, 0.0, seed=0)
    model, row = result.model(seed=1), result.frame.iloc[1]
    in_memory = train.sample(len(train), seed=0)
    assert row["npmi"] == pytest.approx(metrics.npmi(model.top_word_ids(10), in_memory))
    assert result.plan["validation"]["documents"] == len(held_out) > 0 and row["perplexity"] > 1
    again = ntm.sweep(shards, [3], seeds=2, epochs=1, folder=tmp_path)
    assert again.frame.equals(result.frame)


def test_what_a_folder_says_is_not_trusted(swept, tmp_path):
    plan = json.loads((swept.path / "sweep.json").read_text())
    path = tmp_path / "other"
    cell = path / "K3-epochs_2-seed0"
    cell.mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="not a sweep"):
        ntm.Sweep.open(path)
    (cell / "scores.json").write_text(json.dumps({"format": 1, "status": "failed", "reason": f"{HOSTILE}\x1b[2J"}))
    (path / "sweep.json").write_text(json.dumps(plan))
    result = ntm.Sweep.open(path)
    page = result._repr_html_()
    assert "<img" not in page and "<script" not in page and "&lt;img" in page and "\x1b" not in repr(result)
    (path / "sweep.json").write_text(json.dumps({**plan, "cells": {"../../x": {"num_topics": 3, "seed": 0}}}))
    with pytest.raises(ValueError, match="expected up to 60 letters"):
        ntm.Sweep.open(path)
    for damaged in ({"format": 1}, {**plan, "cells": {"a": 3}}, {**plan, "cells": {"a": {"num_topics": 3}}}):
        (path / "sweep.json").write_text(json.dumps(damaged))
        with pytest.raises(ValueError, match="damaged") as error:
            ntm.Sweep.open(path)
        assert one_line(error)


@pytest.mark.parametrize("content", ["{", "[1]", '{"format": 1, "status": "done"}', '{"format": 2, "status": "failed"}'])
def test_damaged_scores_say_what_to_do(tmp_path, content):
    (tmp_path / "scores.json").write_text(content)
    with pytest.raises(ValueError, match=r"scores\.json is damaged, or of another version: remove it, and the cell is scored again") as error:
        read_cell(tmp_path)
    assert one_line(error)


@pytest.mark.parametrize("content", ["{", "[]", '{"x": 3}', '{"x": {"cells": ["a"], "agreement": 3}}', '{"x": {"cells": 3}}'])
def test_a_damaged_stability_is_made_again(tiny_bow, swept, tmp_path, content):
    path = shutil.copytree(swept.path, tmp_path / "plain")
    (path / "stability.json").write_text(content)
    assert ntm.Sweep.open(path).frame["stability"].isna().all()
    again = ntm.sweep(tiny_bow, **GRID, folder=tmp_path, name="plain")
    assert again.frame.equals(swept.frame)


def test_settings_are_found_as_tuples_arrays_and_numbers_of_numpy(tiny_bow, tmp_path):
    result = ntm.sweep(tiny_bow, [3], 1, epochs=1, encoder_layers=[(20, 10)], folder=tmp_path)
    for sizes in ((20, 10), [20, 10], np.array([20, 10])):
        assert result.run(num_topics=np.int64(3), encoder_layers=sizes).name == next(iter(result.cells))
    with pytest.raises(ValueError, match="no model of this sweep that is done has encoder_layers="):
        result.run(encoder_layers=(20,))


@pytest.mark.parametrize("given, message", [
    ({"num_topics": {3, 5}}, r"^num_topics=\{3, 5\}: expected"),
    ({"num_topics": (k for k in (3, 5))}, "^num_topics=<generator .*: expected"),
    ({"decoder": object()}, "^decoder=<object .*: expected"),
    ({"executor": 2}, r"^executor=2: expected a concurrent.futures.Executor"),
    ({"num_topics": [1]}, "^num_topics=1: expected an integer from 2 to 1000"),
    ({"num_topics": [3, None]}, "^num_topics=None: expected an integer from 2 to 1000"),
    ({"num_topics": [3, float("nan")]}, "^num_topics=nan: expected"),
    ({"num_topics": [3, 3]}, r"^num_topics=\[3, 3\]: 3 is there twice"),
    ({"num_topics": [3, "3"]}, "'3' is there twice"),
    ({"num_topics": [3, 501]}, r"^num_topics=501: expected at most as many as there are .* \(\d+\) and words \(500\)"),
    ({"num_topics": "x" * 10**6}, "^num_topics='x+[.]{3}x+': expected"),
    ({"epochs": [1, "1"]}, "is there twice"),
    ({"epochs": [1, -1]}, "^epochs=-1: expected"),
    ({"recipe": ["best", "bset"]}, "^recipe='bset': expected 'best' or 'sagemaker'"),
    ({"recipe": "sagemaker", "alpha": [0.1]}, "^alpha=0.1 has no meaning for recipe='sagemaker'"),
    ({"decoder_precision": "bfloat16"}, "^decoder_precision='bfloat16': expected"),
    ({"learning_rate": [0.1, float("nan")]}, "^learning_rate=nan: expected"),
    ({"device": "cuda:77"}, "^device='cuda:77' is not on this machine"),
    ({"threads": [1, 0]}, "^threads=0: expected"),
    ({"seeds": ["a"]}, r"^seeds=\['a'\]: expected how many"),
    ({"seeds": 10**9}, "^seeds=1000000000: expected how many, from 1 to 1,000"),
    ({"seeds": [2**32]}, "^seeds=.*: expected how many"),
    ({"seeds": [0, 0]}, "^seeds=.*: expected how many"),
    ({"seeds": 1000, "num_topics": list(range(2, 14))}, "^a grid of 12,000 models: expected at most 10,000"),
    ({"validation": 3}, "2-D matrix"),
])  # fmt: skip
def test_what_is_no_grid_is_refused_before_any_training(given, message, tiny_bow, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        ntm.sweep(tiny_bow, **{"num_topics": [3], "seeds": 1, "epochs": 1, "folder": tmp_path, "name": "x", **given})
    assert not list(tmp_path.iterdir()) and len(one_line(error)) < 400


@pytest.mark.parametrize("given", [{"progress": 3}, {"folder": None}, {"folder": 3}, {"name": 3}])
def test_what_is_of_a_wrong_kind_is_named(given, tiny_bow, tmp_path):
    with pytest.raises(TypeError, match=f"^{next(iter(given))}=.*: expected") as error:
        ntm.sweep(tiny_bow, **{"num_topics": [3], "seeds": 1, "epochs": 1, "folder": tmp_path / "sweeps", **given})
    assert one_line(error) and not list(tmp_path.iterdir())


def test_more_topics_than_documents_are_refused(tiny_bow, tmp_path):
    with pytest.raises(ValueError, match=r"^num_topics=30: expected at most .* documents \(18\)"):
        ntm.sweep(tiny_bow[:20], [3, 30], seeds=1, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_numbers_of_numpy_are_numbers(tiny_bow, tmp_path):
    result = ntm.sweep(tiny_bow, [np.int64(3)], seeds=1, epochs=np.int64(1), folder=tmp_path, name="x")
    assert list(result.cells) == ["K3-epochs_1-seed0"] and result.frame["status"][0] == "done"
