"""`BowVectorizer` against scikit-learn and against itself: refits, executors, streams, saved settings, interruptions."""

import json
import multiprocessing
import random
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ntm_widgets.data import blocks
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.corpus import Corpus
from ntm_widgets.data.terms import SurfaceCounts
from ntm_widgets.data.tokenize import TOKENIZERS, stop_list, terms_of
from ntm_widgets.data.vectorize import BowVectorizer

WORDS = [
    *("game", "games", "goal", "goals", "was", "has", "does", "wa", "ha", "the", "not", "it's", "don't", "cannot", "hockey."),
    *("Rockets", "rocket", "launch", "launched", "mice", "mouse", "women", "men", "us", "über", "東京", "ice,hockey"),
    *("(space)", '"orbit"', "news", "x", "3rd", "U.S."),
]


def documents(number: int, seed: int = 0, length: int = 12) -> list[str]:
    """Texts of words with very different frequencies and many ties."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return [" ".join(rng.choices(WORDS, weights, k=rng.randrange(length + 1))) for _ in range(number)]


def same_bag(one, other):
    assert one.vocabulary == other.vocabulary
    assert (one.counts != other.counts).nnz == 0
    np.testing.assert_array_equal(one.doc_ids, other.doc_ids)


def peer(tokenizer, stop="before", stop_words=None, **parameters):
    """CountVectorizer over the plain definition of a tokenizer."""
    stops = stop_list() if stop_words is None else stop_words
    return CountVectorizer(
        tokenizer=lambda text: terms_of(text, TOKENIZERS[tokenizer], stops, stop), token_pattern=None, lowercase=False, **parameters
    )


PARAMETERS = st.fixed_dictionaries(
    {
        "vocab_size": st.sampled_from([None, 3, 10, 1000]),
        "min_df": st.sampled_from([1, 2, 3, 0.05, 0.2]),
        "max_df": st.sampled_from([1.0, 0.5, 0.9, 20]),
        "stop": st.sampled_from(["before", "after"]),
        "stop_words": st.sampled_from([None, "english", ("was", "game", "rockets", "x")]),
        "ngram_range": st.sampled_from([(1, 1), (1, 2), (2, 3)]),
    }
)
CHOICES = st.fixed_dictionaries(
    {
        "keep": st.sampled_from([None, ["was"], ["us", "3rd"], ["games", "game rocket"]]),
        "drop": st.sampled_from([None, ["game"], ["mouse", "wa"], ["ice hockey", "über"]]),
    }
)


@pytest.mark.data
@settings(max_examples=60, deadline=None)
@given(PARAMETERS, st.sampled_from(["lemma", "regex", "stem"]), st.integers(0, 10**6))
def test_equals_count_vectorizer(parameters, tokenizer, seed):
    texts = documents(40, seed)
    ours = BowVectorizer(tokenizer=tokenizer, min_doc_words=None, **parameters)
    limits = {"max_features": parameters["vocab_size"], "min_df": parameters["min_df"], "max_df": parameters["max_df"]}
    plain = peer(tokenizer, parameters["stop"], stop_list(parameters["stop_words"]), ngram_range=parameters["ngram_range"], **limits)
    try:
        counts = plain.fit_transform(texts)
    except ValueError:
        with pytest.raises(ValueError, match=r"no word|max_df"):
            ours.fit(texts)
        return
    bow = ours.fit_transform(texts, keep_tokens=seed % 2 == 0)
    assert bow.vocabulary == list(plain.get_feature_names_out())
    assert (bow.counts != counts).nnz == 0
    assert (ours.transform(texts).counts != counts).nnz == 0
    for row in (0, 7):
        known = [column for _, column in ours.analyze(texts[row]) if column is not None]
        np.testing.assert_array_equal(np.bincount(known, minlength=len(bow.vocabulary)), bow.counts[row].toarray().ravel())
        if bow.tokens is not None:
            assert bow.tokens[0][bow.tokens[1][row] : bow.tokens[1][row + 1]].tolist() == known


@pytest.mark.data
def test_equals_count_vectorizer_on_posts(newsgroups):
    texts = newsgroups.texts[:1500]
    bow = BowVectorizer(min_doc_words=None).fit_transform(texts)
    plain = peer("lemma", max_features=2000, min_df=2, max_df=0.95)
    counts = plain.fit_transform(texts)
    assert bow.vocabulary == list(plain.get_feature_names_out())
    assert (bow.counts != counts).nnz == 0


class LemmaTokenizer:
    """The seed notebook's tokenizer, as its cell has it."""

    def __init__(self):
        from nltk.stem import WordNetLemmatizer

        self.wnl = WordNetLemmatizer()

    def __call__(self, doc):
        from nltk import word_tokenize

        token_pattern = re.compile(r"(?u)\b\w\w+\b")
        tokens = [t for t in word_tokenize(doc) if len(t) >= 2 and re.match("[a-z].*", t) and re.match(token_pattern, t)]
        return [self.wnl.lemmatize(t) for t in tokens]


