"""Data that is lopsided, tiny, foreign or odd: the recipe's defaults find topics that are used and differ."""

import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from ntm_widgets import NTM, BagOfWords, guided_start, load_model


@pytest.fixture(scope="module")
def docstrings(pydocs):
    """500 docstrings over 1,500 words, the shortest left out."""
    from ntm_widgets.data.vectorize import BowVectorizer

    bow = BowVectorizer(vocab_size=1500, tokenizer="regex", min_doc_words=8).fit_transform(pydocs)
    return bow[:: max(1, len(bow) // 500)][:500]


def trained(X, topics, **given):
    """A model with the recipe's defaults; everything it says is finite."""
    model = NTM(topics, device="cpu", **given)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the matrix holds fractional")
        theta = model.fit(X).transform(X)
    for array in (theta, model.components_, model.topic_shares_, *model.fitted_.arrays.values()):
        assert np.isfinite(array).all()
    return model, theta


def leading_words(model, number=10):
    """Columns of the words that lead each topic, (K, number)."""
    return model.top_word_ids(number)


def alike(model):
    """How many pairs of topics share five or more of their ten leading words."""
    words = [set(row) for row in leading_words(model).tolist()]
    return sum(len(one & other) >= 5 for k, one in enumerate(words) for other in words[:k])


def unused(theta):
    """How many topics lead no document."""
    return theta.shape[1] - len(np.unique(theta.argmax(axis=1)))


@pytest.mark.parametrize("topics", [5, 20])
@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_topics_are_used_and_differ(docstrings, topics, decoder):
    model, theta = trained(docstrings, topics, decoder=decoder)
    assert unused(theta) == 0 and alike(model) <= topics // 10


def lopsided(kind, bow):
    """The documents after something has happened to them."""
    counts = bow.counts
    if kind == "sorted":
        order = np.argsort(counts[:, counts.sum(axis=0).argmax()].toarray().ravel(), kind="stable")
        return counts[order]
    if kind == "copies":
        return sparse.vstack([counts, *[counts[3]] * 100])
    if kind == "huge":
        return sparse.vstack([counts, 50 * sparse.csr_matrix(counts.sum(axis=0))])
    if kind == "empty":
        return sparse.vstack([counts, sparse.csr_matrix(counts.shape)])
    return TfidfTransformer().fit_transform(counts)


@pytest.mark.parametrize("kind", ["sorted", "copies", "huge", "tf-idf"])
def test_lopsided_documents_leave_the_topics_whole(docstrings, kind):
    X = sparse.csr_matrix(lopsided(kind, docstrings), dtype=np.float32)
    model, theta = trained(X, 15)
    assert unused(theta) == 0 and alike(model) <= 1


def test_documents_without_words_hardly_change_what_is_found(docstrings):
    X = sparse.csr_matrix(lopsided("empty", docstrings), dtype=np.float32)
    model, theta = trained(X, 15)
    silent, spoken = theta[len(docstrings) :], theta[: len(docstrings)]
    assert unused(spoken) == 0 and alike(model) <= 1
    assert np.ptp(silent, axis=0).max() < 1e-6  # nothing is known of any of them
    assert spoken.max(axis=1).mean() > silent.max() + 0.1


def test_topics_do_not_mix_languages(docstrings):
    counts, V = docstrings.counts, docstrings.num_words
    half = len(docstrings) // 2
    both = sparse.block_diag([counts[:half], counts[half:]], format="csr")
    order = np.random.default_rng(0).permutation(both.shape[0])
    model, _ = trained(both[order], 10)
    own = (leading_words(model) < V).sum(axis=1)
    assert set(own.tolist()) == {0, 10}


@pytest.mark.parametrize("topics", [5, 20])
def test_thirty_documents(docstrings, topics):
    model, theta = trained(docstrings[::16][:30], topics)
    assert unused(theta) == 0 and alike(model) <= 2


def merged(bow, size):
    """Long texts: `size` documents of one label after another as one."""
    order = np.argsort(bow.labels, kind="stable")
    place = (np.arange(len(order)) // size, order)
    return sparse.csr_matrix(sparse.csr_matrix((np.ones(len(order), np.float32), place)) @ bow.counts)


@pytest.fixture(scope="module")
def long_texts(newsgroups):
    """Some 250 texts of thousands of words: seventy posts of one group each."""
    from ntm_widgets.data.vectorize import BowVectorizer

    return merged(BowVectorizer(vocab_size=2000, tokenizer="regex", min_doc_words=25).fit_transform(newsgroups), 70)


@pytest.mark.data
@pytest.mark.parametrize("topics", [20, 50])
def test_few_long_texts_leave_no_topic_without_a_text(long_texts, topics):
    start = trained(long_texts, topics, epochs=0)[1]
    assert unused(start) == 0
    model, theta = trained(long_texts, topics)
    assert unused(theta) <= 1 and alike(model) <= topics // 2


def planted(documents, words, kinds, length=60, seed=0):
    """Documents of one kind each, which prefers its share of the words; all words are used unevenly."""
    rng = np.random.default_rng(seed)
    kind, own = np.arange(documents) % kinds, words // kinds
    common = np.minimum((words ** rng.random((documents, length))).astype(int), words) - 1
    special = rng.integers(0, own, (documents, length)) + kind[:, None] * own
    column = np.where(rng.random((documents, length)) < 0.6, special, common)
    row = np.repeat(np.arange(documents), length)
    return sparse.csr_matrix((np.ones(row.size, np.float32), (row, column.ravel())), shape=(documents, words))


@pytest.mark.parametrize(
    ("documents", "words", "topics"), [(800, 2000, 200), (800, 500, 200), (800, 500, 20), (1500, 50_000, 20)]
)
def test_topics_are_used_whatever_the_size(documents, words, topics):
    X = planted(documents, words, topics)
    model, theta = trained(X, topics, epochs=3, kmeans_starts=2)
    assert unused(theta) <= topics // 20
    own = words // topics
    if own >= 10:  # else a topic's ten words cannot be its own
        kinds = leading_words(model) // own
        assert np.mean([np.bincount(row).max() for row in kinds]) > 5 and alike(model) <= topics // 20


def test_more_topics_than_documents(docstrings):
    _, theta = trained(docstrings[:12], 20)
    assert unused(theta) <= 10


def test_one_document_of_a_wide_vocabulary(docstrings):
    for row in range(5):
        trained(docstrings[row], 2)


def test_documents_of_one_word_teach_no_topics_but_are_taken(docstrings):
    counts = docstrings.counts
    column = counts.toarray().argmax(axis=1)
    D = counts.shape[0]
    X = sparse.csr_matrix((np.ones(D, np.float32), (np.arange(D), column)), shape=counts.shape)
    _, theta = trained(X, 10)
    assert np.allclose(theta.sum(axis=1), 1, atol=1e-5)


def test_documents_that_are_all_the_same(docstrings):
    _, theta = trained(sparse.vstack([docstrings.counts[7]] * 60), 5)
    assert np.ptp(theta, axis=0).max() < 1e-6


def test_mix_says_the_same_after_a_round_trip(docstrings, tmp_path):
    model, theta = trained(docstrings, 10, decoder="mix", epochs=2)
    again = load_model(model.save(tmp_path / "model"))
    assert again.decoder_ == "mix" and np.array_equal(again.transform(docstrings), theta)
    assert np.array_equal(again.components_, model.components_)
    assert again.perplexity(docstrings) == model.perplexity(docstrings)
    assert np.allclose(again.components_.sum(axis=1), 1, atol=1e-5)


def test_a_stream_keeps_its_topics(docstrings):
    model = NTM(6, device="cpu", epochs=3)
    for first in range(0, 300, 50):
        model.partial_fit(docstrings[first : first + 50])
    before = leading_words(model)
    for odd in (docstrings[:1], docstrings[:0], sparse.csr_matrix((5, docstrings.num_words), dtype=np.float32)):
        model.partial_fit(odd)
    shared = [len(set(old) & set(new)) for old, new in zip(before.tolist(), leading_words(model).tolist(), strict=True)]
    assert min(shared) >= 6 and unused(model.transform(docstrings)) == 0


def test_a_given_start_must_fit(docstrings):
    start = guided_start(docstrings, np.arange(len(docstrings)) % 4)
    for topics, X in ((6, docstrings), (4, docstrings[:99]), (4, docstrings.counts[:, :700])):
        with pytest.raises(ValueError, match=r"start: shapes .* expected"):
            NTM(topics, epochs=1, device="cpu").fit(X, start=start)
    with pytest.raises(ValueError, match="sagemaker"):
        NTM(4, epochs=1, recipe="sagemaker", device="cpu").fit(docstrings, start=start)


def test_a_bag_of_words_and_its_matrix_are_the_same_data(docstrings):
    bag = BagOfWords(docstrings.counts, docstrings.vocabulary)
    one, other = (trained(X, 5, epochs=1)[1] for X in (bag, docstrings.counts.toarray()))
    assert np.array_equal(one, other)
