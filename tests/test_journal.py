"""The journal: whatever did a step, it is recorded once, and its code leads to the same counts and topics again."""

import gc
import inspect
import random
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from support import HOSTILE

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.tokenize import stop_list
from ntm_widgets.data.vectorize import BowVectorizer
from ntm_widgets.ui.code import python_value
from ntm_widgets.ui.journal import Journal
from ntm_widgets.ui.verbs import VERBS
from ntm_widgets.ui.workbench import Workbench

THEMES = ("team goal puck skate coach season hockey game", "orbit launch rocket moon shuttle nasa mission space")
COUNTING = {"tokenizer": "regex", "min_doc_words": 1}


def make_texts(seed=0):
    draw = random.Random(seed)
    return [" ".join(draw.choices(THEMES[number % 2].split(), k=20)) for number in range(80)]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Every test in an empty folder, with no shared workbench before or after."""
    monkeypatch.chdir(tmp_path)
    Workbench.clear_instance()
    yield tmp_path
    run = Workbench.instance().run
    if run is not None and run.status == "running":
        run.stop()
    Workbench.clear_instance()


@pytest.fixture
def texts():
    return make_texts()


@pytest.fixture
def bench(texts):
    """A workbench that knows `texts` and `short` as the user's variables, as a notebook would."""
    bench = Workbench(on_wait=lambda run: run.wait())
    bench.journal.variables = lambda: {"texts": texts, "_": texts, "short": short}
    yield bench
    if bench.run is not None and bench.run.status == "running":
        bench.run.stop()


def short(text):
    """A tokenizer of the user's own."""
    return text.split()[:10]


def prepared(bench, texts, **settings):
    bench.load_corpus(texts)
    bench.vectorize(**{**COUNTING, **settings})
    return bench


def executed(code, **variables):
    """The names that a program makes, run from an empty start."""
    namespace = dict(variables)
    exec(compile(code, "journal", "exec"), namespace)
    return namespace


def replayed(lines, **variables):
    """The workbench after the lines were run as one cell of a fresh shell."""
    Workbench.clear_instance()
    shell = InteractiveShell()
    shell.user_ns.update(variables)
    shell.run_line_magic("load_ext", "ntm_widgets")
    result = shell.run_cell("\n".join(lines))
    assert result.success, result.error_in_exec
    return Workbench.instance()


def assert_same(bow, model, bench):
    assert bow.vocabulary == bench.bow.vocabulary
    assert (bow.counts != bench.bow.counts).nnz == 0
    assert model.topic_labels == bench.model.topic_labels
    np.testing.assert_array_equal(model.components_, bench.model.components_)


def test_python_and_magics_lead_to_the_same_state(bench, texts):
    prepared(bench, texts, split=True, stop_words=stop_list(add=["nasa"], remove=["not"]), max_df=0.9)
    bench.train(num_topics=2, epochs=3, encoder_layers=(20, 10), wait=True)
    bench.rename(1, HOSTILE)
    bench.rename(0, "it's {x} $y \"z\"")
    made = executed(bench.journal.python(), texts=texts)
    assert_same(made["bow"], made["model"], bench)
    assert "nasa" not in made["bow"].vocabulary and bench.split.test.num_documents == made["split"].test.num_documents
    again = replayed(bench.journal.magics(), texts=texts, x="wrong", y="wrong")
    assert_same(again.bow, again.model, bench)


def test_any_label_comes_back(bench, texts):
    prepared(bench, texts).train(num_topics=2, epochs=1, wait=True)
    for label in ("--magics", "-5", "'", '"', "two\nlines", "3", "texts", "$texts {texts}", "‮עברית", "  spaces  "):
        bench.journal.clear()
        bench.rename(0, label)
        model = executed(bench.journal.python(), model=bench.model)["model"]
        assert model.topic_labels[0] == label
        Workbench.clear_instance()
        shell = InteractiveShell()
        shell.run_line_magic("load_ext", "ntm_widgets")
        shell.user_ns["texts"] = "wrong"
        Workbench.instance().model_ = NTM(num_topics=2, epochs=1).fit(bench.bow)
        assert shell.run_cell("\n".join(bench.journal.magics())).success
        assert Workbench.instance().model_.topic_labels[0] == label


