"""The query panel without a browser: what it answers, whom it follows, and what it refuses."""

import random
import time

import numpy as np
import pytest
import traitlets
from leaks import leaks
from support import HOSTILE, one_line

import ntm_widgets as ntm
from ntm_widgets.ui.query_panel import QueryPanel
from ntm_widgets.ui.query_reading import comparable_documents, packed, read_text, reader_of, similar_rows
from ntm_widgets.ui.workbench import Bench

THEMES = ["hockey team game goal season player coach league", "space nasa orbit launch rocket moon shuttle earth",
          "key encryption chip clipper secure privacy code algorithm"]  # fmt: skip


@pytest.fixture(scope="module")
def corpus():
    rng = random.Random(0)
    themes = [i % 3 for i in range(240)]
    return ntm.load_corpus([" ".join(rng.choices(THEMES[theme].split(), k=40)) for theme in themes], label=themes)


@pytest.fixture(scope="module")
def bow(corpus):
    return ntm.BowVectorizer(tokenizer="regex").fit_transform(corpus)


@pytest.fixture(scope="module")
def model(bow):
    return ntm.NTM(num_topics=4, epochs=5).fit(bow)


@pytest.fixture
def query(model, bow, corpus):
    panel = QueryPanel(model, bow, corpus)
    yield panel
    panel.close()


def test_answers_as_the_model_does(query, model):
    assert query.mixture is None
    query.text = f"The shuttle 🚀 {HOSTILE} and a hockey game"
    assert np.allclose(query.mixture.theta, model.query(query.text).theta, atol=1e-6)
    assert query.mixture.tokens == model.query(query.text).tokens
    assert set(query.mixture.words["word"]) == {"shuttle", "hockey", "game"}


def test_every_page_hears_what_one_of_them_typed(query, monkeypatch):
    """The text comes back as an echo, for the pages that did not send it; Python's own change is told once."""
    told = []
    monkeypatch.setattr(query, "_send", lambda message, buffers=None: told.append((message["method"], message["state"].get("text"))))
    query.set_state({"text": "typed in one page"})
    query.text = "set in Python"
    assert [one for one in told if one[1] is not None] == [("echo_update", "typed in one page"), ("update", "set in Python")]


def test_what_is_drawn_agrees_with_the_claims(query, model):
    query.text = "rocket 🚀🚀 hockey rocket"
    said, arrays = query.answer_read().value["columns"][0], query.answer_read().buffers
    weights, spans, kinds = (np.frombuffer(part, kind) for part, kind in zip(arrays, ("f4", "u4", "i4"), strict=False))
    units = said["text"].encode("utf-16-le")
    assert [units[2 * a : 2 * b].decode("utf-16-le") for a, b in spans.reshape(-1, 2)] == ["rocket", "hockey", "rocket"]
    assert [said["terms"][kind] for kind in kinds] == ["rocket", "hockey", "rocket"]
    winners = dict(zip(said["terms"], np.frombuffer(arrays[3], "i2").reshape(2, -1)[:, 0], strict=True))
    assert winners == dict(zip(query.mixture.words["word"], query.mixture.words["topic"], strict=True))
    assert np.allclose(weights, query.mixture.theta)


def test_a_megabyte_is_analysed_whole_and_sent_in_part(model):
    reader = reader_of(model)
    text = ("the rocket flies to the moon, hockey! " * 30_000)[:1_000_000]
    read = read_text(reader, text)
    said, arrays = packed(reader, read)
    assert read.known > 75_000 and said["known"] == read.known
    assert len(said["text"]) < 20_100 and len(said["text"]) + said["rest"] == len(text)
    assert sum(map(len, arrays)) < 100_000
    assert packed(reader, read, upto=10**7)[0]["rest"] == 0


@pytest.mark.parametrize("text", ["", "  \n", "the of and", "qwertz", "żółw שלום \u202e", "\x00\ud800", "\u0301\u200d", "?"])
def test_texts_without_a_mixture_say_why(query, text):
    query.text = text
    column = query.answer_read().value["columns"][0]
    assert query.mixture is None and column["state"] in ("empty", "unknown")
    assert column["message"] and "\n" not in column["message"]
    assert column["state"] == "empty" or "for example: " in column["message"]
    assert query.similar.empty and "\ud800" not in query.text


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("text", 5_000_001 * "x", "at most 5,000,000"),
        ("topic", 4, "expected None or a number from 0 to 3"),
        ("topic", -1, "topic=-1"),
        ("document", 240, "from 0 to 239"),
    ],
)
def test_refusals_name_the_value_and_what_is_allowed(query, name, value, expected):
    before = getattr(query, name)
    with pytest.raises(traitlets.TraitError) as error:
        setattr(query, name, value)
    assert expected in one_line(error) and getattr(query, name) == before


def test_similar_documents_speak_of_the_same(query, corpus):
    query.text = "rocket launch orbit moon"
    assert len(query.similar) == 5 and set(query.similar["label"]) == {"1"}
    query.document = 3
    assert 3 not in query.similar["document"].tolist() and query.similar["similarity"].is_monotonic_decreasing


def test_models_that_read_counts_compare_topic_weights(bow, corpus):
    panel = QueryPanel(ntm.NTM(num_topics=3, recipe="sagemaker", epochs=2).fit(bow), bow, corpus)
    panel.text = "rocket launch"
    assert panel.answer_similar()["how"] == "overlap of topic weights" and panel.similar["similarity"].between(0, 1.0001).all()
    panel.close()


