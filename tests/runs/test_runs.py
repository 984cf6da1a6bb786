"""Runs: what starts one, its documents, who listens, Stop and Resume."""

import errno
import os
import shutil
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from run_support import SMALL, python, wait_for_epoch

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.folder import (
    is_locked,
)
from ntm_widgets.runs.runs import Run, has_model, start_run
from ntm_widgets.runs.worker import Training, begin_training


def test_bad_input_is_refused_before_anything_is_written(folder: Path, bow: BagOfWords) -> None:
    negative = bow.counts.toarray()
    negative[3, 4] = -1
    for bad in (negative, np.full((5, 5), np.nan), np.zeros((0, 4)), ["a text"]):
        with pytest.raises(ValueError):
            start_run(NTM(**SMALL), bad, folder=folder)
    with pytest.raises(ValueError, match="num_topics"):
        start_run(NTM(num_topics=1), bow, folder=folder)
    with pytest.raises(ValueError):
        start_run(NTM(**SMALL), bow, validation=np.ones((3, 7)), folder=folder)
    assert not folder.exists()


def test_a_folder_that_cannot_be_one(tmp_path: Path, bow: BagOfWords) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError):
        start_run(NTM(**SMALL), bow, folder=tmp_path / "file")


def test_a_disk_full_at_the_start_leaves_no_run(folder: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: BagOfWords, path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(BagOfWords, "save", full)
    with pytest.raises(OSError, match="No space left"):
        start_run(NTM(**SMALL), bow, folder=folder)
    assert not list(folder.glob("run-*"))


def test_runs_on_the_same_documents_share_them(folder: Path, bow: BagOfWords) -> None:
    first, second = (start_run(NTM(**SMALL, epochs=1), bow, folder=folder) for _ in range(2))
    assert first.wait(60) and second.wait(60)
    assert len(list((folder / "data").iterdir())) == 1
    np.testing.assert_array_equal(first.model.components_, second.model.components_)


def test_documents_of_deleted_runs_go_when_the_next_one_starts(folder: Path, bow: BagOfWords) -> None:
    def kept() -> set[str]:
        return {path.name for path in (folder / "data").iterdir()}

    parts = bow.split(0.8, 0.2, 0.0)
    first = start_run(NTM(**SMALL, epochs=1), bow, folder=folder, background=False)
    second = start_run(NTM(**SMALL, epochs=1), parts[0], validation=parts[1], folder=folder, background=False)
    (folder / "data" / "notes").mkdir()
    assert len(kept()) == 4
    shutil.rmtree(first.path)
    (folder / "later").mkdir()
    (folder / "later" / "config.json").write_text('{"format": 99}')
    start_run(NTM(**SMALL, epochs=1), parts[1], folder=folder, background=False)
    assert len(kept()) == 4, "nothing is removed beside a run that cannot be read"
    shutil.rmtree(folder / "later")
    start_run(NTM(**SMALL, epochs=1), parts[1], folder=folder, background=False)
    assert kept() == {parts[0].fingerprint(), parts[1].fingerprint(), "notes"}
    assert second.resume(epochs=1).wait(60) and second.status == "finished"


def test_a_bare_matrix_is_a_bare_matrix_again(folder: Path, bow: BagOfWords) -> None:
    run = start_run(NTM(**SMALL, epochs=1), bow.counts.toarray(), folder=folder)
    assert run.model.vocabulary_ is None
    assert run.resume(epochs=1).model.vocabulary_ is None


def test_changing_the_directory_does_not_move_a_run(
    tmp_path: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    run = start_run(NTM(**SMALL, epochs=100_000), bow)
    monkeypatch.chdir(tmp_path / "elsewhere")
    wait_for_epoch(run, 2)
    assert run.stop() and run.status == "stopped"
    assert run.path == tmp_path / "ntm_runs" / "run-001" and not list((tmp_path / "elsewhere").iterdir())


def test_validation_loss_is_recorded_and_survives(folder: Path, bow: BagOfWords) -> None:
    split = bow.split(0.8, 0.2, 0.0)
    run = start_run(NTM(**SMALL, epochs=2), split.train, validation=split.validation, folder=folder, background=False)
    assert all(end.validation is not None for end in run.history) and len(run.history) == 2
    reopened = Run.open(run.path)
    assert reopened.history == run.history and reopened.config["validation"]["documents"] == 40
    assert reopened.resume(epochs=1).wait(60) and reopened.history[-1].validation is not None


@pytest.mark.filterwarnings("ignore:a listener failed")
def test_listeners_get_everything_and_cannot_hurt(folder: Path, bow: BagOfWords) -> None:
    told: list[str] = []
    models: list[NTM] = []
    run = start_run(NTM(**SMALL, epochs=300), bow, folder=folder)

    def broken(event: object) -> None:
        raise KeyError("no such widget")

    run.subscribe(broken)
    run.subscribe(lambda event: told.append(event.kind))
    run.subscribe(lambda event: models.append(run.model) if event.kind == "finished" else None)
    wait_for_epoch(run, 2)
    assert run.stop()
    assert run.status == "stopped" and told[-1] == "finished" and "epoch" in told
    assert models == [run.model]
    late: list[str] = []
    run.subscribe(lambda event: late.append(event.kind))
    assert late == ["finished"]


def test_a_broken_listener_is_warned_about_once(folder: Path, bow: BagOfWords) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = start_run(NTM(**SMALL, epochs=3), bow, folder=folder)
        run.subscribe(lambda event: 1 / 0)
        assert run.wait(60)
    assert run.status == "finished"
    assert len([w for w in caught if "ZeroDivisionError" in str(w.message)]) == 1


def test_stop_is_quick_and_keeps_the_model(folder: Path, bow: BagOfWords) -> None:
    run = start_run(NTM(**SMALL, epochs=100_000), bow, folder=folder)
    wait_for_epoch(run, 2)
    began = time.monotonic()
    assert run.stop() and time.monotonic() - began < 5
    assert run.status == "stopped" and run.model.components_.shape == (3, 30)
    assert (run.path / "model").is_dir() and not is_locked(run.path)
    assert run.stop()


def test_a_stop_right_after_an_epoch_waits_for_its_topics(folder: Path, bow: BagOfWords) -> None:
    run = start_run(NTM(**SMALL, epochs=100_000), bow, folder=folder)
    run.subscribe(lambda event: run.training.stopping.set() if event.kind == "epoch" else None)
    assert run.wait(60) and run.status == "stopped"
    assert run.last["topics"].epoch == run.epoch > 0
    assert Run.open(run.path).last["topics"] == run.last["topics"]


def test_ctrl_c_ends_the_waiting_in_the_background_and_the_run_in_the_foreground(
    tmp_path: Path, folder: Path, bow: BagOfWords
) -> None:
    bow.save(tmp_path / "bow")
    code = """
        import _thread, sys, threading, warnings
        from ntm_widgets.core.estimator import NTM
        from ntm_widgets.data.bow import BagOfWords
        from ntm_widgets.runs.runs import start_run
        def interrupt(event):
            if event.kind == "epoch" and event.epoch == 5:
                _thread.interrupt_main()
        bow = BagOfWords.load(sys.argv[1])
        run = start_run(NTM(num_topics=3, epochs=1_000_000), bow, folder=sys.argv[2])
        run.subscribe(interrupt)
        try:
            run.wait()
        except KeyboardInterrupt:
            print(run.status, run.wait(0.01))
        run.stop()
        threading.Timer(1.0, _thread.interrupt_main).start()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run = start_run(NTM(num_topics=3, epochs=1_000_000), bow, folder=sys.argv[2], background=False)
        print(run.status, "keeps what there is" in str(caught[-1].message))
    """
    output, errors = python(code, tmp_path / "bow", folder).communicate(timeout=120)
    assert output.splitlines() == ["running False", "stopped True"], errors


def test_resume_says_when_there_is_nothing_to_do(folder: Path, bow: BagOfWords) -> None:
    run = start_run(NTM(**SMALL, epochs=1), bow, folder=folder, background=False)
    with pytest.raises(ValueError, match=r"resume\(epochs=5\)"):
        run.resume()
    for epochs in (0, -1, 1.5, True, "3"):
        with pytest.raises(ValueError, match="epochs="):
            run.resume(epochs=epochs)


def test_stopped_before_it_has_learned_anything(folder: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin_and_stop(training: Training) -> None:
        training.stopping.set()
        begin_training(training)

    monkeypatch.setattr("ntm_widgets.runs.runs.begin_training", begin_and_stop)
    run = start_run(NTM(**SMALL, epochs=3), bow, folder=folder)
    assert run.wait(60) and (run.status, run.epoch) == ("stopped", 0) and not has_model(run)
    with pytest.raises(RuntimeError, match=r"before there was a model \(stopped\): resume\(\) trains it"):
        _ = run.model
    monkeypatch.undo()
    assert run.resume().wait(60) and run.status == "finished" and has_model(run)
    undisturbed = start_run(NTM(**SMALL, epochs=3), bow, folder=folder, background=False)
    np.testing.assert_array_equal(run.model.components_, undisturbed.model.components_)
