"""`BowVectorizer` over executors, streams and other sources, and parameters that cannot be."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from vectorize_support import documents, report_of, same_bag

from ntm_widgets.data import blocks
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.corpus import Corpus
from ntm_widgets.data.terms import SurfaceCounts
from ntm_widgets.data.vectorize import BowVectorizer


@pytest.mark.parametrize("tokenizer", ["regex", pytest.param("lemma", marks=pytest.mark.data)])
def test_executors_give_the_same(tokenizer, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 64)
    texts = documents(400)
    serial = BowVectorizer(tokenizer=tokenizer, min_doc_words=2).fit_transform(texts, keep_tokens=True)
    spawned = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    for executor in (ThreadPoolExecutor(3), spawned):
        with executor:
            vectorizer = BowVectorizer(tokenizer=tokenizer, min_doc_words=2, executor=executor)
            bow = vectorizer.fit_transform(texts, keep_tokens=True)
            same_bag(bow, serial)
            np.testing.assert_array_equal(bow.tokens[0], serial.tokens[0])
            assert vectorizer.transform(texts[:70]).shape == (70, len(bow.vocabulary))


def test_an_error_in_a_worker_comes_through():
    def broken(text):
        raise RuntimeError("no tokens today")

    with ThreadPoolExecutor(2) as executor, pytest.raises(RuntimeError, match="no tokens today"):
        BowVectorizer(tokenizer=broken, executor=executor).fit(documents(10))


def test_a_stream_gives_the_same_in_two_passes(monkeypatch):
    texts, passes = documents(300), []

    def source():
        passes.append(1)
        return iter(texts)

    monkeypatch.setattr(blocks, "BLOCK_SIZE", 50)
    for parameters in ({}, {"ngram_range": (1, 2)}, {"stop_words": None}):
        streamed = BowVectorizer(tokenizer="stem", min_doc_words=2, **parameters)
        at_once = clone(streamed)
        passes.clear()
        same_bag(streamed.fit_transform(source, keep_tokens=True), at_once.fit_transform(texts))
        assert len(passes) == 2
        for changes in ({}, {"min_df": 5}, {"vocab_size": 4}, {"stop_words": ["game"]}):
            frame, _ = report_of(streamed, **changes)
            pd.testing.assert_frame_equal(frame, report_of(at_once, **changes)[0])


def test_a_stream_keeps_nothing_per_document():
    fitted = BowVectorizer(tokenizer="regex").fit(lambda: iter(documents(200)))
    assert fitted.fitted_.counted.cached is None
    assert not any(isinstance(value, SurfaceCounts | BagOfWords) for value in vars(fitted.fitted_.counted).values())


def test_a_stream_that_is_used_up_after_one_pass_is_refused():
    once = iter(documents(200))
    vectorizer = BowVectorizer(tokenizer="regex", min_doc_words=0)
    with pytest.raises(ValueError, match=r"200 documents in the first reading, 0 in the second.*fresh iterator"):
        vectorizer.fit_transform(lambda: once)
    assert not hasattr(vectorizer, "vocabulary_")


def test_sources():
    texts = documents(40)
    expected = BowVectorizer(tokenizer="regex", min_doc_words=2).fit_transform(texts)
    for source in (tuple(texts), pd.Series(texts), np.array(texts, dtype=object), iter(texts), (text for text in texts)):
        same_bag(BowVectorizer(tokenizer="regex", min_doc_words=2).fit_transform(source), expected)
    labels = np.arange(len(texts)) % 2
    corpus = Corpus(texts=texts, labels=labels, label_names=["even", "odd"], name="mine")
    bow = BowVectorizer(tokenizer="regex", min_doc_words=2).fit_transform(corpus)
    same_bag(bow, expected)
    np.testing.assert_array_equal(bow.labels, labels[bow.doc_ids])
    assert (bow.name, bow.label_names, bow.dropped) == ("mine", ["even", "odd"], 40 - len(bow))
    assert bow.dropped > 0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a text", "single string"),
        (pd.DataFrame({"body": ["x"]}), r"load_corpus\(table, text='column'\)"),
        (5, "got 5 of type int"),
        (["a", None], "document 1 is missing"),
        ([float("nan")], "document 0 is missing"),
        (["a", b"b"], "document 1 is of type bytes"),
        ([], "there are no documents"),
        (["", " ", "1 2"], "no words found in 3 documents"),
    ],
)
def test_bad_sources(source, message):
    with pytest.raises(ValueError, match=message):
        BowVectorizer(tokenizer="regex").fit(source)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"vocab_size": 0}, "vocab_size=0"),
        ({"vocab_size": 2.5}, "vocab_size=2.5"),
        ({"min_df": -1}, "min_df=-1"),
        ({"max_df": 1.5}, "max_df=1.5"),
        ({"max_df": True}, "max_df=True"),
        ({"stop": "never"}, "stop='never'"),
        ({"stop_words": "german"}, "stop_words='german'"),
        ({"ngram_range": (2, 1)}, "ngram_range"),
        ({"ngram_range": (1,)}, "ngram_range"),
        ({"min_doc_words": -1}, "min_doc_words=-1"),
        ({"tokenizer": "words"}, "expected one of 'lemma'"),
        ({"vocabulary": "abc"}, "vocabulary='abc'"),
        ({"vocabulary": []}, "at least one word"),
        ({"vocabulary": ["a", "a"]}, "each word once"),
        ({"vocabulary": ["a", 2]}, "expected words, got 2 of type int"),
        ({"vocabulary": ["absent"]}, r"has 0\): check the vocabulary, or keep them with min_doc_words=None"),
        ({"vocabulary": {"a": 0, "b": 2}}, "columns 0 … 1"),
        ({"min_df": 50}, "below min_df=50"),
        ({"min_df": 8, "max_df": 1.0, "stop_words": ["ice", "hockey"]}, r"no word is left of \d+ \(.*by min_df.*lower min_df"),
        ({"min_df": 1, "max_df": 1}, r"by max_df.*raise max_df"),
        ({"min_doc_words": 100, "min_df": 1}, "lower min_doc_words"),
        ({"stop_words": 3}, "^stop_words=3: expected a collection of words"),
        ({"stop_words": ["a", None]}, "^stop_words: expected words, got None"),
        ({"stop_words": pd.DataFrame({"a": ["x"]})}, "^stop_words=.*: expected"),
        ({"tokenizer": ["regex"]}, r"^tokenizer=\['regex'\]: expected one of"),
        ({"tokenizer": None}, "^tokenizer=None"),
        ({"tokenizer": lambda text: 3}, "^the tokenizer returned a int"),
        ({"tokenizer": lambda text: None}, "^the tokenizer returned a NoneType"),
        ({"stop": np.array([1, 2])}, "^stop="),
        ({"ngram_range": None}, "^ngram_range=None: expected"),
        ({"ngram_range": 2}, "^ngram_range=2: expected"),
        ({"ngram_range": "12"}, "^ngram_range='12': expected"),
        ({"ngram_range": (1, 10**9)}, "^ngram_range=.*: expected .* ≤ 20"),
        ({"ngram_range": (True, 2)}, "^ngram_range="),
        ({"min_doc_words": True}, "^min_doc_words=True"),
        ({"min_doc_words": float("nan")}, "^min_doc_words=nan"),
        ({"min_df": float("nan")}, "^min_df=nan"),
        ({"vocabulary": 3}, "^vocabulary=3: expected"),
        ({"vocabulary": {"ice": 0.5}}, "columns 0 … 0"),
        ({"executor": 3}, "^executor=3: expected a concurrent.futures.Executor"),
        ({"executor": ""}, "^executor=''"),
        ({"keep": 3}, "^keep=3: expected a collection of words"),
        ({"keep": np.array([1, 2])}, "^keep: expected words, got"),
        ({"drop": "ice"}, r"^drop='ice': expected a collection of words such as \['ice'\]"),
    ],
)
def test_bad_parameters_say_what_to_change(parameters, message):
    texts = ["ice hockey goal", "ice hockey", "hockey goal ice", "goal goal ice hockey"] * 2
    with pytest.raises(ValueError, match=message):
        BowVectorizer(**{"tokenizer": "regex", "min_doc_words": 0, **parameters}).fit_transform(texts)


def test_numbers_of_numpy_are_numbers_and_are_saved_as_such(tmp_path):
    given = {"vocab_size": np.int64(3), "min_df": np.float32(0.1), "max_df": np.float64(1), "min_doc_words": np.uint8(0)}
    made = BowVectorizer(tokenizer="regex", ngram_range=np.array([1, 1]), **given).fit_transform(documents(50))
    made.save(tmp_path / "bow")
    assert made.num_words == 3 and BagOfWords.load(tmp_path / "bow").vectorizer == made.vectorizer


@pytest.mark.parametrize("text", [None, 3, b"a text", ["a text"]])
def test_what_is_no_text_is_not_tokenised(text):
    vectorizer = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(50))
    for call in (vectorizer.tokenize, vectorizer.analyze):
        with pytest.raises(TypeError, match=r"^text=.*: expected a text"):
            call(text)


def test_progress_must_be_a_function():
    with pytest.raises(TypeError, match=r"^progress=3: expected a function"):
        BowVectorizer(tokenizer="regex").fit(documents(50), progress=3)


@pytest.mark.parametrize("given", [3, None, "a text"])
def test_a_function_that_gives_no_texts_is_named(given):
    with pytest.raises(TypeError, match=r"^the function returned .*, expected an iterator of texts"):
        BowVectorizer(tokenizer="regex").fit(lambda: given)