@pytest.mark.parametrize("how", ["magic", "method", "function", "model"])
def test_each_way_to_rename_is_one_step(bench, texts, how):
    prepared(bench, texts).train(num_topics=2, epochs=1, wait=True)
    if how == "magic":
        Workbench._instance = bench
        shell = InteractiveShell()
        shell.run_line_magic("load_ext", "ntm_widgets")
        shell.run_line_magic("ntm", "rename 1 ice hockey")
    elif how == "method":
        bench.rename(1, "ice hockey")
    elif how == "function":
        bench.model.rename_topic(1, "ice hockey")
    else:
        bench.model.topic_labels = {1: "ice hockey"}
    named = [step.settings for step in bench.journal.steps if step.verb == "rename"]
    assert named == [{"topic": 1, "label": "ice hockey"}]
    bench.rename(1, "ice hockey")
    assert len([step for step in bench.journal.steps if step.verb == "rename"]) == 1, "the same name is no step"


def test_a_stopped_run_is_opened_and_a_resumed_one_trained(bench, texts):
    prepared(bench, texts)
    run = bench.train(num_topics=2, epochs=100_000)
    end = time.monotonic() + 60
    while run.epoch < 1 and time.monotonic() < end:
        run.wait(0.01)
    run.stop()  # past the workbench, as a button of another view may
    assert [step.verb for step in bench.journal.steps] == ["corpus", "vectorize", "train", "stop"]
    bench.rename(0, "kept")
    code = bench.journal.python()
    assert f"# this run was stopped after {run.epoch} epochs" in code and "# model.fit(bow)" in code
    made = executed(code, texts=texts)
    assert_same(made["bow"], made["model"], bench)
    assert f"%ntm load {Path('ntm_runs') / run.name}" in bench.journal.magics()
    assert_same(*(lambda again: (again.bow, again.model))(replayed(bench.journal.magics(), texts=texts)), bench)


def test_training_on(bench, texts):
    prepared(bench, texts).train(num_topics=2, epochs=2, wait=True)
    bench.rename(0, "forgotten with the old model")
    bench.resume(epochs=2, wait=True)
    made = executed(bench.journal.python(), texts=texts)
    assert made["run"].epoch == 4
    np.testing.assert_allclose(made["model"].components_, bench.model.components_, atol=1e-6)


def test_what_was_superseded_is_only_in_the_full_history(bench, texts):
    prepared(bench, texts, min_df=3).train(num_topics=3, epochs=1, wait=True)
    bench.load_corpus(texts, name="again")
    bench.vectorize(**COUNTING)
    bench.vectorize(**COUNTING, vocab_size=9)
    bench.train(num_topics=2, epochs=1, validation=0.25, wait=True)
    bench.vectorize(**COUNTING, vocab_size=5)
    shorter, full = bench.journal.python(), bench.journal.python(all=True)
    assert shorter.count("load_corpus") == 1 and full.count("load_corpus") == 2
    assert "num_topics=3" not in shorter and "num_topics=3" in full
    assert shorter.index("vocab_size=9") < shorter.index("ntm.NTM") < shorter.index("vocab_size=5")
    for code in (shorter, full):
        made = executed(code, texts=texts)
        assert_same(made["bow"], made["model"], bench)
    assert len(bench.journal.magics(all=True)) == len(bench.journal.steps) == 8


def test_the_seed_of_a_split_is_in_both_kinds_of_code(bench, texts):
    bench.seed = 7
    prepared(bench, texts, split=(0.5, 0.25, 0.25)).train(num_topics=2, epochs=1, wait=True)
    made = executed(bench.journal.python(), texts=texts)
    assert_same(made["bow"], made["model"], bench)
    np.testing.assert_array_equal(made["split"].test.doc_ids, bench.split.test.doc_ids)
    again = replayed(bench.journal.magics(), texts=texts)
    assert_same(again.bow, again.model, bench)
    np.testing.assert_array_equal(again.split.test.doc_ids, bench.split.test.doc_ids)


