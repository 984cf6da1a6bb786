"""Documents for training: from memory, on a device, from shards; the same documents in whatever way they come."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import sparse

from ntm_widgets.core import documents, training
from ntm_widgets.core.documents import CPU, Draws, EpochData, MemoryReader, ShardReader, reader_of, sampled
from ntm_widgets.core.inference import loss_per_word
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.start import document_vectors, partition
from ntm_widgets.core.training import Trainer
from ntm_widgets.data import shards
from ntm_widgets.data.shards import ShardedBagOfWords


def counts(rows=300, words=50, seed=0):
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(5, 0.2), rows) @ (np.kron(np.eye(5), np.ones(words // 5)) * 3) + 0.05
    return sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


@pytest.fixture
def small_parts(monkeypatch):
    """Parts, blocks and pools so small that a few hundred documents have many."""
    monkeypatch.setattr(documents, "PART_DOCUMENTS", 96)
    monkeypatch.setattr(shards, "BLOCK", 16)
    monkeypatch.setattr(shards, "POOL", 4)


@pytest.fixture
def folder(tmp_path, small_parts):
    return ShardedBagOfWords.write(tmp_path / "shards", [counts()], shard_documents=70)


def make(X, recipe="best", validation=None, start=None, **given):
    given = {"epochs": 3, "mini_batch_size": 32, "num_topics": 5, **given}
    found = resolve(recipe, num_documents=X.shape[0], num_words=X.shape[1], **given)
    return Trainer(X, found, validation=validation, device="cpu", topic_every=0, start=start)


def run(trainer):
    events = list(trainer.events())
    return events, trainer.arrays().arrays


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def begun(X, recipe="best", **given):
    trainer = make(X, recipe, epochs=1, **given)
    for _ in training.begin(trainer):
        pass
    return trainer


def tensors_equal(one, other):
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("indices", "values", "offsets", "lengths"))
    return all(torch.equal(a.double(), b.double()) for a, b in pairs)


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
@pytest.mark.parametrize("resident", [False, True])
def test_a_part_is_the_rows_in_their_order(recipe, resident, small_parts):
    """Gathered on the device or sliced in memory, with vectors kept or computed anew: the same batches to the last bit."""
    X = counts()
    X.data[X.indptr[7] : X.indptr[8]] = 0
    X.eliminate_zeros()  # an empty document
    network = begun(X, recipe).network
    plain, other = MemoryReader(X, network), MemoryReader(X, network, resident=resident)
    order = plain.order(Draws(0), 250, again=False)
    one, two = EpochData(plain, order, 40), EpochData(other, order, 40)
    for first in range(0, 250, 40):
        last = min(first + 40, 250)
        a, b = one.batch(first, last), two.batch(first, last)
        assert tensors_equal(a, b)
        wanted = X[order[first:last]]
        assert np.array_equal(b.indices.numpy(), wanted.indices) and np.array_equal(b.values.numpy(), wanted.data)
        if recipe == "best":
            assert torch.equal(a.vectors, b.vectors)


def test_vectors_are_the_same_kept_or_computed_with_each_part(monkeypatch, small_parts):
    X = counts()
    kept = run(make(X))[1]
    monkeypatch.setattr(documents, "VECTOR_BYTES", 0)
    trainer = make(X)
    assert same(run(trainer)[1], kept) and trainer.learner.documents.vectors is None


def test_resident_training_is_training(monkeypatch, small_parts):
    """What an accelerator does, done on the CPU: the same bits."""
    X = counts()
    plain = run(make(X[:250], validation=X[250:]))[1]
    monkeypatch.setattr(documents, "Resident", Spy)
    monkeypatch.setattr(MemoryReader, "__init__", lambda self, X, network, original=MemoryReader.__init__: original(self, X, network, True))
    assert same(run(make(X[:250], validation=X[250:]))[1], plain) and Spy.made == 2


class Spy(documents.Resident):
    made = 0

    def __init__(self, *arguments):
        Spy.made += 1
        super().__init__(*arguments)


def test_noise_with_a_generator_of_its_own():
    one, two = Draws(0, CPU, separate=True), Draws(0, CPU, separate=True)
    one.order(5, 5)
    first = one.noise(3, 2)
    assert torch.equal(first, two.noise(3, 2))  # the order that was drawn between has not moved the noise
    state = {name: value.clone() for name, value in one.state().items()}
    wanted = one.noise(3, 2), one.order(9, 9)
    two.load_state(state)
    assert torch.equal(two.noise(3, 2), wanted[0]) and np.array_equal(two.order(9, 9), wanted[1])
    shared = Draws(0)
    shared.load_state(state)  # saved where the noise had its own generator, resumed where it has not
    assert np.array_equal(shared.generator.get_state(), state["now"])


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_training_on_shards(recipe, folder):
    X = counts()
    parts = folder.split(0.8, 0.2, 0.0, seed=1)
    trainer = make(parts.train, recipe, validation=parts.validation)
    events, _ = run(trainer)
    assert (events[0].num_documents, events[0].num_words, events[0].steps) == (240, 50, 8)
    assert same(run(make(parts.train, recipe))[1], run(make(parts.train, recipe))[1])
    held_out = X[parts.validation.doc_ids]
    found, wanted = trainer.history[-1].validation, loss_per_word(trainer.arrays(), held_out)
    assert (found.total, found.reconstruction) == pytest.approx(wanted[:2], rel=1e-5)
    in_memory = make(X[parts.train.doc_ids], recipe, validation=held_out)
    run(in_memory)
    assert found.total == pytest.approx(in_memory.history[-1].validation.total, rel=0.05)


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
@pytest.mark.parametrize("stop_at", [3, 9, 15])
def test_resume_on_shards_equals_never_having_stopped(recipe, stop_at, folder, monkeypatch):
    given = {"sub_sample": 0.8, "batch_norm": True, "num_patience_epochs": 3}
    train, validation, _ = folder.split(0.8, 0.2, 0.0, seed=1)
    whole = make(train, recipe, validation=validation, **given)
    wanted = run(whole)[1]
    first, original = make(train, recipe, validation=validation, **given), training.take_step

    def step(trainer, *arguments):
        original(trainer, *arguments)
        if trainer.progress.epoch * training.steps_per_epoch(trainer) + trainer.progress.step == stop_at:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "take_step", step)
    with pytest.raises(KeyboardInterrupt):
        list(first.events())
    monkeypatch.setattr(training, "take_step", original)
    tensors, meta = first.state_dict()
    again = ShardedBagOfWords.open(folder.path).split(0.8, 0.2, 0.0, seed=1)
    second = make(again.train, recipe, validation=again.validation, **given)
    second.load_state_dict({name: value.numpy() for name, value in tensors.items()}, json.loads(json.dumps(meta)))
    assert same(run(second)[1], wanted)
    assert [(e.train, e.validation) for e in second.history] == [(e.train, e.validation) for e in whole.history]


def test_a_loss_that_is_not_a_number_names_the_document(folder, tmp_path):
    X = counts()
    X.data[X.indptr[17] : X.indptr[17] + 2] = 3e38
    bag = ShardedBagOfWords.write(tmp_path / "large", [X], shard_documents=70)
    with pytest.raises(FloatingPointError, match=r"documents \(rows\) 17;"), np.errstate(over="ignore"):
        list(make(bag).events())


def test_nothing_to_learn_from_shards(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "x", [np.zeros((4, 3))])
    with pytest.raises(ValueError, match="nothing to learn: 4 training documents"):
        make(bag)
    words = ShardedBagOfWords.write(tmp_path / "y", [np.ones((4, 3))])
    with pytest.raises(ValueError, match="nothing to learn: 0 training documents"):
        Trainer(words.split(0, 0, 1).train, resolve(num_documents=4, num_words=3), device="cpu")
    with pytest.raises(ValueError, match="at least one document"):
        make(words, validation=words.split(1, 0, 0).validation)


def test_the_start_needs_a_sample_only(monkeypatch, folder):
    seen = []
    original = training.document_vectors
    monkeypatch.setattr(training, "START_DOCUMENTS", 80)
    monkeypatch.setattr(training, "document_vectors", lambda X, *rest: seen.append(X.shape) or original(X, *rest))
    for X in (counts(), folder):
        trainer = make(X)
        run(trainer)
        assert math.isfinite(trainer.history[-1].train.total)
        assert len(trainer.network.theta(counts()).argmax(dim=1).unique()) == 5
    assert seen == [(80, 50), (80, 50)]


def test_samples_are_the_same_from_memory_and_from_disk(folder):
    X = counts()
    for most in (1, 7, 120, 300, 1000):
        (one, rows), (two, same_rows) = sampled(X, most, 3), sampled(folder, most, 3)
        assert np.array_equal(rows, same_rows) and (one != two).nnz == 0 and (one != X[rows]).nnz == 0
        assert len(set(rows)) == min(most, 300)


def a_start(X, K=5, size=16):
    vectors = document_vectors(X, size)
    labels, centroids = partition(vectors.embed(X), K)
    return SimpleNamespace(vectors=vectors, labels=labels, centroids=centroids)


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_a_given_start_is_where_training_begins(where, folder):
    X = counts()
    start = a_start(X)
    start.labels = (start.labels + 1) % 5  # topics in another order than k-means would have them
    start.centroids = np.roll(start.centroids, 1, axis=0)
    trainer = make(X if where == "memory" else folder, start=start, epochs=0)
    events, arrays = run(trainer)
    assert [event.name for event in events if event.kind == "start_phase"] == ["start"]
    assert np.array_equal(arrays["C"], start.centroids)
    assert (trainer.network.theta(X).argmax(dim=1).numpy() == start.labels).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda start: vars(start).update(labels=start.labels[:-1]), r"\(299,\)"),
        (lambda start: vars(start).update(labels=start.labels + 1), "labels from 1 to 5"),
        (lambda start: vars(start).update(labels=start.labels * 0.5), "expected integers"),
        (lambda start: vars(start).update(centroids=start.centroids[:4]), r"expected .*\(5, 16\)"),
    ],
)
def test_a_start_that_does_not_fit(change, message):
    X = counts()
    start = a_start(X)
    change(start)
    with pytest.raises(ValueError, match=message):
        make(X, start=start)
    with pytest.raises(ValueError, match="belongs to recipe='best'"):
        make(X, "sagemaker", start=a_start(X))


def test_readers(folder):
    network = begun(counts()).network
    assert isinstance(reader_of(folder, network), ShardReader) and isinstance(reader_of(counts(), network), MemoryReader)
    for X in (folder, counts()):
        lengths = torch.cat([part.lengths for part in reader_of(X, network).all()])
        assert np.array_equal(lengths.numpy(), np.asarray(counts().sum(axis=1)).ravel())
