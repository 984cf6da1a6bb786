"""Folders of runs that lack something, and values of a wrong kind."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.folder import (
    is_locked,
    lock_run,
)
from ntm_widgets.runs.runs import Run, list_runs, start_run


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', "{}", "[" * 100_000])
def test_damaged_configs_are_left_out_of_the_list(folder: Path, finished: Run, content: str) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / "config.json").write_text(content)
    with pytest.warns(UserWarning, match="cannot be read as a run"):
        assert [run.name for run in list_runs(folder)] == ["run-001"]


def test_missing_pieces_are_named(folder: Path, finished: Run) -> None:
    with pytest.raises(FileNotFoundError, match="is not a run"):
        Run.open(folder / "nothing")
    checkpoint = finished.path / "checkpoint.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(ValueError, match="is damaged"):
        finished.resume(epochs=1)
    config = json.loads((finished.path / "config.json").read_text())
    config["data"]["fingerprint"] = "../../secret"
    (finished.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="are missing"):
        Run.open(finished.path).resume(epochs=1)
    assert not is_locked(finished.path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model", 3), ("model", None), ("epochs", "many"), ("epochs", -1), ("hyperparameters", {}),
        ("data", None), ("data", "a name"), ("validation", 3),
    ],
)  # fmt: skip
def test_a_config_that_lacks_something_names_it(finished: Run, field: str, value: object) -> None:
    config = json.loads((finished.path / "config.json").read_text())
    (finished.path / "config.json").write_text(json.dumps({**config, field: value}))
    with pytest.raises(ValueError, match=f"config.json is damaged: {field} is missing, or not what") as caught:
        Run.open(finished.path)
    assert "\n" not in str(caught.value)


def test_a_model_of_another_version_is_named(finished: Run) -> None:
    config = json.loads((finished.path / "config.json").read_text())
    config["model"]["teleport"] = True
    (finished.path / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        ValueError, match="made by another version of ntm_widgets: its model has the parameter 'teleport'"
    ):
        Run.open(finished.path).resume(epochs=1)


def test_events_that_make_no_sense_are_left_out_with_one_warning(finished: Run) -> None:
    with (finished.path / "events.jsonl").open("a") as log:
        log.write("".join(f'{{"kind": "{kind}", "at": 1.0}}\n' for kind in ("epoch", "teleport", "epoch")))
    with pytest.warns(UserWarning, match="3 events of a run were left out") as caught:
        run = Run.open(finished.path)
        history = run.history
    assert len(caught) == 1 and len(history) == 1 and run.status == "finished"


def test_a_damaged_model_is_replaced_by_that_of_the_checkpoint(finished: Run) -> None:
    copy = Path(shutil.copytree(finished.path, finished.path.parent / "copy"))
    weights = copy / "model" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.warns(UserWarning, match="damaged: .*this is the model of the last checkpoint"):
        found = Run.open(copy).model
    assert np.array_equal(found.components_, finished.model.components_)
    (copy / "checkpoint.safetensors").unlink()
    with pytest.raises(ValueError, match="is damaged"):
        print(Run.open(copy).model)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda run, bow: start_run(3, bow, folder=run.path.parent), "model=3: expected an NTM to train"),
        (lambda run, bow: start_run(NTM, bow, folder=run.path.parent), "model=.*: expected an NTM to train"),
        (lambda run, bow: start_run(NTM(3), bow, folder=None), "folder=None: expected the name"),
        (lambda run, bow: start_run(NTM(3), bow, folder=run.path.parent, background="no"), "background='no'"),
        (lambda run, bow: Run.open(3), "path=3: expected the name"),
        (lambda run, bow: list_runs(None), "folder=None: expected the name"),
        (lambda run, bow: run.wait("x"), "timeout='x': expected seconds"),
        (lambda run, bow: run.wait(-1), "timeout=-1: expected seconds"),
        (lambda run, bow: run.stop("x"), "timeout='x': expected seconds"),
        (lambda run, bow: run.subscribe(3), "callback=3: expected a function"),
        (lambda run, bow: run.resume(epochs=np.float64(1.5)), "epochs=.*1.5.*: expected how many more epochs"),
    ],
)
def test_values_of_a_wrong_kind_are_named(finished: Run, bow: BagOfWords, call, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        call(finished, bow)
    assert "\n" not in str(caught.value) and len(list_runs(finished.path.parent)) == 1


def test_numbers_of_numpy_are_numbers(finished: Run) -> None:
    assert finished.resume(epochs=np.int64(1)).wait(np.float32(60)) and finished.epoch == 2


def test_a_lock_can_be_given_back_by_another_thread(tmp_path: Path) -> None:
    lock = lock_run(tmp_path)
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert not is_locked(tmp_path)


def test_who_asks_for_the_lock_does_not_mislead_others_who_ask(tmp_path: Path) -> None:
    lock_run(tmp_path).release()
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(is_locked(tmp_path) for _ in range(50))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 200 and not any(answers)


def test_the_table_is_escaped(folder: Path, finished: Run) -> None:
    hostile = folder / "<script>alert(1)<"
    finished.path.rename(hostile)
    html = list_runs(folder)._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html
