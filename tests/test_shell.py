"""The console script: verbs with state between calls, exit codes, one-line errors, notebooks played in the terminal."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from ntm_widgets.runs.runs import list_runs
from ntm_widgets.ui.shell import as_text, main, topic_lines
from ntm_widgets.ui.workbench import Workbench

TEXTS = [f"{theme} {theme} game number{i % 7} word{i % 5}" for i in range(60) for theme in ("hockey team", "space orbit")]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder with documents in it; the workbench of this process is fresh before every call."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs.csv").write_text("text\n" + "\n".join(TEXTS), encoding="utf-8")
    Workbench.clear_instance()
    yield tmp_path
    Workbench.clear_instance()


def ntm(*words):
    """One call of `ntm`, as in a process of its own."""
    Workbench.clear_instance()
    return main(list(words))


def test_verbs_go_on_where_the_last_one_ended(here, capsys):
    assert ntm("corpus", "docs.csv", "--text", "text") == 0
    assert ntm("vectorize", "--tokenizer", "regex", "--min-doc-words", "1") == 0
    assert ntm("train", "--num-topics", "2", "--epochs", "2") == 0
    capsys.readouterr()
    assert ntm("topics") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[0].lstrip().startswith("0 ") and "%" in lines[0]
    assert ntm("query", "the", "hockey", "team", "doesn't", "lose") == 0
    assert "unknown" in capsys.readouterr().out
    assert ntm("clouds") == 0 and (here / "clouds.png").stat().st_size > 1000
    assert ntm("report", "page.html") == 0 and (here / "page.html").exists()
    assert ntm("save", "kept") == 0 and ntm("load", "kept") == 0
    assert "run-001" in (ntm("runs") or capsys.readouterr().out)
    assert ntm("sweep", "--num-topics", "2,3", "--seeds", "2", "--epochs", "1", "--name", "some", "--save", "some.png") == 0
    said = capsys.readouterr().out
    assert "Sweep some: 4 of 4 models" in said and "ntm load sweeps/some/K2" in said and (here / "some.png").exists()


def test_a_sweep_that_cannot_be_trained_is_refused_before_anything_is_trained(here, capsys):
    assert ntm("corpus", "docs.csv", "--text", "text") == 0
    assert ntm("vectorize", "--tokenizer", "regex", "--min-doc-words", "1") == 0
    capsys.readouterr()
    for topics in ("1", "1,2"):
        assert ntm("sweep", "--num-topics", topics, "--seeds", "2", "--epochs", "1", "--name", "none") == 1
        shown = capsys.readouterr()
        assert (shown.out, shown.err) == ("", "num_topics=1: expected an integer from 2 to 1000\n")


@pytest.mark.parametrize(("words", "code", "expected"), [
    (["trian"], 2, "did you mean train?"),
    (["train", "--epoch", "5"], 2, "did you mean --epochs?"),
    (["sweep", "--num-topics", "3,5-2"], 2, "'3,5-2': expected numbers as in 0,3,5-7"),
    (["topics"], 1, "ntm corpus"),
    (["load", "nowhere"], 1, "nowhere"),
    (["play", "nowhere.ipynb"], 1, "nowhere.ipynb"),
    (["play"], 2, "name one notebook"),
])
def test_errors_are_one_line_on_standard_error(here, capsys, words, code, expected):
    assert ntm(*words) == code
    shown = capsys.readouterr()
    assert expected in shown.err and shown.err.count("\n") == 1 and shown.out == ""


def test_help(here, capsys):
    assert ntm() == ntm("--help") == ntm("help") == 0
    assert "ntm play NOTEBOOK.ipynb" in capsys.readouterr().out
    assert ntm("train", "--help") == 0
    assert "usage: ntm train" in capsys.readouterr().out
    assert not (here / "ntm_runs").exists(), "help leaves nothing behind"


def notebook(path, *cells):
    made = [{"cell_type": kind, "source": source} for kind, source in cells]
    path.write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}), encoding="utf-8")
    return str(path)


def play(path):
    """`ntm play` in a process of its own, since IPython keeps one shell per process."""
    return subprocess.run([sys.executable, "-c", "import sys; from ntm_widgets.ui.shell import main; sys.exit(main())",
                           "play", path], capture_output=True, text=True, timeout=120)


def test_a_notebook_is_played(here):
    path = notebook(here / "tour.ipynb", ("markdown", "# A tour\n\nprose"), ("code", "%load_ext ntm_widgets"),
                    ("code", "corpus = %ntm corpus docs.csv --text text"), ("code", "len(corpus)"), ("code", "%ntm help stop"))
    done = play(path)
    assert done.returncode == 0, done.stderr
    for expected in ("A tour\n------\n", "In: corpus = %ntm corpus docs.csv", "\n120\n", "usage: %ntm stop"):
        assert expected in done.stdout
    assert "\x1b" not in done.stdout


def test_a_notebook_that_fails_stops(here):
    done = play(notebook(here / "bad.ipynb", ("code", "%load_ext ntm_widgets"), ("code", "%ntm topics"), ("code", "print('on')")))
    assert done.returncode == 1
    assert "next is %ntm corpus" in done.stderr + done.stdout
    assert "on\n" not in done.stdout


def test_what_is_no_notebook_is_refused(here, capsys):
    (here / "list.ipynb").write_text("[1]", encoding="utf-8")
    assert ntm("play", "list.ipynb") == 2
    assert "is not a notebook" in capsys.readouterr().err


def test_a_wide_table_is_not_cut():
    table = pd.DataFrame({f"column{i}": ["x" * 30] for i in range(20)})
    assert "..." not in as_text(table) and "column19" in as_text(table)


def test_control_characters_of_documents_do_not_reach_the_terminal():
    table = pd.DataFrame({"topic": [0], "share": [1.0], "words": ["evil\x1b[2J"]})
    assert "\x1b" not in topic_lines(table)


def started(*words):
    """`ntm` in a real process, whose run has been through an epoch and is stored for other processes."""
    command = [sys.executable, "-c", "from ntm_widgets.ui.shell import main; raise SystemExit(main())", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    known, end = {run.name: run.epoch for run in list_runs()}, time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if any(run.status == "running" and run.epoch > known.get(run.name, 0) for run in list_runs()):
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_stops_the_run_says_so_and_resume_goes_on(here):
    assert ntm("corpus", "docs.csv", "--text", "text") == 0
    assert ntm("vectorize", "--tokenizer", "regex", "--min-doc-words", "1") == 0
    epochs = 0
    for words in (["train", "--num-topics", "2", "--epochs", "1000000"], ["resume"]):
        process = started(*words)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        run = list_runs()[0]
        assert process.returncode == 130 and run.status == "stopped" and run.epoch > epochs
        said = f"run-001 stopped after {run.epoch} of 1000000 epochs"
        assert errors.startswith(said) and errors.endswith("ntm resume trains on\n") and errors.count("\n") == 1
        epochs = run.epoch
    assert ntm("topics") == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
def test_a_second_terminal_sees_the_run_and_one_that_was_killed_is_resumed(here, capsys):
    assert ntm("corpus", "docs.csv", "--text", "text") == 0
    assert ntm("vectorize", "--tokenizer", "regex", "--min-doc-words", "1") == 0
    process = started("train", "--num-topics", "2", "--epochs", "1000000")
    try:
        capsys.readouterr()
        assert ntm("stop") == 1 and "run-001 is trained by another process" in capsys.readouterr().err
        assert ntm("status") == 0 and "run-001 epoch" in capsys.readouterr().out
    finally:
        process.kill()
        process.communicate()
    assert ntm("status") == 0 and "run-001 interrupted after" in capsys.readouterr().out
    assert ntm("topics") == 0


def test_given_names_are_shown_and_a_damaged_session_says_how_to_go_on(here, capsys):
    for words in (["corpus", "docs.csv", "--text", "text"], ["vectorize", "--tokenizer", "regex", "--min-doc-words", "1"],
                  ["train", "--num-topics", "2", "--epochs", "2"], ["rename", "1", "Physics"]):  # fmt: skip
        assert ntm(*words) == 0
    capsys.readouterr()
    assert ntm("topics", "-n", "3") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "Physics: " in second and ":" not in first
    journal = here / "ntm_runs" / "session" / "journal.json"
    journal.write_text("")
    with pytest.warns(UserWarning, match=r"the journal begins anew: .*journal\.json is damaged"):
        assert ntm("topics") == 0
    journal.with_name("session.json").write_text("{")
    capsys.readouterr()
    assert ntm("help", "corpus") == 0 and ntm("status") == 1
    assert capsys.readouterr().err.endswith("remove ntm_runs/session to begin anew, the runs stay\n")
    shutil.rmtree(journal.parent)
    assert ntm("status") == 0 and len(list_runs("ntm_runs")) == 1
