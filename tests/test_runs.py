"""Runs: names, logs and checkpoints on bad days, processes that die, disks that fill up, two writers for one run."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.folder import (
    EventLog,
    check_name,
    is_locked,
    load_checkpoint,
    lock_run,
    make_folder,
    read_records,
    replacing,
    save_checkpoint,
)
from ntm_widgets.runs.runs import Run, has_model, list_runs, start_run
from ntm_widgets.runs.worker import Training, begin_training

SMALL = {"num_topics": 3, "seed": 1}


@pytest.fixture(scope="module")
def bow() -> BagOfWords:
    """200 documents of three kinds over 30 words."""
    random = np.random.default_rng(0)
    rates = np.kron(np.eye(3), np.full(10, 1.5)) + 0.1
    return BagOfWords(random.poisson(rates[np.arange(200) % 3]), [f"word{column}" for column in range(30)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ntm_runs"


@pytest.fixture(autouse=True)
def nothing_left_running():
    """No test leaves a training behind."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("training "):
            thread.join(1)
            assert not thread.is_alive(), f"{thread.name} still runs"


def python(code: str, *arguments: object) -> subprocess.Popen:
    """Start another Python on `code`, with `arguments` in sys.argv."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment, **pipes)


def wait_for_epoch(run: Run, epoch: int, seconds: float = 60) -> None:
    """Wait until a running run has done `epoch` epochs."""
    end = time.monotonic() + seconds
    while run.epoch < epoch and time.monotonic() < end:
        run.wait(0.01)
    assert run.epoch >= epoch


TRAIN = """
    import sys
    from ntm_widgets.core.estimator import NTM
    from ntm_widgets.data.bow import BagOfWords
    from ntm_widgets.runs.runs import start_run
    bow = BagOfWords.load(sys.argv[1])
    run = start_run(NTM(num_topics=3, seed=1, epochs=int(sys.argv[3])), bow, folder=sys.argv[2], name="other")
