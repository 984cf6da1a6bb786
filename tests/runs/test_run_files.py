"""Files of runs: names, logs and checkpoints on bad days."""

import errno
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run_support import SMALL

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.folder import (
    EventLog,
    check_name,
    load_checkpoint,
    make_folder,
    read_records,
    replacing,
    save_checkpoint,
)
from ntm_widgets.runs.runs import Run, start_run


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


@pytest.mark.parametrize("name", ["mine", "m" * 60])
def test_a_name_that_is_taken_is_numbered_and_the_run_of_that_name_stays(folder: Path, bow: BagOfWords, name: str) -> None:
    first = start_run(NTM(**SMALL, epochs=1), bow, folder=folder, name=name)
    first.wait()
    further = [start_run(NTM(**SMALL, epochs=2), bow, folder=folder, name=name) for _ in range(2)]
    assert [run.wait() for run in further] == [True, True]
    assert [first.name, *(run.name for run in further)] == [name, f"{name[:50]}-2", f"{name[:50]}-3"]
    assert [len(run.history) for run in (Run.open(first.path), *further)] == [1, 2, 2]


def test_many_claims_at_once_get_different_numbers(folder: Path) -> None:
    names: list[str] = []
    threads = [threading.Thread(target=lambda: names.append(make_folder(folder).name)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names) == [f"run-{number:03d}" for number in range(1, 17)]


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
