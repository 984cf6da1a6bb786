"""Runs that fail, disks that fill up, processes that die, two writers for one run."""

import errno
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from run_support import SMALL, TRAIN, python, wait_for_epoch

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.folder import (
    load_checkpoint,
    read_records,
)
from ntm_widgets.runs.runs import Run, list_runs, start_run


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
        assert start_run(NTM(**SMALL, epochs=1), bow, folder=folder, name="other", background=False).name == "other-2"
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
