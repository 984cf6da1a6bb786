"""No step is a dead end: short texts, words counted anew, an earlier run in a fresh process, and what a studio says instead of a magic."""

import random
import threading
from pathlib import Path

import pytest
from support import until

from ntm_widgets.core.events import Event
from ntm_widgets.ui.flow import steps_of
from ntm_widgets.ui.query_panel import QueryPanel, model_of
from ntm_widgets.ui.studio import Studio
from ntm_widgets.ui.topic_browser import TopicBrowser
from ntm_widgets.ui.training_panel import TrainingPanel, not_brought, open_earlier
from ntm_widgets.ui.words_panel import VectorizerPanel
from ntm_widgets.ui.workbench import NotReady, Workbench

THEMES = ("team goal puck skate coach season hockey game", "orbit launch rocket moon shuttle nasa mission space")


def texts(words=20, seed=0):
    draw = random.Random(seed)
    return [" ".join(draw.choices(THEMES[number % 2].split(), k=words)) for number in range(80)]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    bench = Workbench(on_wait=lambda run: run.wait())
    yield bench
    if bench.run is not None and bench.run.status == "running":
        bench.run.stop()


@pytest.fixture
def trained(bench):
    bench.load_corpus(texts(), name="two subjects")
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    bench.train(num_topics=2, epochs=1, wait=True)
    return bench


def lines(bench):
    return {step["name"]: step["line"] for step in steps_of(bench)}


def test_short_texts_are_kept_by_one_click(bench):
    bench.load_corpus([*texts(12), *texts(40)[:20]])
    panel = VectorizerPanel(bench)
    panel.settings = {"tokenizer": "regex"}
    panel.words.table()
    assert panel.words.state["kept"] == 20 and panel.words.state["lower"] == (11, 100)
    panel.words.answer_lower(rows={})
    assert panel.settings["min_doc_words"] == 11 and panel.words.table().documents_kept == 100
    panel.apply()
    assert lines(bench)["words"] == "16 words"
    with pytest.raises(ValueError, match="drops few documents"):
        panel.words.answer_lower(rows={})
    panel.settings = {"min_doc_words": 25}
    panel.apply()
    assert lines(bench)["words"] == "16 words · 20 of 100 documents"
    panel.settings = {"min_doc_words": 60}
    panel.words.table()
    assert panel.words.state["kept"] == 0 and panel.words.state["lower"] == (11, 100)


def test_a_minimum_that_few_would_pass_is_not_offered(bench):
    bench.load_corpus(["orbit moon"] * 8 + ["the of and"] * 12)
    panel = VectorizerPanel(bench)
    panel.settings = {"tokenizer": "regex", "min_df": 1, "min_doc_words": 0}
    assert panel.words.table().documents_kept == 8 and panel.words.state["lower"] is None


def test_words_counted_anew_are_said_and_topics_keep_their_documents(trained):
    browser = TopicBrowser(bench=trained)
    before = browser.answer_documents(0)
    trained.vectorize(tokenizer="regex", min_doc_words=1, drop=["puck"])
    step = steps_of(trained)[2]
    assert (step["state"], step["line"]) == ("next", "trained on other words") and "Start" in step["help"]
    assert browser.answer_overview().value["anew"] and browser.answer_documents(0).value == before.value
    assert browser.answer_text(0, 0).value["note"] == ""
    trained.train(num_topics=2, epochs=1, wait=True)
    assert lines(trained)["train"] == "1 epoch" and not browser.answer_overview().value["anew"]


def test_a_model_has_documents_before_words_are_counted(trained, tmp_path):
    trained.save(tmp_path / "model")
    other = Workbench()
    other.load(tmp_path / "model")
    other.load_corpus(texts(seed=1))
    browser = TopicBrowser(bench=other)
    assert len(browser.documents) == 2 * 5 and browser.answer_overview().value["anew"] == ""
    other.load_corpus(["nothing that it knows"] * 3)
    with pytest.raises(ValueError, match="none of these documents"):
        browser.answer_documents(0)
    assert browser.answer_proof().value["unit"] != "occurrences"


