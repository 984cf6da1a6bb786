"""`BowVectorizer` against scikit-learn and against itself: equal counts, equal reports."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from vectorize_support import documents, most_frequent, peer, report_of, same_bag

from ntm_widgets.data import blocks
from ntm_widgets.data.tokenize import TOKENIZERS, stop_list, terms_of
from ntm_widgets.data.vectorize import BowVectorizer

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
    limits = {"min_df": parameters["min_df"], "max_df": parameters["max_df"]}
    plain = peer(tokenizer, parameters["stop"], stop_list(parameters["stop_words"]), ngram_range=parameters["ngram_range"], **limits)
    try:
        words, counts = most_frequent(plain, texts, parameters["vocab_size"])
    except ValueError:
        with pytest.raises(ValueError, match=r"no word|max_df"):
            ours.fit(texts)
        return
    bow = ours.fit_transform(texts, keep_tokens=seed % 2 == 0)
    assert bow.vocabulary == words
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
    words, counts = most_frequent(peer("lemma", min_df=2, max_df=0.95), texts, 2000)
    assert bow.vocabulary == words
    assert (bow.counts != counts).nnz == 0


def test_of_equally_frequent_words_the_first_in_the_alphabet_are_in():
    """A colleague gets the same words: a sort that is not stable would leave them to the processor."""
    words = ["".join(letters) for letters in itertools.product("zkbqmaxc", repeat=4)]
    found = BowVectorizer(1000, "regex", min_df=1, max_df=1.0, min_doc_words=None, stop_words=())
    assert list(found.fit([" ".join(words), "zzzz zzzk"]).get_feature_names_out()) == [*sorted(words)[:998], "zzzk", "zzzz"]


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
        input="content", analyzer="word", stop_words="english", tokenizer=LemmaTokenizer(), max_df=0.95, min_df=2
    )
    with pytest.warns(UserWarning):
        words, counts = most_frequent(notebook, texts, 500)
    bow = BowVectorizer(tokenizer="seed", stop="after", vocab_size=500).fit_transform(texts)
    kept = np.asarray(counts.sum(axis=1)).ravel() > 25
    assert bow.vocabulary == words
    assert (bow.counts != counts[kept]).nnz == 0
    assert bow.dropped == (~kept).sum()
    assert {"wa", "ha"} <= set(bow.vocabulary)


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


def test_words_may_be_given_in_capitals_as_texts_are():
    texts = ["The US and NASA", "the Moon of NASA", "THE moon"]
    given = {"min_df": 1, "min_doc_words": 0, "max_df": 1.0, "keep": ["US"], "drop": ["NASA"], "stop_words": ["The", "OF", "and"]}
    assert set(BowVectorizer(tokenizer="regex", **given).fit(texts).vocabulary_) == {"us", "moon"}
    without = given | {"stop_words": stop_list(remove=["US"]), "keep": None}
    assert "us" in BowVectorizer(tokenizer="regex", **without).fit(texts).vocabulary_
    own = BowVectorizer(tokenizer=str.split, **given).fit(texts)
    assert set(own.vocabulary_) == {"US", "the", "THE", "Moon", "moon", "of"}  # a function may tell them apart


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