@pytest.mark.data
def test_seed_is_the_notebooks_cell():
    text = "Dogs' games. He was here; über-cool U.S. cars! It's 3rd. \"Has she?\" cannot"
    terms = LemmaTokenizer()(text.lower())
    assert terms_of(text, TOKENIZERS["seed"], frozenset(), "after") == terms
    assert terms_of(text, TOKENIZERS["seed"], stop_list(), "after") == [term for term in terms if term not in stop_list()]


@pytest.mark.data
def test_seed_reproduces_the_notebooks_cell(newsgroups):
    texts = newsgroups.texts[:600]
    notebook = CountVectorizer(
        input="content", analyzer="word", stop_words="english", tokenizer=LemmaTokenizer(), max_features=500, max_df=0.95, min_df=2
    )
    with pytest.warns(UserWarning):
        counts = notebook.fit_transform(texts)
    bow = BowVectorizer(tokenizer="seed", stop="after", vocab_size=500).fit_transform(texts)
    kept = np.asarray(counts.sum(axis=1)).ravel() > 25
    assert bow.vocabulary == list(notebook.get_feature_names_out())
    assert (bow.counts != counts[kept]).nnz == 0
    assert bow.dropped == (~kept).sum()
    assert {"wa", "ha"} <= set(bow.vocabulary)


def report_of(vectorizer, **changes):
    frame = vectorizer.vocabulary_report(**changes)
    return frame.astype({"status": str, "reason": str}).sort_values("term").reset_index(drop=True), frame.attrs


@pytest.mark.data
@settings(max_examples=80, deadline=None)
@given(PARAMETERS, st.integers(0, 12), st.sampled_from(["lemma", "stem"]), st.integers(0, 100))
def test_report_equals_the_report_of_a_fresh_fit(changes, min_doc_words, tokenizer, seed):
    texts = documents(50, seed)
    base = BowVectorizer(tokenizer=tokenizer, min_df=1, max_df=1.0, min_doc_words=0).fit(texts)
    changes = {**changes, "min_doc_words": min_doc_words}
    fresh = clone(base).set_params(**changes)
    try:
        kept = fresh.fit_transform(texts)
    except ValueError as error:
        if "min_doc_words" not in str(error):
            return
        kept = []
        fresh.set_params(min_doc_words=None).fit(texts)
        fresh.set_params(min_doc_words=min_doc_words)
    found, about = report_of(base, **changes)
    expected, about_fresh = report_of(fresh)
    pd.testing.assert_frame_equal(found, expected)
    assert about == about_fresh
    assert about["documents_kept"] == len(kept)
    assert set(found[found.status == "in"].term) == set(fresh.vocabulary_)
    assert about["vocabulary_size"] == len(fresh.vocabulary_)


def words_in(report):
    return set(report[report.status == "in"].term)