def test_an_earlier_run_brings_its_counts_into_a_fresh_process(trained):
    trained.train(num_topics=2, epochs=1, validation=0.1, name="held-out", wait=True)
    fresh = Workbench()
    run = open_earlier(fresh, "held-out")
    assert "texts are not kept" in not_brought(fresh, run)
    assert (fresh.bow.num_documents, fresh.split.validation.num_documents) == (80, 8) and (fresh.bow.counts != trained.bow.counts).nnz == 0
    assert fresh.vectorizer.tokenizer == "regex" and fresh.vectorizer.min_doc_words == 1
    assert [step["state"] for step in steps_of(fresh)] == ["missing", "done", "done", "done", "done"]
    assert "keeps counts" in steps_of(fresh)[0]["help"]
    form = TrainingPanel(fresh).form
    assert form.missing == "" and form.data["documents"] == 72
    assert TopicBrowser(bench=fresh).answer_documents(0).value["documents"][0]["beginning"] == ""
    studio = Studio(fresh)
    assert studio.panel("words").words.result.startswith("80 documents × 16 words") and not studio.uncounted()
    studio.close()
    fresh.load_corpus(texts())
    assert fresh.run is not None and fresh.model_ is not None and not_brought(fresh, run) == ""
    assert len(TopicBrowser(bench=fresh).answer_documents(0).value["documents"][0]["beginning"]) > 20
    fresh.train(num_topics=2, epochs=1, wait=True)
    code = {"texts": texts()}
    exec(fresh.journal.python().replace("documents = …", ""), code | {"documents": texts()})
    fresh.load_corpus(texts(seed=1))
    assert fresh.run is None and fresh.bow is None


def test_earlier_runs_are_said_where_nothing_else_is_there(trained):
    trained.train(num_topics=2, epochs=1, wait=True)
    fresh = Workbench()
    assert [step["help"].endswith("Or open one of the 2 earlier runs in Train.") for step in steps_of(fresh)] == [False, False, False, True, True]
    studio = Studio(fresh)
    documents, form = studio.panel("documents").documents, studio.panel("train").form
    documents.answer_show()
    assert (documents.earlier, form.earlier) == (2, 2)
    form.answer_open("run-001")
    until(lambda: documents.earlier == 0)
    assert form.earlier == 0 and "earlier" not in str(steps_of(fresh))
    studio.close()


def test_what_an_opened_run_did_not_bring_is_said_until_it_is_there(trained):
    fresh = Workbench()
    form = TrainingPanel(fresh).form
    assert form.answer_open("run-001") == form.opened and "run-001 is open with its counts. Its texts are not kept" in form.opened
    fresh.load_corpus(texts())
    assert form.opened == "run-001 is open."
    fresh.train(num_topics=2, epochs=1, wait=True)
    assert form.opened == ""


def test_an_earlier_run_of_other_documents_leaves_those_that_are_there(trained):
    name = trained.run.name
    trained.load_corpus(texts(seed=1), name="others")
    trained.vectorize(tokenizer="regex", min_doc_words=1, drop=["puck"])
    bow = trained.bow
    open_earlier(trained, name)
    assert trained.bow is bow and trained.corpus.name == "others" and lines(trained)["train"] == "trained on other words"


def test_an_earlier_run_with_other_words_brings_them_back(trained):
    name, words = trained.run.name, trained.bow.vocabulary
    trained.vectorize(tokenizer="regex", min_doc_words=1, drop=["puck"])
    open_earlier(trained, name)
    assert trained.bow.vocabulary == words and trained.corpus is not None and lines(trained)["train"] == "1 epoch"
    assert trained.vectorizer.get_params()["drop"] is None


def test_counts_that_are_gone_or_of_a_bare_matrix_are_no_obstacle(bench):
    from ntm_widgets.core.estimator import NTM
    from ntm_widgets.runs.runs import start_run

    run = start_run(NTM(2, epochs=1), [[1.0, 2.0], [0.0, 3.0]] * 20, folder=bench.runs_folder, background=False)
    open_earlier(bench, run.name)
    assert bench.bow is None and bench.model_ is not None and "not kept with it" in not_brought(bench, run)


