"""The workbench: what clears what, waiting and interrupting, hints for missing steps, from one process to the next."""

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from ntm_widgets.core.estimator import NTM
from ntm_widgets.runs.runs import Run, list_runs
from ntm_widgets.runs.waiting import wait_with_lines
from ntm_widgets.runs.worker import Training, begin_training
from ntm_widgets.ui.workbench import NotReady, Workbench

ICE = ["team", "goal", "puck", "skate", "coach", "season", "hockey", "game", "player", "score"]
ORBIT = ["orbit", "launch", "rocket", "moon", "shuttle", "nasa", "satellite", "mission", "space", "earth"]
COUNTING = {"tokenizer": "regex", "min_df": 1, "max_df": 1.0, "min_doc_words": 3, "stop_words": None}


def make_texts(documents: int = 120, seed: int = 0) -> list[str]:
    """Texts about ice hockey and about space flight in turn."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(ICE if number % 2 else ORBIT, 20)) for number in range(documents)]


@pytest.fixture
def bench(tmp_path: Path):
    """A workbench of its own, not the shared one; its run is stopped at the end."""
    bench = Workbench(runs_folder=str(tmp_path / "ntm_runs"), num_topics=2, on_wait=lambda run: run.wait())
    yield bench
    if bench.run is not None and bench.run.status == "running":
        bench.run.stop()


@pytest.fixture
def counted(bench: Workbench) -> Workbench:
    bench.load_corpus(make_texts(), name="two subjects")
    bench.vectorize(**COUNTING)
    return bench


def wait_for_epoch(run: Run) -> None:
    """Wait until a running run has done an epoch."""
    end = time.monotonic() + 60
    while run.epoch < 1 and time.monotonic() < end:
        run.wait(0.01)


def test_the_shared_one_is_one() -> None:
    assert Workbench.instance() is Workbench.instance()
    Workbench.clear_instance()


def test_the_journey(counted: Workbench) -> None:
    changes: list[object] = []
    counted.observe(lambda change: changes.append(change["new"]), "model_")
    run = counted.train(epochs=4)
    topics = counted.topics(10)
    assert counted.model_ is run.model is changes[-1]
    found = [set(words.split(", ")) for words in topics["words"]]
    assert sorted(found, key=sorted) == sorted([set(ICE), set(ORBIT)], key=sorted)
    weights = counted.query("the puck and the goal, a hockey game").theta
    others = counted.query("rocket and shuttle in orbit around the moon").theta
    assert weights.argmax() != others.argmax()


def test_missing_steps_say_what_is_next(bench: Workbench) -> None:
    for step in (bench.vectorize, bench.train, bench.topics, bench.mixtures, lambda: bench.query("a text")):
        with pytest.raises(NotReady, match=r"%ntm corpus 20newsgroups") as caught:
            step()
        assert "\n" not in str(caught.value)
    for step in (bench.stop, bench.resume):
        with pytest.raises(NotReady, match="%ntm train"):
            step()
    bench.command = "ntm"
    bench.load_corpus(make_texts())
    with pytest.raises(NotReady, match="next is ntm vectorize, then ntm train"):
        bench.topics()
    with pytest.raises(NotReady, match="ntm vectorize"):
        bench.train()


def test_a_new_corpus_clears_everything(counted: Workbench) -> None:
    counted.vectorize(split=True, **COUNTING)
    counted.train(epochs=1, wait=True)
    assert counted.model_ is not None
    counted.load_corpus(make_texts(seed=1))
    assert [getattr(counted, name) for name in ("vectorizer", "bow", "split", "run", "model_")] == [None] * 5


def test_a_new_corpus_keeps_a_loaded_model(counted: Workbench, tmp_path: Path) -> None:
    counted.train(epochs=2, wait=True)
    counted.save(tmp_path / "model")
    counted.load(tmp_path / "model")
    assert counted.run is None
    counted.load_corpus(make_texts(seed=1))
    counted.vectorize(**{**COUNTING, "vocab_size": 7})
    assert counted.mixtures(3).shape == (3, 2)


def test_counting_anew_clears_the_split_and_keeps_the_model(counted: Workbench) -> None:
    counted.vectorize(split=(0.5, 0.25, 0.25), **COUNTING)
    run = counted.train(epochs=1, wait=True)
    assert run.config["data"]["documents"] == 60 and run.config["validation"]["documents"] == 30
    model = counted.model
    counted.vectorize(**COUNTING)
    assert counted.split is None and counted.model is model


def test_counting_while_a_run_is_going_on(counted: Workbench) -> None:
    run = counted.train(epochs=100_000)
    counted.vectorize(**{**COUNTING, "vocab_size": 5})
    assert run.status == "running" and counted.bow.num_words == 5
    wait_for_epoch(run)
    counted.stop()
    assert counted.model.components_.shape[1] == 20


def test_documents_are_not_changed_under_a_training(counted: Workbench) -> None:
    """New documents would leave the run training where nobody could reach it: refused in one line, nothing lost."""
    before, run = counted.corpus, counted.train(epochs=100_000)
    with pytest.raises(NotReady, match=r"is still running: wait for it, or end it with %ntm stop"):
        counted.load_corpus(make_texts(seed=1))
    assert counted.corpus is before and counted.run is run and run.status == "running"
    counted.stop()
    counted.load_corpus(make_texts(seed=1))
    assert counted.run is None and counted.model_ is None


def test_only_one_run_at_a_time(counted: Workbench) -> None:
    counted.train(epochs=100_000)
    with pytest.raises(NotReady, match="still running"):
        counted.train()
    counted.stop()
    with pytest.raises(NotReady, match="is not running, it is stopped"):
        counted.stop()


def test_validation_documents_on_request(counted: Workbench) -> None:
    run = counted.train(epochs=1, validation=0.25, wait=True)
    assert (run.config["data"]["documents"], run.config["validation"]["documents"]) == (90, 30)
    assert run.history[0].validation is not None
    with pytest.raises(ValueError):
        counted.train(validation=1.5)
    after = counted.train(epochs=1, wait=True)
    assert after.config["data"]["documents"] == 120 and after.history[0].validation is None and counted.split is None


def test_names_stay_when_a_run_is_trained_on(counted: Workbench) -> None:
    counted.train(epochs=2, num_topics=2, wait=True)
    counted.rename(1, "ice")
    counted.resume(epochs=1, wait=True)
    assert counted.model.topic_labels[1] == "ice"
    counted.model.rename_topic(0, "only in memory")
    counted.resume(epochs=1, wait=True)
    assert counted.model.topic_labels == ["only in memory", "ice"]
    assert Run.open(counted.run.path).model.topic_labels == ["only in memory", "ice"]
    code = counted.journal.python()
    assert code.index("resume(") < code.index("rename_topic(1, 'ice')")


def test_configured_defaults_and_what_is_given(counted: Workbench) -> None:
    counted.num_topics, counted.seed = 3, 5
    run = counted.train(epochs=1, wait=True)
    assert (run.config["model"]["num_topics"], run.config["model"]["seed"]) == (3, 5)
    run = counted.train(epochs=1, num_topics=4, wait=True)
    assert counted.model.components_.shape[0] == 4 and run.name == "run-002"


def test_whoever_needs_the_model_waits(counted: Workbench) -> None:
    waited: list[str] = []

    def wait(run) -> None:
        waited.append(run.status)
        run.wait()

    counted.on_wait = wait
    counted.train(epochs=50)
    assert counted.topics().shape[0] == 2 and waited == ["running"]
    counted.topics()
    assert waited == ["running"]


def test_interrupting_the_wait_leaves_the_run_going(counted: Workbench) -> None:
    run = counted.train(epochs=100_000)
    counted.on_wait = lambda run: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="goes on in the background; %ntm stop ends it"):
        counted.topics()
    assert run.status == "running"


def test_where_the_run_ends_with_the_process_an_interrupt_stops_it(counted: Workbench) -> None:
    counted.lasting = False
    run = counted.train(epochs=100_000)
    wait_for_epoch(run)
    counted.on_wait = lambda run: signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=r"run-001 stopped after \d+ of 100000 epochs.*; %ntm resume trains on"):
        counted.topics()
    assert run.status == "stopped" and counted.topics().shape[0] == 2


def test_stopped_before_it_has_learned_anything(counted: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin_and_stop(training: Training) -> None:
        training.stopping.set()
        begin_training(training)

    monkeypatch.setattr("ntm_widgets.runs.runs.begin_training", begin_and_stop)
    counted.train(epochs=2, wait=True)
    monkeypatch.undo()
    advice = "%ntm resume trains it, %ntm train starts another run"
    assert counted.status().endswith(f"next       {advice}")
    with pytest.raises(NotReady, match=f"run-001 ended before there was a model .stopped.: {advice}"):
        counted.topics()
    counted.resume()
    assert counted.topics().shape[0] == 2 and counted.run.status == "finished"


def test_plain_lines_are_few_and_end_with_the_result(counted: Workbench) -> None:
    lines: list[str] = []
    run = counted.train(epochs=3)
    wait_with_lines(run, every=60, write=lines.append)
    assert len(lines) == 1 and lines[0].startswith("run-001 finished after 3 of 3 epochs")


def test_stop_and_resume(counted: Workbench) -> None:
    run = counted.train(epochs=100_000)
    wait_for_epoch(run)
    counted.stop()
    assert counted.model_ is run.model
    runs: list[object] = []
    counted.observe(lambda change: runs.append(change["new"]), "run")
    assert counted.resume().status == "running" and counted.model_ is None and len(runs) == 1
    counted.stop()
    assert counted.model.components_.shape == (2, 20)


def test_mixtures(counted: Workbench) -> None:
    counted.vectorize(split=True, **COUNTING)
    counted.train(epochs=3, wait=True)
    frame = counted.mixtures(4)
    assert list(frame.index) == list(counted.split.test.doc_ids[:4])
    np.testing.assert_allclose(frame.sum(axis=1), 1, atol=1e-5)
    chosen = counted.mixtures([7, 3])
    assert list(chosen.index) == [7, 3] and chosen.iloc[0].argmax() == chosen.iloc[1].argmax()
    texts = counted.mixtures(texts=[counted.corpus[7]])
    np.testing.assert_allclose(texts.to_numpy()[0], chosen.to_numpy()[0], atol=1e-5)
    for bad in (0, -3, [10_000]):
        with pytest.raises(ValueError):
            counted.mixtures(bad)


def test_a_matrix_model_refuses_text(counted: Workbench) -> None:
    counted.model_ = NTM(num_topics=2, epochs=1).fit(counted.bow.counts)
    with pytest.raises(ValueError):
        counted.query("a text")


def test_status_tells_the_next_step(bench: Workbench) -> None:
    assert bench.status().splitlines()[-1].startswith("next       %ntm corpus")
    bench.load_corpus(make_texts(), name="two subjects")
    assert "two subjects" in bench.status() and bench.status().endswith("%ntm vectorize")
    bench.vectorize(split=True, **COUNTING)
    assert "split into 96/12/12" in bench.status() and bench.status().endswith("%ntm train")
    run = bench.train(epochs=100_000)
    assert "running" in bench.status() or "getting ready" in bench.status()
    bench.stop()
    assert f"{run.name} stopped" in bench.status() and "%ntm resume" in bench.status()


def test_from_one_process_to_the_next(counted: Workbench, tmp_path: Path) -> None:
    counted.vectorize(split=True, **COUNTING)
    counted.train(epochs=2, wait=True)
    counted.store(tmp_path / "session")
    code = """
        import sys
        from ntm_widgets.ui.workbench import Workbench
        bench = Workbench(runs_folder=sys.argv[2])
        bench.restore(sys.argv[1])
        print(bench.model.components_.tobytes().hex())
        bench.resume(epochs=1, wait=True)
        bench.store(sys.argv[1])
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path / "session"), counted.runs_folder]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.stdout.splitlines()[0] == counted.model.components_.tobytes().hex(), result.stderr
    again = Workbench(runs_folder=counted.runs_folder)
    again.restore(tmp_path / "session")
    assert again.run.epoch == 3 and again.corpus.texts == counted.corpus.texts
    np.testing.assert_array_equal(again.split.test.doc_ids, counted.split.test.doc_ids)
    assert again.vectorizer.transform(["puck goal"]).counts.sum() == 2