@pytest.mark.data
@settings(max_examples=60, deadline=None)
@given(PARAMETERS, CHOICES, st.sampled_from(["lemma", "regex", "stem"]), st.integers(0, 10**6))
def test_words_kept_and_dropped_stay_so_under_any_rules(parameters, choices, tokenizer, seed):
    texts = documents(40, seed)
    plain = BowVectorizer(tokenizer=tokenizer, min_df=1, max_df=1.0, min_doc_words=None).fit(texts)
    chosen = BowVectorizer(tokenizer=tokenizer, min_doc_words=None, **parameters, **choices)
    try:
        bow = chosen.fit_transform(texts, counted=plain.fitted_.counted)
    except ValueError as error:
        assert re.search(r"no word|max_df", str(error))
        return
    same_bag(bow, clone(chosen).fit_transform(texts))  # the count that was there gives what counting anew gives
    same_bag(bow, BowVectorizer.from_settings(bow.vectorizer, bow.vocabulary).transform(texts))
    occurring = set(chosen.vocabulary_report().term)
    assert not set(choices["drop"] or ()) & set(bow.vocabulary)
    assert set(choices["keep"] or ()) & occurring <= set(bow.vocabulary)
    if parameters["vocab_size"] and parameters["vocab_size"] >= 10:
        assert len(bow.vocabulary) <= parameters["vocab_size"]
    assert words_in(plain.vocabulary_report(**parameters, **choices)) == set(bow.vocabulary)


def test_a_kept_stop_word_is_counted_as_it_stands():
    texts = ["us and the games", "the game of us", "us it was"]
    lemma = BowVectorizer(tokenizer="regex", min_df=1, min_doc_words=0, max_df=1.0, keep=["us"])
    bow = lemma.fit_transform(texts)
    assert "us" in bow.vocabulary and bow.counts[:, bow.vocabulary.index("us")].sum() == 3
    assert lemma.tokenize("us and games") == ["us", "games"]
    two = BowVectorizer(tokenizer="regex", min_df=1, min_doc_words=0, max_df=1.0, keep=["us"], ngram_range=(1, 2))
    assert "games us" not in two.fit(texts).vocabulary_ and "us games" in two.vocabulary_


def test_a_choice_is_the_reason_of_a_report():
    texts = ["the cat sat", "the cat ran", "the dog ran far away", "the cat the end"]
    fitted = BowVectorizer(tokenizer="regex", min_df=2, stop_words=["the"], min_doc_words=0).fit(texts)
    report = fitted.vocabulary_report(keep=["dog", "the"], drop=["cat"]).set_index("term")
    assert report.loc["dog", "status"] == report.loc["the", "status"] == "in" and report.loc["cat", "reason"] == "drop"
    assert set(report[report.status == "in"].index) == {"dog", "the", "ran"}
    assert words_in(fitted.vocabulary_report(keep=["dog", "the"], vocab_size=2)) == {"dog", "the"}  # kept words come first


def test_settings_without_choices_are_read():
    """As versions before 0.2 wrote them."""
    fitted = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(60))
    old = {key: value for key, value in fitted.settings().items() if key not in ("keep", "drop")}
    assert BowVectorizer.from_settings(old, list(fitted.vocabulary_)).settings() == fitted.settings()


def test_a_count_of_other_documents_is_not_used():
    one, other = documents(60, seed=1), documents(60, seed=2)
    counted = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(one).fitted_.counted
    fresh = BowVectorizer(tokenizer="regex", min_doc_words=0).fit_transform(other)
    same_bag(BowVectorizer(tokenizer="regex", min_doc_words=0).fit_transform(other, counted=counted), fresh)