def test_of_two_who_press_start_one_is_refused(bench, monkeypatch):
    bench.load_corpus(texts())
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    inside, go = threading.Event(), threading.Event()
    from ntm_widgets.runs import runs

    begin = runs.start_run

    def slowly(*given, **named):
        inside.set()
        assert go.wait(30)
        return begin(*given, **named)

    monkeypatch.setattr(runs, "start_run", slowly)
    panels = [TrainingPanel(bench), TrainingPanel(bench)]
    first = threading.Thread(target=panels[0].start, kwargs={"num_topics": 2, "epochs": 1})
    first.start()
    assert inside.wait(30)
    with pytest.raises(NotReady, match="a run is being prepared just now"):
        panels[1].start(num_topics=3)
    with pytest.raises(NotReady, match="a run is being prepared just now"):
        bench.load_corpus(texts())
    go.set()
    first.join(60)
    bench.run.wait()
    assert [path.name for path in Path(bench.runs_folder).glob("run-*")] == ["run-001"]
    monkeypatch.setattr(runs, "start_run", lambda *given, **named: (_ for _ in ()).throw(OSError("the disk is full")))
    with pytest.raises(OSError, match="disk is full"):
        bench.train(num_topics=2)
    monkeypatch.setattr(runs, "start_run", begin)
    assert bench.train(num_topics=2, epochs=1, wait=True).name == "run-002"  # a failure gives the bench back


def test_the_model_before_stands_in_while_another_is_trained(trained):
    browser, query, before = TopicBrowser(bench=trained), QueryPanel(bench=trained), trained.model_
    browser.topic, revision = 1, browser.revision
    run = trained.train(num_topics=2, epochs=100_000)
    late = TopicBrowser(bench=trained), QueryPanel(bench=trained)
    assert [one.model for one in (browser, query, *late)] == [before] * 4 and browser.topic == 1 and browser.revision == revision
    assert browser.status["message"].startswith(f"{run.name} has no topics yet") and query.status.startswith(run.name)
    assert [(step["state"], step["line"]) for step in steps_of(trained)[3:]] == [("done", "of the model before")] * 2
    with pytest.raises(ValueError, match="is to replace these topics"):
        browser.answer_rename(0, "hockey")
    ended = threading.Event()

    def heard(event: Event) -> None:
        if event.kind == "finished":
            ended.set()

    while run.epoch < 1:
        run.wait(0.01)
    run.subscribe(heard)
    trained.stop()
    assert ended.wait(30)
    assert trained.model is not before and browser.model is trained.model_ and browser.status["message"] == "" and trained.before_ is None
    assert model_of(trained, before)[0] is trained.model_


def test_other_documents_say_where_the_model_went(trained):
    name, browser = trained.run.name, TopicBrowser(bench=trained)
    trained.load_corpus(texts(seed=1))
    assert browser.model is None and name in browser.status["inside"] and "earlier runs" in browser.status["inside"]
    trained.vectorize(tokenizer="regex", min_doc_words=1)
    assert (browser.status["step"], browser.status["offer"]) == ("train", "train") and name in browser.status["inside"]
    open_earlier(trained, name)
    assert trained.left == ""


def test_in_a_studio_steps_are_named_and_alone_magics(bench):
    alone, studio = TopicBrowser(bench=bench), Studio(bench)
    inside = studio.panel("topics")
    assert (alone.in_studio, inside.in_studio) == (False, True)
    assert "%ntm" in alone.status["message"] and (inside.status["step"], studio.panel("ask").step) == ("documents", "documents")
    bench.load_corpus(texts())
    assert (inside.status["step"], studio.panel("ask").step) == ("words", "words") and "%ntm" not in inside.status["inside"]
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    assert (inside.status["step"], studio.panel("ask").step) == ("train", "train")
    bench.train(num_topics=2, epochs=100_000)
    documents, sent = studio.panel("documents").documents, []
    documents.send = lambda content, buffers=(): sent.append(content)
    documents._asked(None, {"op": "load", "id": 1, "source": "pydocs"}, [])
    while not sent:
        bench.run.wait(0.05)
    assert sent[0]["step"] == "train" and "stop it in Train" in sent[0]["error"] and "%ntm" not in sent[0]["error"]
    studio.close()


def test_changes_that_are_not_counted_show_in_the_steps(bench):
    bench.load_corpus(texts())
    bench.vectorize(tokenizer="regex", min_doc_words=1)
    studio = Studio(bench)
    assert not studio.uncounted()
    panel = studio.panel("words")
    panel.choose("puck", "out")
    studio._later.flush()
    studio._tell()
    assert studio.head.steps[1]["line"] == "changed, not counted" and "Count again" in studio.head.steps[1]["help"]
    panel.apply()
    studio._tell()
    assert studio.head.steps[1]["line"] == "15 words"
    studio.close()
