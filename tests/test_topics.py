"""Ranking, claims and mixtures, with hostile words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ntm_widgets.core.arrays import word_scores
from ntm_widgets.core.topics import Mixture, claims, plain, top_word_ids, topics_frame, word_shares

NUMBERS = st.floats(-5, 5, width=16)


@settings(max_examples=100, deadline=None)
@given(W=arrays(np.float32, (3, 9), elements=NUMBERS), b=arrays(np.float32, 9, elements=NUMBERS), n=st.integers(1, 12))
def test_ranking_is_a_stable_sort(W, b, n):
    expected = np.argsort(-(W + np.float32(0.3) * b), axis=1, kind="stable")[:, :n]
    assert np.array_equal(top_word_ids(W, b, n, 0.3, exclusivity=0.0), expected)


@settings(max_examples=100, deadline=None)
@given(
    W=arrays(np.float32, (3, 9), elements=NUMBERS), b=arrays(np.float32, 9, elements=NUMBERS), relevance=st.floats(0, 1)
)
def test_scores_weigh_probability_and_exclusiveness(W, b, relevance):
    """By hand: λ log p(w | k) + (1 − λ) log p(k | w), but for one number a topic."""
    p = np.exp(W.astype(float) + b)
    p /= p.sum(axis=1, keepdims=True)
    by_hand = relevance * np.log(p) + (1 - relevance) * np.log(p / p.sum(axis=0))
    apart = word_scores(W, b, relevance, 1.0) - by_hand
    assert np.allclose(apart, apart[:, :1], atol=1e-4)
    assert np.allclose(word_scores(W, b, 1.0, 1.0), W + b) and np.allclose(word_scores(W, b, 0.0), W)


def test_a_word_of_two_topics_stands_back():
    """Shared by two topics it leads both by the corpus's frequencies, and neither by the topics' own."""
    W, b = (
        np.array([[2, 1.9, -3, -3], [2, -3, 1.9, -3], [-3, -3, -3, 2]], np.float32),
        np.log(np.full(4, 0.25, np.float32)),
    )
    assert top_word_ids(W, b, 1, 0.3, exclusivity=0.0).ravel().tolist() == [0, 0, 3]
    assert top_word_ids(W, b, 1, 0.3).ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("n", "relevance", "message"),
    [
        (0, 0.3, "n=0"),
        (True, 0.3, "n=True"),
        (2.5, 0.3, "n=2.5"),
        (3, 1.1, "relevance=1.1"),
        (3, float("nan"), "nan"),
        (None, 0.3, "n=None"),
        ("3", 0.3, "n='3'"),
        (3, None, "relevance=None"),
        (3, "0.3", "relevance='0.3'"),
        (3, True, "relevance=True"),
        (3, np.array([0.3, 0.4]), "relevance="),
    ],
)
def test_bad_ranking(n, relevance, message):
    with pytest.raises(ValueError, match=message):
        top_word_ids(np.zeros((2, 4)), np.zeros(4), n, relevance)


@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), np.float16(0.5), np.int64(1), np.int8(0), 1])
def test_a_number_of_numpy_is_a_relevance(number):
    W = np.array([[1.0, 2.0, 0.0]])
    assert np.array_equal(
        top_word_ids(W, np.zeros(3), np.int32(2), number), top_word_ids(W, np.zeros(3), 2, float(number))
    )


def model(K=3, V=8, seed=0):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(V, 0.3), size=K).astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(dense=arrays(np.float32, (4, 8), elements=st.sampled_from([0, 0, 1, 3, 0.5])), seed=st.integers(0, 5))
def test_word_shares_are_mean_claims(dense, seed):
    beta, theta = model(seed=seed), np.random.default_rng(seed).dirichlet(np.ones(3), size=4).astype(np.float32)
    shares = word_shares(theta, beta, sparse.csr_matrix(dense))
    for row, weights, share in zip(dense, theta, shares, strict=True):
        known = np.flatnonzero(row)
        if known.size:
            assert np.allclose(row[known] @ claims(weights, beta, known) / row.sum(), share, atol=1e-5)
        else:
            assert np.allclose(weights, share)
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-4)


def test_claims_of_impossible_words_are_finite():
    beta = np.array([[1, 0], [1, 0]], np.float32)
    assert np.isfinite(claims(np.array([0.5, 0.5], np.float32), beta, [1])).all()
    assert claims(np.array([0.5, 0.5], np.float32), beta, []).shape == (0, 2)


HOSTILE = '<img src=x onerror="alert(1)">'


def mixture(tokens):
    return Mixture(np.array([0.2, 0.5, 0.3], np.float32), ["a", HOSTILE, "c\x1b[2J"], tokens, model())


def test_hostile_words_stay_text():
    shown = mixture([(HOSTILE, 1), (HOSTILE + "?", None), ("line\nbreak\x1b[31m", None)])
    html = shown._repr_html_()
    assert "<img" not in html and "&lt;img" in html and 'onerror="' not in html
    text = repr(shown)
    assert "\x1b" not in text and len(text.splitlines()) == 5
    assert plain("a\x00\u202eb") == "a��b"


def test_tables_of_a_mixture():
    shown = mixture([("ice", 0), ("ice", 0), ("moon", 3), ("zamboni", None), ("zamboni", None)])
    assert shown.frame["topic"].tolist() == [1, 2, 0] and shown.frame["weight"].is_monotonic_decreasing
    assert shown.words.columns.tolist() == ["word", "count", "column", "topic", "label", "claim"]
    assert shown.words["count"].tolist() == [2, 1] and shown.unknown == ["zamboni"]
    expected = claims(shown.theta, model(), [0, 3])
    assert np.allclose(shown.words["claim"], expected.max(axis=1))
    assert "3 of 5 words known" in repr(shown) and "unknown: zamboni" in repr(shown)


def test_mixture_of_nothing():
    shown = mixture([])
    assert "0 of 0 words known: this is the mixture of an empty document" in repr(shown)
    assert shown.words.empty and "<table" in shown._repr_html_()


def test_long_texts_are_cut_in_html():
    assert "1,600 more words" in mixture([("ice", 0)] * 2000)._repr_html_()


def test_long_labels_and_words_are_cut_where_they_are_shown_only():
    long = "ice " * 2000
    shown = Mixture(np.array([0.2, 0.8], np.float32), [long, "b"], [("x" * 5000, None), ("ice", 0)], model(K=2))
    for text in (repr(shown), shown._repr_html_()):
        assert "…" in text and "ice ice ice" in text and len(text) < 3000
    assert long in shown.frame["label"].tolist() and shown.unknown == ["x" * 5000]


def test_frame_has_what_is_given():
    assert topics_frame([["x"]], ["x"]).columns.tolist() == ["topic", "label", "words"]
    full = topics_frame([["x"]], ["x"], np.ones(1), np.zeros(1))
    assert full.columns.tolist() == ["topic", "label", "share", "npmi", "words"]
