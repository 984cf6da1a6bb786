"""Learning from documents that arrive: as good as having had them at once, with topics that keep their numbers."""

import numpy as np
import pytest
from scipy import sparse

from ntm_widgets.core import arriving
from ntm_widgets.core.arriving import Memory, network_of, start_from_topics
from ntm_widgets.core.estimator import NTM, load_model
from ntm_widgets.core.events import EpochEnd
from ntm_widgets.core.inference import theta
from ntm_widgets.core.metrics import nmi
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.shards import ShardedBagOfWords
from ntm_widgets.data.vectorize import BowVectorizer


def six_kinds(documents=600, seed=0):
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(6, 0.2), documents) @ (np.kron(np.eye(6), np.ones(10)) * 3) + 0.1
    return sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


def quick(**given):
    return NTM(**{"num_topics": 6, "vector_size": 16, "device": "cpu"} | given)


def kept(old, new):
    """Share of ten first words that topic k keeps, and for how many topics the most alike of the new ones is itself."""
    alike = np.array([[len(set(a) & set(b)) / len(a) for b in new] for a in old])
    return float(np.mean(np.diag(alike))), float(np.mean(np.diag(alike) == alike.max(axis=1)))


def stream(model, X, size):
    """Feed documents in batches; the least share of words, and of topics, that one call kept."""
    shares, old = [], None
    for first in range(0, X.shape[0], size):
        model.partial_fit(X[first : first + size])
        new = model.top_word_ids()
        shares += [kept(old, new)] if old is not None else []
        old = new
    return np.array(shares)


def test_shares_are_of_all_documents_seen():
    """Whether all are remembered or not; one that arrives late does not stand for all."""
    X = six_kinds()
    kind = theta(quick().fit(X).fitted_, X).argmax(axis=1)
    late, early = X[kind == 0], X[kind != 0]
    for model in (quick().fit(early), quick().partial_fit(early)):
        model.partial_fit(late)
        topics = theta(model.fitted_, X).argmax(axis=1)
        assert model.topic_shares_.sum() == pytest.approx(1)
        assert np.abs(model.topic_shares_ - np.bincount(topics, minlength=6) / len(topics)).max() < 0.1


def test_two_kinds_that_take_turns_are_both_seen():
    """Shares are measured on a sample; one that sees every second document alone would find half of the topics dead."""
    first, second = six_kinds(6_000), six_kinds(6_000, seed=1)
    turns = sparse.vstack([sparse.hstack([first, 0 * second]), sparse.hstack([0 * first, second])], format="csr")
    turns = turns[np.arange(12_000).reshape(2, -1).T.ravel()]
    model = quick(num_topics=60, epochs=1).fit(turns)
    of_first = model.components_[:, :60].sum(axis=1) > 0.5
    assert model.topic_shares_[of_first].sum() == pytest.approx(0.5, abs=0.05)