def test_report_reasons():
    texts = ["the cat sat", "the cat ran", "the dog ran far away", "the cat the end"]
    report = BowVectorizer(tokenizer="regex", min_df=2, max_df=0.7, vocab_size=1, min_doc_words=0, stop_words=["the"]).fit(texts)
    reasons = report.vocabulary_report().set_index("term")["reason"].to_dict()
    assert reasons["the"] == "stop word" and reasons["dog"] == "min_df" and reasons["cat"] == "max_df" and reasons["ran"] == ""
    more = report.vocabulary_report(max_df=1.0).set_index("term")
    assert more.loc["ran", "reason"] == "cut by vocab_size" and more.loc["cat", "status"] == "in"
    fixed = report.vocabulary_report(vocabulary=["dog"]).set_index("term")
    assert fixed.loc["dog", "status"] == "in" and fixed.loc["cat", "reason"] == "not in the vocabulary"
    with pytest.raises(TypeError, match="unknown change 'mindf'"):
        report.vocabulary_report(mindf=3)


def test_a_changed_stop_list_uses_the_cached_count(monkeypatch):
    fitted = BowVectorizer(tokenizer="stem", min_df=1, min_doc_words=0).fit(documents(30))

    def never(*_args, **_kwargs):
        raise AssertionError("the corpus was read again")

    monkeypatch.setattr(blocks, "split_block", never)
    for changes in ({"stop_words": ["game"]}, {"stop": "after"}, {"min_df": 2}, {"max_df": 0.5}, {"vocab_size": 2}, {"min_doc_words": 9}):
        fitted.vocabulary_report(**changes)
    with pytest.raises(AssertionError, match="read again"):
        fitted.vocabulary_report(ngram_range=(1, 2))


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


def test_transform_never_drops_a_row_and_needs_a_fit():
    fitted = BowVectorizer(tokenizer="regex", min_doc_words=3).fit(documents(50))
    assert fitted.transform(["", "nothing known", "game game"]).shape[0] == 3
    assert fitted.transform([]).shape == (0, len(fitted.vocabulary_))
    for call in (lambda v: v.transform(["a"]), lambda v: v.analyze("a"), lambda v: v.settings(), lambda v: v.vocabulary_report()):
        with pytest.raises(NotFittedError):
            call(BowVectorizer())


def test_tokenize_needs_no_fit():
    unfitted = BowVectorizer(tokenizer="stem", stop_words=["the"], ngram_range=(1, 2))
    assert unfitted.tokenize("The rockets launched") == ["rocket", "rocket launch", "launch"]
    assert unfitted.tokenize("") == []
    with pytest.raises(ValueError, match="stop='never'"):
        BowVectorizer(stop="never").tokenize("a text")


def test_a_fixed_vocabulary_needs_no_fit():
    texts = documents(20)
    ready = BowVectorizer(tokenizer="regex", vocabulary=["goal", "game", "absent"])
    fitted = clone(ready).fit(texts)
    same_bag(ready.transform(texts), fitted.transform(texts))
    assert ready.analyze("a goal, no score") == fitted.analyze("a goal, no score")
    assert list(ready.get_feature_names_out()) == ["goal", "game", "absent"]
    with pytest.raises(ValueError, match="without its corpus"):
        ready.vocabulary_report()


def test_a_fixed_vocabulary():
    texts = documents(30)
    for vocabulary in (["goal", "game", "absent"], {"game": 1, "goal": 0, "absent": 2}):
        bow = BowVectorizer(tokenizer="regex", vocabulary=vocabulary, min_doc_words=None).fit_transform(texts)
        counts = CountVectorizer(vocabulary=["goal", "game", "absent"]).fit_transform(texts)
        assert bow.vocabulary == ["goal", "game", "absent"]
        assert (bow.counts != counts).nnz == 0


def test_conventions_of_scikit_learn():
    vectorizer = BowVectorizer(tokenizer="regex", vocab_size=7)
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    assert vectorizer.fit(documents(30)) is vectorizer
    assert list(vectorizer.get_feature_names_out()) == sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    pipeline = make_pipeline(BowVectorizer(tokenizer="regex", min_doc_words=None), FunctionTransformer(lambda bow: bow.counts))
    assert pipeline.fit_transform(documents(30)).shape[0] == 30