def test_a_document_takes_the_place_of_a_text_and_gives_it_back(query, corpus):
    query.text = "my own words"
    query.document = 5
    assert query.text == corpus.texts[5] and query.answer_read().value["columns"][0]["title"] == "Document 5, 2"
    query.document = 6
    query.answer_back()
    assert (query.text, query.document, query.earlier) == ("my own words", None, 0)
    query.document = 5
    query.text = corpus.texts[5] + " more"
    assert query.document is None


def test_pinned_texts_stand_beside_the_present_one(query):
    for text in ("rocket", "hockey", "chip"):
        query.text = text
        query.answer_pin()
        query.pin()
    assert [column["title"] for column in query.answer_read().value["columns"]] == ["This text", "“rocket”", "“hockey”", "“chip”"]
    assert query.pinned.shape == (4, 4) and np.allclose(query.pinned.sum(axis=1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="remove one first") as error:
        query.answer_pin(document=3)
    one_line(error)
    query.answer_unpin(1)
    assert list(query.pinned.index) == ["This text", "“rocket”", "“chip”"]
    with pytest.raises(ValueError, match="empty"):
        query.pin(" ")


def test_follows_labels_of_its_model(query, model):
    model.rename_topic(2, HOSTILE)
    assert query.labels[2] == HOSTILE
    query.close()
    model.rename_topic(2, "other")
    assert query.labels[2] == HOSTILE


def test_follows_the_bench(model, bow, corpus):
    bench = Bench()
    panel = QueryPanel(bench=bench)
    assert "No model yet" in panel.status and panel.answer_read().value == {"columns": []}
    assert panel.similar.empty and panel.pinned.empty and "No model yet" in panel.plain()["text/plain"]
    version = panel.version
    bench.corpus = corpus
    bench.bow = bow
    bench.model_ = model
    panel.text = "rocket"
    assert panel.status == "" and panel.documents == 240 and panel.mixture is not None and panel.version > version
    assert len(panel.similar) == 5
    bench.corpus = ntm.load_corpus(["another corpus of one text"])
    assert panel.documents == 1
    panel.close()
    assert not any(panel._follow in found for found in bench._trait_notifiers.get("model_", {}).values())


def test_the_last_model_answers_while_the_next_one_trains(model, bow, corpus, tmp_path):
    bench = Bench(runs_folder=str(tmp_path))
    bench.corpus, bench.bow, bench.model_ = corpus, bow, model
    panel = QueryPanel(bench=bench)
    panel.text = "rocket"
    run = bench_train(bench)
    assert bench.model_ is None and panel.model is model and "the one before it answers" in panel.status
    assert panel.mixture is not None
    wait_until(lambda: run.epoch > 0)
    run.stop(timeout=None)
    wait_until(lambda: bench.model_ is not None)
    assert panel.model is bench.model_ is not model and panel.status == ""
    panel.close()


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.01)


def bench_train(bench):
    from ntm_widgets.ui.workbench import start_training

    return start_training(bench, num_topics=3, epochs=2000)


def test_models_that_cannot_read_text_say_so_in_a_line(bow):
    bare = QueryPanel(ntm.NTM(num_topics=2, epochs=1).fit(bow.counts))
    assert "bare matrix" in bare.status and "\n" not in bare.status and bare.mixture is None
    bare.close()
    counted = ntm.BowVectorizer(tokenizer=str.split, min_df=1, min_doc_words=None).fit_transform(["rocket moon " * 20, "hockey goal " * 20] * 30)
    model = ntm.NTM(num_topics=2, epochs=1).fit(counted)
    model.tokenizer_ = None
    panel = QueryPanel(model)
    assert "set model.tokenizer_" in panel.status and panel.mixture is None
    panel.close()


def test_the_plain_output_is_small_and_holds_no_markup_of_the_text(query, model):
    query.text = f"{HOSTILE} rocket " * 20_000
    bundle = query.plain()
    assert len(bundle["text/html"]) < 100_000 and "<img" not in bundle["text/html"] and "<script" not in bundle["text/html"]
    assert "topic weight" in bundle["text/plain"] and "rocket" in bundle["text/plain"]


def test_code_gives_the_same(query, model):
    query.text = 'say "rocket"\n'
    scope = {"model": model}
    exec(query.answer_code().splitlines()[0], scope)
    assert np.allclose(scope["mixture"].theta, query.mixture.theta, atol=1e-6)


def test_shards_of_other_documents_than_the_corpus_are_not_taken_for_it(model, bow, corpus, tmp_path):
    """Shards number their documents by themselves: where some were left out, similar documents would be others' texts."""
    kept = [i for i in range(240) if i % 5]
    part = ntm.ShardedBagOfWords.write(tmp_path / "part", [bow[kept]], vocabulary=bow.vocabulary)
    whole = ntm.ShardedBagOfWords.write(tmp_path / "whole", [bow], vocabulary=bow.vocabulary)
    reader = reader_of(model)
    read = read_text(reader, corpus.texts[7])
    for shards in (part, whole):
        documents = comparable_documents(reader, shards, corpus)
        assert len(documents.positions) == 240
        assert similar_rows(documents, corpus, read)[0]["document"] == 7
    assert len(comparable_documents(reader, part, None).positions) == len(kept)


def test_nothing_is_left_of_closed_panels(model, bow, corpus):
    def used():
        panel = QueryPanel(model, bow, corpus)
        panel.text = "space nasa orbit"
        panel.answer_read()
        panel.answer_similar()
        return panel

    assert leaks(used) == []
