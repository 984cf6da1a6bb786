"""The start: shapes, determinism, and data that a partition cannot do much with."""

import numpy as np
import pytest
from scipy import sparse

from ntm_widgets.core.estimator import NTM
from ntm_widgets.core.start import (
    document_vectors,
    guided_start,
    partition,
    related_words,
    start_weights,
    unit_rows,
    without_empty,
)
from ntm_widgets.data.shards import ShardedBagOfWords


def groups_of_words() -> sparse.csr_matrix:
    """Sixty documents of three kinds, each with five words of its own and two that all use."""
    rng = np.random.default_rng(5)
    counts = np.zeros((60, 17), np.float32)
    for row in range(60):
        kind = row // 20
        np.add.at(counts[row], rng.integers(5 * kind, 5 * kind + 5, size=12), 1)
        counts[row, 15:] = rng.integers(1, 4, size=2)
    return sparse.csr_matrix(counts)


CASES = {
    "one word": np.ones((5, 1)),
    "one document": np.array([[1, 2, 0, 3]]),
    "more topics than documents": np.array([[1, 0, 2], [0, 1, 0]]),
    "duplicates only": np.tile([[1, 0, 2, 0]], (6, 1)),
    "every word in every document": np.arange(1, 13).reshape(4, 3),
    "empty documents": np.array([[0, 0, 0], [1, 2, 0], [0, 0, 0], [0, 1, 1]]),
    "unused words": np.array([[1, 0, 0, 2], [3, 0, 0, 0], [0, 0, 0, 1]]),
    "one long document": np.vstack([np.full((1, 6), 2000), np.eye(6)]),
    "nothing but zeros": np.zeros((3, 4)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("word_share", [0.0, 0.5])
@pytest.mark.parametrize("topics", [2, 7])
@pytest.mark.parametrize("source", ["documents", "pairs"])
def test_awkward_data(name, topics, word_share, source):
    counts = sparse.csr_matrix(CASES[name].astype(np.float32))
    vectors = document_vectors(counts, size=128, source=source)
    documents = vectors.embed(counts)
    labels, centroids = partition(documents, topics, words=vectors, word_share=word_share)
    W, b = start_weights(counts, labels, topics)
    D, V = counts.shape
    assert vectors.word_vectors.shape[0] == V and documents.dtype == W.dtype == centroids.dtype == np.float32
    assert labels.shape == (D,) and 0 <= labels.min() <= labels.max() < topics
    assert W.shape == (topics, V) and b.shape == (V,)
    for array in (vectors.word_vectors, vectors.idf, documents, centroids, W, b):
        assert np.isfinite(array).all()
    assert np.exp(b.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


def test_same_seed_same_bits_and_other_seed_other_partition():
    rng = np.random.default_rng(0)
    counts = sparse.csr_matrix(rng.poisson(0.3, (300, 80)).astype(np.float32))

    def run(seed):
        vectors = document_vectors(counts, 16, seed)
        return partition(vectors.embed(counts), 8, seed)

    (first, c1), (second, c2), (third, _) = run(0), run(0), run(1)
    assert np.array_equal(first, second) and np.array_equal(c1, c2)
    assert not np.array_equal(first, third)


def short_documents() -> tuple[sparse.csr_matrix, np.ndarray]:
    """Two thousand documents of three words out of forty that their group, one of five, shares with no other."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 5, 2000)
    counts = np.zeros((2000, 200), np.float32)
    for row, group in enumerate(truth):
        counts[row, rng.choice(np.arange(40 * group, 40 * group + 40), 3, replace=False)] = 1
    return sparse.csr_matrix(counts), truth


def agreement(counts: sparse.csr_matrix, truth: np.ndarray, source: str) -> float:
    """Share of documents in the commonest group of their true one."""
    labels, _ = partition(document_vectors(counts, 64, source=source).embed(counts), 5)
    return sum(np.bincount(labels[truth == group]).max() for group in range(5)) / len(truth)


def test_pairs_find_groups_of_short_documents():
    counts, truth = short_documents()
    assert agreement(counts, truth, "pairs") > 0.99


def test_pairs_of_words_are_those_that_meet_more_than_by_chance():
    counts, _ = short_documents()
    related = related_words(counts)
    rows, columns = related.nonzero()
    assert related.nnz and (rows // 40 == columns // 40).all() and (related.data > 0).all()
    assert abs(related - related.T).max() < 1e-6 and not related.diagonal().any()


def test_long_documents_have_no_say_in_pairs():
    counts, _ = short_documents()
    long = sparse.csr_matrix(np.ones((50, 200), np.float32))
    both = sparse.vstack([counts, long], format="csr")
    assert abs(related_words(both) - related_words(counts)).max() == 0


def test_planted_groups_are_found():
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(5), 40)
    rates = np.full((5, 50), 0.1) + np.kron(np.eye(5), np.full(10, 2.0))
    counts = sparse.csr_matrix(rng.poisson(rates[truth]).astype(np.float32))
    labels, _ = partition(document_vectors(counts).embed(counts), 5)
    for group in range(5):
        assert np.bincount(labels[truth == group]).max() >= 38


def test_a_centroid_without_documents_moves_to_the_farthest_one():
    units = unit_rows(np.repeat(np.eye(4), 5, axis=0) + 0.01).astype(np.float32)
    held_by_words = np.vstack([units[[0, 5, 10]], -units[:1], -units[5:6]])
    found = without_empty(units, held_by_words)
    labels = (units @ found.T).argmax(axis=1)
    assert len(set(labels[::5])) == 4 and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.array_equal(without_empty(units, units[::5]), units[::5])  # nothing is empty: nothing moves


def test_document_vectors_from_elsewhere_guide_as_labels_do():
    counts = groups_of_words()
    kinds = np.repeat(np.arange(3), 20)
    vectors = 1e200 * (np.eye(3, 7)[kinds] + 0.05 * np.random.default_rng(0).random((60, 7)))
    vectors[7] = 0  # nothing is known of this one
    vectors[8] /= 1e300  # only directions count
    start = guided_start(counts, vectors, 3, size=6)
    assert len(set(start.labels[::20])) == 3 and np.array_equal(start.labels, start.labels[::20][kinds])
    model = NTM(3, epochs=1, device="cpu").fit(counts, start=start)
    assert np.array_equal(model.transform(counts).argmax(axis=1), start.labels)
    assert guided_start(counts, vectors, size=6).centroids.shape == (20, 6)  # as many as NTM has


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((59, 4)), "59 vectors for 60 documents: expected one each"),
        (np.full((60, 4), np.nan), r"vectors of shape \(60, 4\): expected finite numbers"),
        (np.where(np.eye(60, 4) > 0, np.inf, 0.0), r"vectors of shape \(60, 4\): expected finite numbers"),
        (np.zeros((60, 4)), r"vectors of shape \(60, 4\): expected finite numbers, not all zero"),
        (np.empty((60, 0)), r"vectors of shape \(60, 0\)"),
        (np.ones((60, 4), int), "labels"),
        (np.arange(60.0)[:, None] % 3, "labels"),
        (sparse.csr_matrix(np.ones((60, 4))), "labels"),
    ],
)
def test_vectors_that_cannot_be_used_are_refused_in_one_line(vectors, message):
    with pytest.raises(ValueError, match=message) as caught:
        guided_start(groups_of_words(), vectors, 3)
    assert "\n" not in str(caught.value)


def test_a_word_needs_evidence():
    counts = sparse.csr_matrix(np.array([[500, 0, 1], [0, 500, 0]], np.float32))
    W, _ = start_weights(counts, np.array([0, 1]), 2, pseudo_count=10)
    assert W[0, 0] > 0.5 > 0.1 > W[0, 2] > 0


def test_new_documents_use_the_old_vectors():
    rng = np.random.default_rng(2)
    counts = sparse.csr_matrix(rng.poisson(0.5, (50, 20)).astype(np.float32))
    vectors = document_vectors(counts, 8)
    assert np.array_equal(vectors.embed(counts)[7:9], vectors.embed(counts[7:9]))


def test_words_and_starts_change_the_partition_only_as_asked():
    counts = groups_of_words()
    vectors = document_vectors(counts, 6)
    units = vectors.embed(counts)
    plain, centroids = partition(units, 3, seed=1)
    assert np.array_equal(plain, partition(units, 3, seed=1, words=vectors, word_share=0.0)[0])
    with_words, pulled = partition(units, 3, seed=1, words=vectors, word_share=0.5)
    assert np.allclose(np.linalg.norm(pulled, axis=1), 1, atol=1e-5) and centroids.shape == pulled.shape
    assert np.array_equal(with_words, partition(units, 3, seed=1, words=vectors, word_share=0.5)[0])


def test_more_beginnings_are_never_worse():
    rng = np.random.default_rng(3)
    units = unit_rows(rng.standard_normal((400, 8))).astype(np.float32)
    totals = [(units @ partition(units, 12, seed=2, starts=n)[1].T).max(axis=1).sum() for n in (1, 32)]
    assert totals[1] > totals[0]


@pytest.mark.parametrize("kind", [bool, int, np.float32])
def test_shares_of_groups_keep_their_columns(kind):
    counts, groups = groups_of_words(), 2 - np.repeat(np.arange(3), 20)
    shares = np.eye(4)[groups] if kind is not np.float32 else 0.7 * np.eye(4)[groups] + 0.3 / 4
    start = guided_start(counts, shares.astype(kind), size=6)
    assert np.array_equal(start.labels, groups) and len(start.centroids) == 4, "a column without documents is a topic, too"
    with pytest.raises(ValueError, match="num_topics=2: rows that sum to 1 are shares of 4 groups, expected at least as many"):
        guided_start(counts, shares.astype(kind), 2)


@pytest.mark.parametrize("change", [
    lambda shares: shares.round(2), lambda shares: np.where(shares < 0.05, 0, shares), lambda shares: shares - 1e-17,
    lambda shares: np.vstack([np.zeros((1, 5)), shares[1:]]), lambda shares: np.vstack([np.full((1, 5), 0.2), shares[1:]]),
])  # fmt: skip
def test_shares_need_not_be_exact_and_may_be_unknown(change):
    shares = np.random.default_rng(0).dirichlet(np.full(5, 0.3), 60)
    start = guided_start(groups_of_words(), change(shares), size=6)
    assert len(start.centroids) == 5 and np.array_equal(start.labels[1:], shares.argmax(axis=1)[1:])


def test_vectors_that_are_no_shares_are_divided():
    vectors = np.random.default_rng(0).dirichlet(np.full(30, 0.3), 60)
    assert len(guided_start(groups_of_words(), 2 * vectors, 3, size=6).centroids) == 3
    assert len(guided_start(groups_of_words(), vectors - 0.1, 3, size=6).centroids) == 3


def test_an_older_model_guides_by_its_mixtures():
    counts = groups_of_words()
    old = NTM(3, epochs=3, device="cpu").fit(counts)
    new = NTM(3, epochs=1, device="cpu", seed=7).fit(counts, start=guided_start(counts, old.transform(counts), size=6))
    assert np.array_equal(new.transform(counts).argmax(axis=1), old.transform(counts).argmax(axis=1))


def test_a_guided_start_keeps_the_numbers_of_its_groups():
    counts = groups_of_words()
    truth = np.repeat([0, 1, 2], 20)
    some = np.where(np.arange(60) % 4 == 0, np.array([2, 0, 1])[truth], -1)
    model = NTM(3, epochs=3, device="cpu").fit(counts, start=guided_start(counts, some, size=6))
    assert np.array_equal(model.transform(counts).argmax(axis=1), np.array([2, 0, 1])[truth])


@pytest.mark.parametrize(
    "labels",
    [
        np.zeros(3, int),
        np.full(60, -1),
        np.full(60, -2),
        np.full(60, 0.5),
        np.full(60, 7),
        None,
        "abc",
        [[1]],
        {},
        np.full(60, np.nan),
        [None] * 60,
    ],
)
def test_labels_that_do_not_fit(labels):
    with pytest.raises(ValueError, match="labels"):
        guided_start(groups_of_words(), labels, 3)


def test_documents_on_disk_are_brought_to_memory_first(tmp_path):
    counts, labels = groups_of_words(), np.repeat([2, 0, 1], 20)
    shards = ShardedBagOfWords.write(tmp_path / "shards", [counts], shard_documents=25)
    with pytest.raises(ValueError, match=r"X\.sample\(X\.num_documents, seed=0\)"):
        guided_start(shards, labels)
    start = guided_start(shards.sample(shards.num_documents, seed=0), labels, size=6)
    assert np.array_equal(start.labels, labels)
    assert np.array_equal(
        NTM(3, epochs=3, device="cpu").fit(shards, start=start).transform(counts).argmax(axis=1), labels
    )


def test_unsigned_labels_and_what_is_no_start():
    counts = groups_of_words()
    labels = np.repeat([0, 1, 2], 20)
    assert np.array_equal(guided_start(counts, labels.astype(np.uint8), size=6).labels, labels)
    with pytest.raises(ValueError, match="expected a Start"):
        NTM(3, device="cpu").fit(counts, start=labels)


def test_a_start_for_another_number_of_topics_says_so():
    counts = sparse.csr_matrix(np.random.default_rng(0).poisson(1.0, (60, 40)).astype(np.float32))
    start = guided_start(counts, np.arange(60) % 3)
    with pytest.raises(ValueError, match=r"expected .*: guided_start\(X, labels, num_topics=5\) makes so many groups"):
        NTM(num_topics=5, epochs=1).fit(counts, start=start)
    NTM(num_topics=5, epochs=1).fit(counts, start=guided_start(counts, np.arange(60) % 3, num_topics=5))