def test_parameters_set_after_the_fit_wait_for_the_next_one():
    fitted = BowVectorizer(tokenizer="regex", stop_words=None, min_doc_words=0).fit(documents(30))
    before = fitted.tokenize("the game")
    fitted.set_params(stop_words=["game"], tokenizer="stem")
    assert fitted.tokenize("the game") == before == ["the", "game"]


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_interrupted_is_unchanged(method, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 20)

    def interrupt(done, total):
        if done >= 60:
            raise KeyboardInterrupt

    fresh = BowVectorizer(tokenizer="regex")
    fitted = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(50, seed=1))
    before = dict(vars(fitted))
    for vectorizer in (fresh, fitted):
        with pytest.raises(KeyboardInterrupt):
            getattr(vectorizer, method)(documents(100), progress=interrupt)
    assert not hasattr(fresh, "vocabulary_")
    assert vars(fitted) == before


def test_too_short_everywhere_leaves_the_fit_unchanged():
    vectorizer = BowVectorizer(tokenizer="regex", min_doc_words=10_000)
    with pytest.raises(ValueError, match="min_doc_words"):
        vectorizer.fit_transform(documents(30))
    assert not hasattr(vectorizer, "vocabulary_")


def test_progress_counts_documents(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 10)
    seen = []
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(95), progress=lambda *numbers: seen.append(numbers))
    assert seen[-1] == (95, 95) and seen == sorted(seen) and len(seen) <= 5
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit(lambda: iter(documents(95)), progress=lambda *n: seen.append(n))
    assert seen[-1] == (95, None)
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit_transform(lambda: iter(documents(95)), progress=lambda *n: seen.append(n))
    assert seen[-1] == (95, 95)  # the second reading knows how many there are


@pytest.mark.parametrize("tokenizer", ["regex", "stem", pytest.param("lemma", marks=pytest.mark.data)])
def test_settings_travel_as_json(tokenizer):
    fitted = BowVectorizer(tokenizer=tokenizer, min_doc_words=0, stop_words=["the"], ngram_range=(1, 2)).fit(documents(60))
    text = json.dumps(fitted.settings())
    again = BowVectorizer.from_settings(json.loads(text), list(fitted.vocabulary_))
    for sample in documents(10, seed=5):
        assert again.analyze(sample) == fitted.analyze(sample)
    same_bag(again.transform(documents(20)), fitted.transform(documents(20)))
    assert again.settings() == fitted.settings()
    with pytest.raises(ValueError, match="without its corpus"):
        again.vocabulary_report()


def test_settings_of_a_callable_need_it_again():
    fitted = BowVectorizer(tokenizer=str.split, min_doc_words=0).fit(documents(60))
    with pytest.raises(ValueError, match=r"builtins.str.split: hand it in"):
        BowVectorizer.from_settings(fitted.settings(), list(fitted.vocabulary_))
    again = BowVectorizer.from_settings(fitted.settings(), list(fitted.vocabulary_), tokenizer=str.split)
    assert again.analyze("game Game") == fitted.analyze("game Game")


@pytest.mark.parametrize("damage", [{"tokenizer": 3}, {"stop": "x"}, {"stop_words": "german"}, {"ngram_range": [1]}, {"ngram_range": None}])
def test_damaged_settings_are_refused(damage):
    settings_ = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(60)).settings()
    with pytest.raises(ValueError, match=r"expected|damaged"):
        BowVectorizer.from_settings({**settings_, **damage}, ["game"])
    with pytest.raises(ValueError, match="damaged or foreign"):
        BowVectorizer.from_settings({}, ["game"])


def test_spacy_as_tokenizer():
    spacy = pytest.importorskip("spacy")
    texts = ["We don't play.", "They play hockey."]
    bow = BowVectorizer(tokenizer=spacy.blank("en"), min_df=1, max_df=1.0, min_doc_words=0).fit_transform(texts)
    assert {"play", "n't", "hockey", "."} <= set(bow.vocabulary)