def test_objects_are_known_by_name_or_described(bench, texts):
    prepared(bench, texts, tokenizer=short, vocabulary=["orbit", "puck"])
    code = bench.journal.python()
    assert "ntm.load_corpus(texts)" in code and "tokenizer=short" in code and "['orbit', 'puck']" in code
    assert executed(code, texts=texts, short=short)["bow"].vocabulary == bench.bow.vocabulary
    assert replayed(bench.journal.magics(), texts=texts, short=short).bow.vocabulary == bench.bow.vocabulary
    bench.load_corpus(make_texts(1) * 20)
    assert "# documents = …  put here: a list of 1,600" in bench.journal.python()
    assert "%ntm corpus documents" in bench.journal.magics()
    assert len(executed(bench.journal.python(), documents=make_texts(1) * 20)["corpus"]) == 1600


def test_the_journal_keeps_no_documents_alive(bench):
    class Texts(list):
        pass

    documents = Texts(make_texts() * 20)
    gone = weakref.ref(documents)
    bench.load_corpus(documents)
    bench.corpus = None
    del documents
    gc.collect()
    assert gone() is None and "a Texts of 1,600" in bench.journal.python()


def test_what_fails_is_not_recorded(bench, texts):
    for step in (lambda: bench.load_corpus("nowhere.csv"), bench.vectorize, bench.train, bench.stop,
                 lambda: bench.rename(0, "none"), lambda: bench.save("model")):  # fmt: skip
        with pytest.raises((RuntimeError, OSError)):
            step()
    assert bench.journal.steps == () and bench.journal.magics() == [] and bench.journal.python() == ""


def test_files_models_and_sweeps(bench, texts, own_folder):
    (own_folder / "my texts.csv").write_text("body,kind\n" + "\n".join(f"{text},{n % 2}" for n, text in enumerate(texts)))
    bench.load_corpus(own_folder.relative_to(own_folder) / "my texts.csv", text="body", label="kind", drop_duplicates=True)
    bench.vectorize(**COUNTING)
    bench.sweep([2, 3], seeds=[4], epochs=1)
    bench.train(num_topics=2, epochs=1, wait=True)
    bench.save("kept model")
    bench.rename(1, "after saving")
    made = executed(bench.journal.python())
    assert_same(made["bow"], made["model"], bench)
    again = replayed(bench.journal.magics())
    assert_same(again.bow, again.model, bench)
    assert list(again.corpus.label_names) == ["0", "1"]
    again.load("kept model")
    assert "rename_topic" not in again.journal.python() and executed(again.journal.python())["model"].num_topics == 2
    assert "ntm.sweep(bow, num_topics=[2, 3], seeds=[4], epochs=1)" in bench.journal.python(all=True)


def test_every_setting_can_be_said_after_the_percent_sign():
    """The generated lines need an option for each parameter that changes a result."""
    unneeded = {"self", "source", "cache", "progress", "executor"}
    for verb, function in (("corpus", load_corpus), ("vectorize", BowVectorizer), ("train", NTM)):
        options = {option.name for option in VERBS[verb].options}
        named = set(inspect.signature(function).parameters) - unneeded
        assert named <= options, f"%ntm {verb} lacks {sorted(named - options)}"


def test_an_observer_hears_of_each_step_and_of_clearing(bench, texts):
    lengths = []
    bench.journal.observe(lambda change: lengths.append(len(change["new"])), "steps")
    prepared(bench, texts)
    bench.journal.clear()
    assert lengths == [1, 2, 0]


def test_stored_steps_that_are_no_steps_are_left_out():
    journal = Journal()
    journal.restore([{"verb": "corpus", "settings": {"source": "x.csv"}, "facts": {}}, {"verb": "__import__"}, {}])
    assert journal.magics() == ["%ntm corpus x.csv"]


def test_lists_with_numbers_that_are_none_are_python_too(bench, texts):
    labels = [float("nan"), "it's"] * (len(texts) // 2) + [None] * (len(texts) % 2)
    bench.load_corpus(list(texts), label=list(labels))
    line = next(one for one in bench.journal.steps if one.verb == "corpus").settings["label"]
    assert eval(python_value("label", line))[1::2][0] == "it's"  # noqa: S307
    assert eval(python_value("clip_gradient", [1.0, float("inf")])) == [1.0, float("inf")]  # noqa: S307