"""


# names


@given(st.text(max_size=80))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_accepted_names_are_folders_in_their_place(tmp_path: Path, name: str) -> None:
    try:
        checked = check_name(name)
    except ValueError:
        return
    path = tmp_path / checked
    path.mkdir(exist_ok=True)
    assert [entry.name for entry in tmp_path.iterdir()] == [checked] and path.resolve().parent == tmp_path.resolve()
    path.rmdir()


HOSTILE = ["..", ".", "", "a/b", "a\\b", "C:", "nul", "LPT1", "con.txt", "x\n", "-x", "data", "Session", "a" * 61]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused_and_nothing_is_written(folder: Path, bow: BagOfWords, name: str) -> None:
    with pytest.raises(ValueError, match="name="):
        start_run(NTM(**SMALL), bow, folder=folder, name=name)
    assert not folder.exists()


def test_a_name_is_taken_once(folder: Path, bow: BagOfWords) -> None:
    start_run(NTM(**SMALL, epochs=1), bow, folder=folder, name="mine").wait()
    with pytest.raises(FileExistsError, match="choose another name"):
        start_run(NTM(**SMALL, epochs=1), bow, folder=folder, name="mine")


def test_many_claims_at_once_get_different_numbers(folder: Path) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(make_folder(folder).name)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"run-{number:03d}" for number in range(1, 17)]


# files


@given(st.binary(max_size=60))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_log_with_any_cut_end_is_read_and_continued(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"kind": "epoch", "at": 1}\n' + tail.replace(b"\n", b" "))
    assert [record["kind"] for record in read_records(path)] == ["epoch"]
    log = EventLog(path)
    log.write({"kind": "finished"})
    log.close()
    assert [record["kind"] for record in read_records(path)] == ["epoch", "finished"]


def test_unreadable_lines_are_left_out_with_one_warning(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'\x00\x00\n{"kind": "epoch", "at": 1}\n[]\n{"kind": "x"}\n')
    with pytest.warns(UserWarning, match="3 unreadable lines"):
        assert len(read_records(path)) == 1


def test_torch_and_numpy_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {
        "weights": torch.randn(4, 3).t(),
        "state": torch.get_rng_state(),
        "step": torch.tensor(3.0),
        "vectors": np.arange(6, dtype="f4").reshape(2, 3),
        "none": np.zeros((0, 2), "i8"),
    }
    meta = {"pi": 3.141592653589793, "inf": float("inf"), "big": 2**130}
    save_checkpoint(tmp_path / "c", tensors, meta)
    loaded, header = load_checkpoint(tmp_path / "c")
    assert header == meta
    for name, value in tensors.items():
        assert type(loaded[name]) is type(value) and loaded[name].dtype == value.dtype
        np.testing.assert_array_equal(np.asarray(loaded[name]), np.asarray(value))


def test_a_failed_replacement_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(OSError, match="full"), replacing(target) as part:
        part.write_text("new")
        raise OSError(errno.ENOSPC, "full")
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b'{"a": 1}', b"\xff" * 8 + b"x"])
def test_damaged_checkpoints_are_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(ValueError, match="is damaged") as caught:
        load_checkpoint(tmp_path / "c")
    assert "\n" not in str(caught.value)


# starting


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


# listening


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


# stopping and waiting


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


# failing


def keep_trainers(monkeypatch: pytest.MonkeyPatch) -> list:
    """Collect the trainers that `NTM.trainer` makes."""
    made, original = [], NTM.trainer

    def trainer(self: NTM, *arguments: object, **options: object) -> object:
        made.append(original(self, *arguments, **options))
        return made[-1]

    monkeypatch.setattr(NTM, "trainer", trainer)
    return made


def test_a_loss_that_is_no_number_ends_the_run_with_a_model(
    folder: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainers = keep_trainers(monkeypatch)
    run = start_run(NTM(**SMALL, epochs=1000), bow, folder=folder)

    def poison(event: object) -> None:
        if event.kind == "epoch" and event.epoch == 3:
            with torch.no_grad():
                next(trainers[0].network.parameters()).fill_(float("nan"))

    run.subscribe(poison)
    assert run.wait(60) and run.status == "failed"
    assert run.reason.startswith("FloatingPointError") and "\n" not in run.reason
    with pytest.warns(UserWarning, match="failed"):
        model = run.model
    assert np.isfinite(model.components_).all()
    assert Run.open(run.path).status == "failed"
    with pytest.raises(FloatingPointError):
        raise run.training.error


def test_a_full_disk_fails_the_run_and_keeps_the_model(
    folder: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start_run(NTM(**SMALL, epochs=100_000), bow, folder=folder)
    wait_for_epoch(run, 2)
    original = Path.replace

    def full(self: Path, target: Path) -> Path:
        if run.path in Path(target).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(self, target)

    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(os, "replace", full)
    assert run.wait(60) and run.status == "failed" and "No space left on device" in run.reason
    with pytest.warns(UserWarning, match="No space left"):
        in_memory = run.model.components_
    assert np.isfinite(in_memory).all()
    monkeypatch.undo()
    assert not list(run.path.glob("*.part"))
    load_checkpoint(run.path / "checkpoint.safetensors")
    assert run.resume().status == "running" and run.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are a matter of Unix")
@pytest.mark.parametrize("limit", [600, 20_000])
def test_a_disk_that_really_refuses(tmp_path: Path, folder: Path, bow: BagOfWords, limit: int) -> None:
    """A limit on the size of files: 600 bytes stop the log in the middle of a line, 20,000 the checkpoint."""
    bow.save(tmp_path / "bow")
    code = """
        import resource, sys, warnings
        from ntm_widgets.core.estimator import NTM
        from ntm_widgets.data.bow import BagOfWords
        from ntm_widgets.runs.runs import start_run
        warnings.simplefilter("ignore")
        def limit(event):
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
        bow = BagOfWords.load(sys.argv[1])
        run = start_run(NTM(num_topics=3, epochs=100_000), bow, folder=sys.argv[2], name="other")
        run.subscribe(limit)
        assert run.wait(60)
        print(run.status, run.model.components_.shape, run.reason)
    """
    output, errors = python(code, tmp_path / "bow", folder, limit).communicate(timeout=120)
    assert output.startswith("failed (3, 30) ") and len(output.splitlines()) == 1, output + errors
    assert not list((folder / "other").glob("*.part"))
    assert read_records(folder / "other" / "events.jsonl") and Run.open(folder / "other").status != "running"


def test_a_failure_in_the_foreground_is_raised(folder: Path, bow: BagOfWords, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, tensors: object, meta: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ntm_widgets.runs.worker.save_checkpoint", full)
    with pytest.raises(OSError, match="No space left"):
        start_run(NTM(**SMALL, epochs=2), bow, folder=folder, background=False)
    assert list_runs(folder)[0].status == "failed"


# other processes


def test_killed_at_any_moment_and_resumed_in_a_new_process(tmp_path: Path, folder: Path, bow: BagOfWords) -> None:
    bow.save(tmp_path / "bow")
    victim = python(TRAIN + "    run.wait()", tmp_path / "bow", folder, 60)
    log = folder / "other" / "events.jsonl"
    while victim.poll() is None and not (log.exists() and '"epoch": 3' in log.read_text()):
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    run = Run.open(folder / "other")
    assert run.status == "interrupted" and 3 <= run.epoch < 60
    assert np.isfinite(run.model.components_).all()
    code = "import sys; from ntm_widgets.runs.runs import Run; Run.open(sys.argv[1]).resume(background=False)"
    _, errors = python(code, run.path).communicate(timeout=120)
    assert run.status == "finished", errors
    undisturbed = start_run(NTM(**SMALL, epochs=60), bow, folder=folder, background=False)
    np.testing.assert_array_equal(run.model.components_, undisturbed.model.components_)
    assert [end.train for end in run.history] == [end.train for end in undisturbed.history]


def test_killed_in_the_middle_of_an_epoch(tmp_path: Path, folder: Path, bow: BagOfWords) -> None:
    many = bow[np.arange(600) % 150]  # an epoch of so many steps has some to report in its middle
    many.save(tmp_path / "bow")
    code = """
        import os, sys
        from ntm_widgets.core.estimator import NTM
        from ntm_widgets.data.bow import BagOfWords
        from ntm_widgets.runs import worker
        from ntm_widgets.runs.runs import start_run
        class Always(worker.CheckpointClock):
            def due(self, epoch_over):
                return True
        worker.CheckpointClock = Always
        def kill(event):
            if event.kind == "step" and event.epoch == 2 and 0 < event.step < event.steps:
                os._exit(9)
        bow = BagOfWords.load(sys.argv[1])
        model = NTM(num_topics=3, seed=1, epochs=3, mini_batch_size=1)
        run = start_run(model, bow, folder=sys.argv[2], name="other")
        run.subscribe(kill)
        run.wait()
    """
    victim = python(code, tmp_path / "bow", folder)
    assert victim.wait(120) == 9, victim.stderr.read()
    victim.communicate()
    run = Run.open(folder / "other")
    meta = load_checkpoint(run.path / "checkpoint.safetensors")[1]
    assert meta["progress"]["epoch"] == 1 and meta["progress"]["step"] > 0
    run.resume(background=False)
    undisturbed = start_run(NTM(**SMALL, epochs=3, mini_batch_size=1), many, folder=folder, background=False)
    np.testing.assert_array_equal(run.model.components_, undisturbed.model.components_)


def test_two_processes_never_write_one_run(tmp_path: Path, folder: Path, bow: BagOfWords) -> None:
    bow.save(tmp_path / "bow")
    owner = python(TRAIN + "    print('started', flush=True); run.wait()", tmp_path / "bow", folder, 1_000_000)
    try:
        assert owner.stdout.readline() == "started\n", owner.stderr.read()
        run = list_runs(folder)[0]
        assert run.status == "running" and run.wait(0.1) is False
        with pytest.raises(RuntimeError, match="is being trained already"):
            run.resume()
        with pytest.raises(RuntimeError, match="another process"):
            run.stop()
        with pytest.raises(FileExistsError):
            start_run(NTM(**SMALL), bow, folder=folder, name="other")
    finally:
        owner.kill()
        owner.communicate()
    assert run.wait(10) and run.status == "interrupted"


def test_the_end_of_the_interpreter_stops_the_run_cleanly(tmp_path: Path, folder: Path, bow: BagOfWords) -> None:
    bow.save(tmp_path / "bow")
    code = TRAIN + "    import time\n    while run.epoch < 2:\n        time.sleep(0.01)"
    process = python(code, tmp_path / "bow", folder, 1_000_000)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0 and "Traceback" not in errors, errors
    run = Run.open(folder / "other")
    assert run.status == "stopped" and run.epoch >= 2 and run.model.components_.shape == (3, 30)


def test_a_run_needs_no_torch_to_be_looked_at() -> None:
    code = """
        import sys, ntm_widgets.runs.runs
        print([name for name in ("torch", "IPython", "ipywidgets") if name in sys.modules])
    """
    output, errors = python(code).communicate(timeout=60)
    assert output.strip() == "[]", errors


# foreign and damaged folders


@pytest.fixture
def finished(folder: Path, bow: BagOfWords) -> Run:
    return start_run(NTM(**SMALL, epochs=1), bow, folder=folder, background=False)


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