def test_a_session_among_the_runs_leaves_them_alone(counted: Workbench) -> None:
    for name in ("model-a", "counts-b", "corpus-c"):
        counted.train(epochs=1, name=name, wait=True)
        counted.store(counted.runs_folder)
    counted.store(counted.runs_folder)
    assert [run.name for run in list_runs(counted.runs_folder)] == ["model-a", "counts-b", "corpus-c"]


def test_a_loaded_model_is_stored_too(counted: Workbench, tmp_path: Path) -> None:
    counted.train(epochs=1, wait=True)
    counted.load(counted.save(tmp_path / "model"))
    counted.store(tmp_path / "session")
    again = Workbench()
    again.restore(tmp_path / "session")
    np.testing.assert_array_equal(again.model.components_, counted.model.components_)


def test_a_run_that_is_gone(counted: Workbench, tmp_path: Path) -> None:
    run = counted.train(epochs=1, wait=True)
    counted.store(tmp_path / "session")
    run.path.rename(tmp_path / "elsewhere")
    again = Workbench()
    with pytest.warns(UserWarning, match="is gone"):
        again.restore(tmp_path / "session")
    assert again.run is None and again.bow is not None


def test_loading_a_run(counted: Workbench) -> None:
    run = counted.train(epochs=1, wait=True)
    other = Workbench(on_wait=lambda run: run.wait())
    np.testing.assert_array_equal(other.load(run.path).components_, run.model.components_)
    assert other.run.name == run.name


def test_the_workbench_is_light() -> None:
    code = """
import sys, ntm_widgets.ui.workbench
print([name for name in ("torch", "pandas", "sklearn", "nltk", "IPython", "ipywidgets", "bokeh") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_a_sweep_takes_the_documents_of_train_and_makes_no_model_the_model(counted: Workbench, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="nothing to train on"):
        Workbench().sweep()
    counted.split = counted.bow.split(0.7, 0.3, 0.0)
    counted.recipe = "sagemaker"
    lines: list[str] = []
    result = counted.sweep([2, 3], seeds=[4], epochs=1, progress=lines.append)
    assert result.path.parent == Path(counted.runs_folder).absolute() / "sweeps" and len(lines) == 3
    assert result.frame["status"].tolist() == ["done"] * 2 and counted.run is None and counted.model_ is None
    assert result.run().config["model"]["recipe"] == "sagemaker"
    assert result.plan["validation"]["documents"] == counted.split.validation.num_documents
    counted.load(result.run(num_topics=3).path)
    assert counted.model.num_topics == 3