def test_what_is_interrupted_before_it_learns_is_not_remembered(monkeypatch):
    """Ctrl-C while a model begins anew leaves it as it was, so that the documents can arrive again."""
    X = six_kinds()
    model = quick().partial_fit(X[:200])
    before = model.fitted_
    with monkeypatch.context() as patch:
        patch.setattr("ntm_widgets.core.training.start_weights", lambda *given, **more: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(X[200:])
    assert model.fitted_ is before and model._memory.seen == 200 and model._source is None
    assert model.partial_fit(X[200:])._memory.seen == 600


@pytest.mark.parametrize("size", [100, 7])
def test_batches_of_any_size_lead_to_the_same_quality(size):
    X, held_out = six_kinds(), six_kinds(200, seed=1)
    one, many = quick().fit(X), quick()
    shares = stream(many, X, size)
    assert many.perplexity(held_out).per_token < 1.03 * one.perplexity(held_out).per_token
    assert set(many.components_.argmax(axis=1) // 10) == set(range(6))
    assert (shares[len(shares) // 2 :, 1] >= 5 / 6).all()


@pytest.mark.data
def test_newsgroups_in_twenty_parts(newsgroups):
    bow = BowVectorizer(tokenizer="regex").fit_transform(newsgroups)
    train, held_out, _ = bow.split(0.35, 0.1, 0.55, seed=0)
    one, many = NTM(20, device="cpu").fit(train), NTM(20, device="cpu")
    shares = stream(many, train, len(train) // 20 + 1)
    quality = [
        (nmi(model.transform(held_out), held_out.labels), model.perplexity(held_out).per_token) for model in (one, many)
    ]
    assert quality[1][0] > 0.9 * quality[0][0] and quality[1][1] < 1.05 * quality[0][1]
    words, topics = shares.T
    assert words.mean() > 0.75 and words[-1] > 0.9
    assert np.sort(topics)[1] >= 0.85 and topics.min() >= 0.7  # the least: anew with 66 documents a topic


def test_new_documents_are_learnt_and_old_ones_not_forgotten():
    rng = np.random.default_rng(0)
    first, second = six_kinds(300)[:, rng.permutation(60)], six_kinds(60, seed=5)
    settings = {"encoder_learning_rate": 0.005, "alpha": 0.3, "temperature": 10, "pseudo_count": 10, "word_share": 0}
    model = quick().set_params(**settings).fit(first)
    before, old = model.score(second), model.score(first)
    for seed in range(5, 10):
        model.partial_fit(six_kinds(60, seed=seed))
    assert model.score(second) > before + 0.05 and model.score(first) > old - 0.15


def test_a_fitted_model_moves_little(tmp_path):
    X = six_kinds()
    model = quick().fit(X)
    loaded = load_model(model.save(tmp_path / "model"))
    for trained in (model, loaded):
        old = trained.top_word_ids()
        for first in range(0, 100, 10):
            trained.partial_fit(X[first : first + 10])
        assert kept(old, trained.top_word_ids())[1] == 1
    assert np.array_equal(model.components_, loaded.components_)
    assert model._memory.seen == loaded._memory.seen == 700 and not model._memory.complete


def test_what_is_remembered(monkeypatch):
    monkeypatch.setattr(arriving, "REMEMBERED", 50)
    memory, X = Memory(), sparse.csr_matrix(np.arange(1, 401, dtype=np.float32).reshape(400, 1))
    for first in range(0, 400, 30):
        memory.add(X[first : first + 30], seed=0)
        assert memory.complete == (memory.seen <= 50)
    assert memory.seen == 400 and memory.counts.shape[0] == len(memory.keys) == 50
    there = memory.counts.toarray().ravel()
    assert len(set(there)) == 50 and 120 < there.mean() < 280  # from all of the stream
    assert memory.some(7, seed=0).shape == (7, 1) and memory.some(80, seed=0).shape == (50, 1)
    assert Memory().some(5, seed=0) is None


@pytest.mark.parametrize("asked", [{"num_topics": 4}, {"recipe": "sagemaker"}, {"learning_rate": -1.0}])
def test_what_is_refused_is_not_remembered(asked):
    X, model = six_kinds(), quick(epochs=2)
    model.partial_fit(X[:100])
    known, name = model.get_params(), next(iter(asked))
    with pytest.raises(ValueError, match=name):
        model.set_params(**asked).partial_fit(X[100:150])
    assert model._memory.seen == model._memory.counts.shape[0] == 100
    assert model.set_params(**{name: known[name]}).partial_fit(X[100:150])._memory.seen == 150


def test_models_remember_in_another_process(worker):
    X = six_kinds(200)
    model = quick().partial_fit(X[:60])
    there = worker.submit(model.partial_fit, X[60:]).result()
    assert np.array_equal(model.partial_fit(X[60:]).components_, there.components_)


@pytest.mark.parametrize("given", [{}, {"recipe": "sagemaker", "vector_size": None}, {"encoder_layers": (9, 8, 7)},
                                   {"recipe": "sagemaker", "vector_size": None, "batch_norm": True}])  # fmt: skip
def test_arrays_become_the_network_they_came_from(given):
    X = six_kinds(100)
    fitted = quick(epochs=2, **given).fit(X).fitted_
    arrays = network_of(fitted).arrays()
    assert arrays.keys() == fitted.arrays.keys()
    assert all(np.array_equal(arrays[name], fitted.arrays[name]) for name in arrays)
    model = quick(epochs=2, **given).fit(X).partial_fit(X)
    assert np.isfinite(model.transform(X)).all() and len(model.history_) == 4


def test_a_start_from_topics_keeps_numbers():
    X = six_kinds()
    fitted = quick().fit(X).fitted_
    start = start_from_topics(fitted, X, seed=0)
    assert (start.labels == theta(fitted, X).argmax(axis=1)).mean() > 0.9 and start.centroids.shape == (6, 16)
    guided = quick().fit(X, start=start)
    assert (guided.components_.argmax(axis=1) // 10 == fitted.components.argmax(axis=1) // 10).all()


def test_shards_arrive(tmp_path):
    X = six_kinds()
    shards = ShardedBagOfWords.write(tmp_path / "shards", [X])
    model = quick().partial_fit(shards)
    old = model.top_word_ids()
    model.partial_fit(shards).partial_fit(X[:10])
    assert kept(old, model.top_word_ids())[1] == 1 and model._memory.seen == 1210


def test_an_estimator_on_shards(tmp_path):
    X = six_kinds()
    parts = ShardedBagOfWords.write(
        tmp_path / "shards", [X], vocabulary=[f"w{w}" for w in range(60)], shard_documents=90
    ).split()
    model = quick().fit(parts.train, validation=parts.validation)
    rows = {name: X[getattr(parts, name).doc_ids] for name in ("train", "validation", "test")}
    assert np.allclose(model.transform(parts.test), model.transform(rows["test"]), atol=1e-6)
    assert model.score(parts.validation) == pytest.approx(model.score(rows["validation"]), rel=1e-6)
    assert -model.score(parts.validation) == pytest.approx(model.history_["validation_loss"].iloc[-1], rel=1e-5)
    assert model.perplexity(parts.test) == pytest.approx(model.perplexity(rows["test"]), rel=0.05)
    assert model.vocabulary_ == parts.train.vocabulary
    assert model.topic_shares_.sum() == pytest.approx(1, abs=1e-4)
    with pytest.raises(ValueError, match="use sample"):
        model.word_shares(parts.test)
    with pytest.raises(ValueError, match="column 0 of the bag of words is 'x0'"):
        model.transform(ShardedBagOfWords.write(tmp_path / "x", [X], vocabulary=[f"x{w}" for w in range(60)]))
    with pytest.raises(ValueError, match="no documents"):
        model.score(parts.test.split(1, 0, 0).test)
    assert model.transform(parts.test.split(1, 0, 0).test).shape == (0, 6)


def test_scores_of_many_blocks(tmp_path, monkeypatch):
    from ntm_widgets.data import shards as room

    X = six_kinds()
    model = quick().fit(X)
    monkeypatch.setattr(room, "BLOCK", 32)
    bag = ShardedBagOfWords.write(tmp_path / "shards", [X], shard_documents=90)
    assert np.allclose(model.transform(bag, refine=True), model.transform(X, refine=True), atol=1e-5)
    assert model.score(bag) == pytest.approx(model.score(X), rel=1e-6)
    found, wanted = model.perplexity(bag), model.perplexity(X)
    assert found == pytest.approx(wanted, rel=0.02)


def test_shards_that_vanish_leave_the_model(tmp_path):
    """What has been learnt is kept without the documents; only the shares of topics are not known."""
    bag = ShardedBagOfWords.write(tmp_path / "x", [BagOfWords(six_kinds(), [f"w{w}" for w in range(60)])])
    model = quick(epochs=2)
    trainer = model.trainer(bag)
    for event in trainer.events():
        if isinstance(event, EpochEnd) and trainer.progress.epoch == 2:
            for shard in (tmp_path / "x").glob("*.bin"):
                shard.unlink()
    with pytest.warns(UserWarning, match="topic_shares_ is None"):
        model.adopt(trainer)
    assert model.topic_shares_ is None and len(model.topics()) == 6
    assert load_model(model.save(tmp_path / "model")).topic_shares_ is None
