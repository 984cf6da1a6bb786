"""Metrics against brute force, against gensim on real texts, and at their edges."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from ntm_widgets.core.cooccurrence import chunks, count_pairs, read_sequences
from ntm_widgets.core.metrics import c_v, nmi, npmi, purity, topic_diversity, topic_uniqueness, wetc

TEXTS = st.lists(st.lists(st.sampled_from("abcdx"), max_size=9), min_size=1, max_size=6)


def slide(text, window, counting):
    """Sets of words of all sliding windows, one step at a time; with gensim's flags if asked for."""
    windows = [text[i : i + window] for i in range(max(1, len(text) - window + 1))]
    if counting == "exact":
        return [set(words) for words in windows]
    flags, seen = set(), []
    for i, words in enumerate(windows):
        if i == 0:
            flags = set(words)
        else:
            flags.discard(windows[i - 1][0])
            flags.add(words[-1])
        seen.append(set(flags))
    return seen


@pytest.mark.parametrize("counting", ["exact", "gensim"])
@settings(max_examples=150, deadline=None)
@given(texts=TEXTS, window=st.integers(1, 6))
def test_windows_against_brute_force(counting, texts, window):
    topic = list("abcd")
    sets = [words for text in texts for words in slide(text, window, counting)]
    expected = [[sum({a, b} <= words for words in sets) for b in topic] for a in topic]
    counts = count_pairs([topic], texts, window=window, counting=counting)
    assert counts.total == len(sets) and counts.joint[0].tolist() == expected


@settings(max_examples=50, deadline=None)
@given(texts=TEXTS)
def test_all_references_agree(texts):
    words = list("abcdx")
    ids = np.array([words.index(w) for text in texts for w in text], np.int32)
    indptr = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    matrix = sparse.csr_matrix([[text.count(w) for w in words] for text in texts])
    topics, numbers = [["a", "b"], ["c", "x", "a"]], [[0, 1], [2, 4, 0]]
    expected = count_pairs(topics, texts)
    for reference in ((ids, indptr), matrix):
        for asked in (topics, numbers):
            got = count_pairs(asked, reference, words)
            assert got.total == expected.total
            assert all((a == b).all() for a, b in zip(got.joint, expected.joint, strict=True))
    assert npmi(numbers, texts, words, window=2) == pytest.approx(npmi(topics, texts, window=2), nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(texts=TEXTS, size=st.integers(1, 8))
def test_chunks_lose_nothing(texts, size):
    whole = read_sequences(texts, list("abcd"), None)
    parts = list(chunks(whole, tokens=size))
    assert np.array_equal(np.concatenate([part.codes for part in parts]), whole.codes)
    assert sum(len(part.indptr) - 1 for part in parts) == len(texts)


def gensim_scores(topics, texts, measure):
    from gensim.corpora import Dictionary
    from gensim.models.coherencemodel import CoherenceModel

    model = CoherenceModel(
        topics=topics, texts=texts, dictionary=Dictionary(texts), coherence=measure, topn=len(topics[0]), processes=1
    )
    return np.array(model.get_coherence_per_topic())


def real_texts(corpus, words=800, step=1):
    """Token lists of the commonest words, and NMF topics of them."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import CountVectorizer

    texts = list(corpus[::step]) if step > 1 else list(corpus)
    counter = CountVectorizer(max_features=words, stop_words="english", min_df=2)
    counts = counter.fit_transform(texts)
    analyze, known = counter.build_analyzer(), counter.vocabulary_
    tokens = [[token for token in analyze(text) if token in known] for text in texts]
    names = counter.get_feature_names_out()
    weights = NMF(10, init="nndsvd", max_iter=20, tol=1e-2).fit(np.log1p(counts)).components_
    return tokens, [[str(names[i]) for i in np.argsort(-row)[:10]] for row in weights]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "measure"), [("c_npmi", npmi), ("c_v", c_v)])
def test_equal_to_gensim_on_docstrings(pydocs, name, measure):
    tokens, topics = real_texts(pydocs, step=10)
    window = 10 if name == "c_npmi" else 110
    ours = measure(topics, tokens, window=window, counting="gensim", per_topic=True)
    assert np.abs(ours - gensim_scores(topics, tokens, name)).max() < 1e-6
    assert measure(topics, tokens, window=window, counting="exact") != pytest.approx(ours.mean(), abs=1e-4)


@pytest.mark.data
@pytest.mark.filterwarnings("ignore")
def test_npmi_equal_to_gensim_on_20_newsgroups(newsgroups):
    tokens, topics = real_texts(newsgroups, words=2000)
    began = time.process_time()
    ours = npmi(topics, tokens, window=10, counting="gensim", per_topic=True)
    spent = time.process_time() - began
    assert np.abs(ours - gensim_scores(topics, tokens, "c_npmi")).max() < 1e-3
    assert spent < 5  # bench/metrics.py holds the real claim


def test_real_npmi_from_a_bag_of_words(tiny_bow):
    ids = np.argsort(-np.asarray(tiny_bow.counts.sum(axis=0)).ravel())[:20].reshape(2, 10)
    words = [[tiny_bow.vocabulary[i] for i in row] for row in ids]
    assert -1 <= npmi(ids, tiny_bow) <= 1
    assert npmi(ids, tiny_bow) == npmi(words, tiny_bow) == npmi(words, tiny_bow.counts, tiny_bow.vocabulary)


def test_edges_of_npmi():
    texts = [["a", "b"], ["a", "b"], ["c"], []]
    assert npmi([["a", "c"]], texts) == -1
    assert npmi([["a", "b"]], [["a", "b"]]) == 1  # in every document
    assert np.isnan(npmi([["a"]], texts)) and np.isnan(npmi([[]], texts)) and np.isnan(npmi([], texts))
    assert np.isnan(npmi([["a", "zz"]], texts)) and npmi([["a", "zz"]], texts, counting="gensim") == 0
    assert npmi([["a", "b", "zz"]], texts) == npmi([["a", "b"]], texts) == 1
    assert npmi([["a", "a", "b"]], texts) == npmi([["a", "b"]], texts)
    assert npmi([["a", "b"], ["a"]], texts, per_topic=True)[0] == 1
    assert np.isnan(npmi([["a", "b"]], [], window=2))
    assert np.isnan(c_v([[]], texts)) and np.isfinite(c_v([["a"], ["zz", "a"]], texts))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((["ice", "puck"], [["ice"]]), "got plain text"),
        (([["ice"]], sparse.csr_matrix((2, 3))), "hand in vocabulary="),
        (([[0, 7]], sparse.csr_matrix((2, 3))), "column 7 but the reference has 3 columns"),
        (([[0, 1]], [["ice"]]), "hand in vocabulary="),
        (([["ice"]], sparse.csr_matrix((2, 3)), ["a", "b", "c"], 10), "reading order"),
        (([["ice"]], [["ice"]], None, 0), "window=0"),
        (([["ice"]], [["ice"]], None, 2.5), "window=2.5"),
        (([["ice"]], [["ice"]], None, "10"), "window='10'"),
        (([["ice"]], ["ice puck goal"]), "split texts into tokens"),
        (([["ice"]], None), "expected a BagOfWords"),
        (([["ice"]], sparse.csr_matrix((2, 3)), ["ice"]), "vocabulary of 1 words for a reference of 3 columns"),
        (([[-1, 0]], sparse.csr_matrix((2, 3))), "column numbers from 0, got -1"),
        (([[0.5, 1]], sparse.csr_matrix((2, 3))), "column numbers from 0, got 0.5"),
        (([["ice"]], [["ice"]], None, 10, "palmetto"), "counting='palmetto'"),
        ((None, [["ice"]]), "topics: .*got None"),
        ((3, [["ice"]]), "topics: .*got 3"),
        (([0, 1], sparse.csr_matrix((2, 3))), "topics: .*got 0"),
        (([[None, "ice"]], [["ice"]]), "topics: .*got None"),
        ((np.array([[np.nan, 1.0]]), sparse.csr_matrix((2, 3))), "topics: .*nan"),
        (([[0, 1]], np.array([[1, np.nan], [1, 1]])), "row 0, column 1 holds nan"),
        (([[0, 1]], np.array([[1, 2], [-1, 1]])), "row 1, column 0 holds -1"),
        (([[0, 1]], [[1, 2], [3]]), "reference: expected a BagOfWords"),
        (([[0, 1]], 3), "reference: expected a BagOfWords.*got 3"),
    ],
)
def test_bad_input_is_said(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        npmi(*arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["indices", "indptr"])
def test_a_broken_matrix_is_refused_before_compiled_code_follows_it(part):
    broken = sparse.csr_matrix([[1, 1, 0], [1, 2, 0], [0, 0, 3]])
    getattr(broken, part)[1] = 10**6
    with pytest.raises(ValueError, match="the sparse matrix is damaged"):
        npmi([[0, 1]], broken)


@pytest.mark.parametrize("n", [0, -1, None, 2.5, "x", True, np.nan])
def test_diversity_of_no_number_of_words(n):
    with pytest.raises(ValueError, match=r"n=.*: expected a whole number of at least 1"):
        topic_diversity([["ice", "puck"]], n)


def test_a_data_frame_knows_its_words():
    counts = sparse.csr_matrix([[1, 1, 0], [1, 2, 0], [0, 0, 3]])
    frame = pd.DataFrame(counts.toarray(), columns=["ice", "puck", "orbit"])
    assert npmi([["ice", "puck"]], frame) == npmi([["ice", "puck"]], counts, list(frame)) > 0.99


@pytest.mark.parametrize("score", [topic_uniqueness, topic_diversity, lambda topics: wetc(topics, {"ice": [1.0]})])
def test_plain_text_is_no_topic(score):
    with pytest.raises(ValueError, match="got plain text"):
        score(["ice, puck"])


@pytest.mark.parametrize("vector", ["much", None, [1.0, np.nan], 3, [[1.0]]])
def test_a_vector_that_is_none_names_its_word(vector):
    with pytest.raises(ValueError, match=r"the word vector of 'puck' is .*: expected a list of finite numbers"):
        wetc([["ice", "puck"]], {"ice": [1.0, 2.0], "puck": vector})


@pytest.mark.parametrize("embeddings", [3, None, [1.0]])
def test_what_is_no_file_of_vectors(embeddings):
    with pytest.raises(TypeError, match=r"embeddings=.*: expected a file of word vectors"):
        wetc([["ice", "puck"]], embeddings)


def test_vectors_of_two_lengths():
    with pytest.raises(ValueError, match="different lengths"):
        wetc([["ice", "puck"]], {"ice": [1.0], "puck": [1.0, 2.0]})


def test_window_without_tokens(tiny_bow):
    from dataclasses import replace

    with pytest.raises(ValueError, match="keep the tokens"):
        npmi([[0, 1]], replace(tiny_bow, tokens=None), window=10)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=5, unique=True), min_size=1, max_size=6))
def test_distinctness_is_bounded(topics):
    assert 1 / len(topics) - 1e-9 <= topic_uniqueness(topics) <= 1 + 1e-9
    assert 0 < topic_diversity(topics) <= 1


def test_distinctness_edges():
    assert topic_uniqueness([["a", "b"]] * 4) == 0.25
    assert np.isnan(topic_uniqueness([])) and np.isnan(topic_diversity([[]]))
    assert topic_uniqueness([["a"], []], per_topic=True)[0] == 1
    assert topic_uniqueness(np.array([[0, 1], [1, 2]])) == 0.75


def test_wetc_from_files(tmp_path):
    glove = tmp_path / "glove.txt"
    glove.write_text("ice 1 0\nnew york 0 2\npuck 2 0\nbad x y\n", encoding="utf-8")
    assert wetc([["ice", "puck"], ["ice", "new york"], ["ice", "none"]], glove, per_topic=True).tolist() == [1, 0, 0]
    word2vec = tmp_path / "w2v.txt"
    word2vec.write_text("3 2\nice 1 0\npuck 2 0\n", encoding="utf-8")
    assert wetc([["ice", "puck"]], str(word2vec)) == 1
    assert np.isnan(wetc([["ice"]], glove))
    with pytest.raises(ValueError, match="line 4: expected a word and 2 numbers"):
        wetc([["ice", "bad"]], glove)
    with pytest.raises(ValueError, match="none of the 2 topic words"):
        wetc([["eis", "kufe"]], glove)
    with pytest.raises(ValueError, match="expected words, got numbers"):
        wetc([[1, 2]], glove)
    with pytest.raises(FileNotFoundError):
        wetc([["ice", "puck"]], tmp_path / "absent.txt")


def test_labels():
    theta = np.eye(3)[[0, 0, 1, 2, 2, 2]]
    labels = np.array([5, 5, 5, 7, 7, 7])
    assert purity(theta, labels) == purity(theta.argmax(axis=1), labels) == 1
    assert 0 < nmi(theta, labels) < 1 and nmi(labels, labels) == pytest.approx(1)
    for bad in (theta[:2], theta[None], np.empty((0, 3))):
        with pytest.raises(ValueError, match="topics for"):
            purity(bad, labels if len(bad) else labels[:0])
