"""The trainer: same bits twice, resumption from anywhere, awkward data, failures, and what it leaves behind."""

import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from ntm_widgets.core import training
from ntm_widgets.core.events import EarlyStopping, StepStats, event_from_dict
from ntm_widgets.core.inference import loss_per_word
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.training import Trainer
from ntm_widgets.data.shards import ShardedBagOfWords


def counts(documents=200, words=50, seed=0):
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(5, 0.2), documents) @ (np.kron(np.eye(5), np.ones(words // 5)) * 3) + 0.05
    return sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


def make(X, recipe="best", K=5, validation=None, threads=1, seed=0, topic_every=1, **given):
    given = {"epochs": 4, "mini_batch_size": 32, **given}
    found = resolve(recipe, num_topics=K, num_documents=max(X.shape[0], 1), num_words=X.shape[1], **given)
    return Trainer(X, found, validation=validation, device="cpu", threads=threads, seed=seed, topic_every=topic_every)


def run(trainer):
    events = list(trainer.events())
    return events, trainer.arrays().arrays


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_same_seed_same_bits(recipe):
    X = counts()
    (one, first), (_, second), (_, other) = run(make(X, recipe)), run(make(X, recipe)), run(make(X, recipe, seed=1))
    assert same(first, second) and not same(first, other)
    assert [e.kind for e in one][-2:] == ["topics", "finished"]


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adagrad", "adadelta", "rmsprop"])
@pytest.mark.parametrize("stop_at", [3, 9, 15])
def test_resume_equals_never_having_stopped(recipe, optimizer, stop_at, monkeypatch):
    """Stopped between any two steps, with sub-sampling, batch norm and early stopping; the state passes through JSON."""
    X = counts()
    given = {"optimizer": optimizer, "learning_rate": 0.01, "sub_sample": 0.8, "batch_norm": True}
    given |= {"num_patience_epochs": 1, "tolerance": 0.05, "clip_gradient": 0.5, "encoder_learning_rate": 0.01}
    whole, wanted = make(X[:160], recipe, validation=X[160:], **given), None
    _, wanted = run(whole)
    first = make(X[:160], recipe, validation=X[160:], **given)
    taken = 0
    original = training.take_step

    def step(trainer, *arguments):
        nonlocal taken
        original(trainer, *arguments)
        taken += 1
        if taken == stop_at:
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "take_step", step)
    try:
        list(first.events())
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
    monkeypatch.setattr(training, "take_step", original)
    tensors, meta = first.state_dict()
    arrays = {name: value.numpy() for name, value in tensors.items()}
    second = make(X[:160], recipe, validation=X[160:], **given)
    second.load_state_dict(arrays, json.loads(json.dumps(meta)))
    _, found = run(second)
    assert same(found, wanted)
    assert interrupted or whole.stopping.stopped
    figures = [(e.train, e.validation, e.best, e.bad_epochs) for e in whole.history]
    assert [(e.train, e.validation, e.best, e.bad_epochs) for e in second.history] == figures
    assert same(run(first)[1], wanted)  # the interrupted trainer itself goes on, too


def test_closing_after_the_start_leaves_the_start():
    trainer = make(counts())
    stream = trainer.events()
    with pytest.raises(RuntimeError, match="not started"):
        trainer.state_dict()
    for event in stream:
        if event.kind == "start_phase" and event.name == "start":
            break
    stream.close()
    at_start = trainer.arrays().arrays
    assert same(at_start, run(make(counts(), epochs=0))[1])


def test_the_start_tells_its_phases_and_how_far_they_are(monkeypatch):
    """Reported after every step or not at all, the start is the same, and its events come back from the log."""
    usual = run(make(counts()))
    steps = training.some_steps
    monkeypatch.setattr(training, "some_steps", lambda work: steps(work, 0))
    events, arrays = run(make(counts()))
    assert same(arrays, usual[1])
    told = [event for event in events if event.kind == "start_progress"]
    assert [(one.name, one.number, one.of) for one in told if one.share == 0] == [("vectors", 1, 3), ("partition", 2, 3), ("start", 3, 3)]
    partition = [one for one in told if one.name == "partition"]
    assert [one.share for one in partition] == sorted({one.share for one in partition}) and partition[-1].share > 0.9 and len(partition) > 10
    assert all(one.seconds <= other.seconds for one, other in itertools.pairwise(partition))
    assert [event_from_dict(json.loads(json.dumps(one.to_dict()))) for one in told] == told
    assert len([event for event in usual[0] if event.kind == "start_progress"]) < len(told)


def test_validation_loss_is_the_score_of_the_exported_model():
    X = counts()
    trainer = make(X[:160], validation=X[160:])
    _, _ = run(trainer)
    total, fit, kl = loss_per_word(trainer.arrays(), X[160:])
    last = trainer.history[-1].validation
    assert (last.total, last.reconstruction, last.kl) == pytest.approx((total, fit, kl), rel=1e-5)


AWKWARD = {
    "an outlier of 12,000 words": sparse.vstack([counts(60), sparse.csr_matrix(np.full((1, 50), 240, np.float32))]),
    "an empty document": sparse.vstack([counts(60), sparse.csr_matrix((1, 50), dtype=np.float32)]),
    "a last batch of one": counts(65),
    "one document": counts(1),
    "one word": sparse.csr_matrix(np.arange(1, 21, dtype=np.float32).reshape(20, 1)),
    "fewer words than topics": counts(40)[:, :3],
    "fewer documents than topics": counts(3),
    "fewer documents than a batch": counts(7),
    "duplicates only": sparse.vstack([counts(1)] * 30),
    "every word in every document": sparse.csr_matrix(np.ones((30, 6), np.float32)),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_awkward_data_trains(name, recipe, batch_norm):
    X = AWKWARD[name].tocsr()
    trainer = make(X, recipe, validation=X[:2], batch_norm=batch_norm)
    events, arrays = run(trainer)
    assert events[-1].reason in ("epochs", "early stopping")
    assert all(math.isfinite(e.train.total) and math.isfinite(e.validation.total) for e in trainer.history)
    theta = trainer.network.theta(X)
    assert torch.isfinite(theta).all() and torch.allclose(theta.sum(dim=1), torch.ones(len(theta)), atol=1e-5)
    assert arrays["W"].shape == (5, X.shape[1])


def test_two_topics():
    events, arrays = run(make(counts(), K=2))
    assert arrays["W"].shape[0] == 2 and len(events[-2].words) == 2


@pytest.mark.parametrize(
    ("X", "given", "message"),
    [
        (np.zeros((3, 4)), {}, "nothing to learn"),
        (np.zeros((0, 4)), {}, "."),
        (np.array([[1.0, -2.0]]), {}, "(?i)negative"),
        (np.array([[1.0, np.nan]]), {}, "(?i)nan"),
        (np.array([[1.0, np.inf]]), {}, "(?i)inf"),
        (np.ones((3, 4)), {"validation": np.ones((2, 5))}, "4 columns"),
        (np.ones((3, 4)), {"threads": 0}, "threads=0"),
        (np.ones((3, 4)), {"threads": True}, "threads=True"),
        (np.ones((3, 4)), {"seed": -1}, "seed=-1: expected an integer from 0"),
        (np.ones((3, 4)), {"seed": "a"}, "seed='a'"),
        (np.ones((3, 4)), {"seed": 2**32}, "seed=4294967296"),
    ],
)
def test_says_why_not(X, given, message):
    with pytest.raises(ValueError, match=message):
        make(sparse.csr_matrix(X), **given)


def test_a_device_that_is_not_there():
    X = counts()
    with pytest.raises(ValueError, match="one of cpu"):
        Trainer(X, resolve(num_documents=200, num_words=50), device="cuda:9")
    with pytest.raises(ValueError, match="2 words does not fit 50"):
        Trainer(X, resolve(num_documents=200, num_words=50), device="cpu", vocabulary=["a", "b"])


def test_a_loss_that_is_not_a_number_names_the_document_and_keeps_the_weights():
    X = counts()
    trainer = make(X)
    X.data[X.indptr[17]] = 3e38
    X.data[X.indptr[17] + 1] = 3e38
    trainer.counts = X
    with pytest.raises(FloatingPointError, match=r"documents \(rows\) 17;"), np.errstate(over="ignore"):
        for event in trainer.events():
            last = event
    assert last.reason == "failed" and "rows) 17" in last.message
    assert all(np.isfinite(value).all() for value in trainer.arrays().arrays.values())


def test_diverging_training_keeps_finite_weights():
    given = {"optimizer": "sgd", "learning_rate": 1.0, "encoder_learning_rate": 1.0, "epochs": 50}
    trainer = make(counts() * 3000, **given)
    with pytest.raises(FloatingPointError, match="smaller learning_rate"):
        list(trainer.events())
    assert all(np.isfinite(value).all() for value in trainer.arrays().arrays.values())


def test_lowest_loss_is_kept_with_patience():
    X = counts()
    trainer = make(X[:160], validation=X[160:], num_patience_epochs=2, tolerance=0.1, epochs=40)
    events, _ = run(trainer)
    assert events[-1].reason == "early stopping" and events[-1].epoch < 40
    lowest = min(e.validation.total for e in trainer.history)
    assert loss_per_word(trainer.arrays(), X[160:])[0] == pytest.approx(lowest, rel=1e-5)


def test_extend():
    trainer = make(counts())
    run(trainer)
    trainer.extend(2)
    events = list(trainer.events())
    assert trainer.hyperparameters.epochs == 6 and [e.epoch for e in trainer.history] == [1, 2, 3, 4, 5, 6]
    assert events[-1].epoch == 6
    with pytest.raises(ValueError, match="epochs=0"):
        trainer.extend(0)


def test_state_of_other_data_is_refused():
    trainer = make(counts())
    run(trainer)
    tensors, meta = trainer.state_dict()
    with pytest.raises(ValueError, match="saved with 200 documents of 50 words"):
        make(counts(200, 45)).load_state_dict(tensors, meta)


def test_events_are_json_and_throttled():
    X = counts(3000)
    events, _ = run(make(X, epochs=3))
    for event in events:
        assert event_from_dict(json.loads(json.dumps(event.to_dict()))) == event
    steps = [e for e in events if isinstance(e, StepStats)]
    assert steps and (steps[0].epoch, steps[0].step) == (1, 1)
    gaps = np.diff([e.seconds for e in steps])
    assert (gaps >= 0.09).all()


def test_topic_events():
    X = counts()
    assert [e.epoch for e in run(make(X, topic_every=3))[0] if e.kind == "topics"] == [0, 3, 4]
    assert not [e for e in run(make(X, topic_every=0))[0] if e.kind == "topics"]


def test_threads_auto_records_its_choice():
    trainer = make(counts(), threads="auto", epochs=1)
    events, _ = run(trainer)
    assert isinstance(trainer.threads, int) and events[0].threads == trainer.threads >= 1


def test_all_topics_are_used_after_an_epoch():
    X = counts(600)
    trainer = make(X, epochs=1)
    run(trainer)
    assert len(trainer.network.theta(X).argmax(dim=1).unique()) == 5


@pytest.mark.parametrize("decoder", ["logit", "mix"])
@pytest.mark.parametrize("sharded", [False, True])
def test_a_word_that_no_document_has_stays_at_the_background(decoder, sharded, tmp_path):
    X = sparse.csr_matrix(np.hstack([counts().toarray(), np.zeros((200, 2), np.float32)]))
    X = ShardedBagOfWords.write(tmp_path / "shards", [X]) if sharded else X
    trainer = make(X, decoder=decoder)
    events = trainer.events()
    while trainer.learner is None:
        next(events)
    before = trainer.arrays().arrays
    for _ in events:
        pass
    after = trainer.arrays().arrays
    assert np.array_equal(after["W"][:, 50:], before["W"][:, 50:])
    assert np.array_equal(after["b"][50:], before["b"][50:])
    assert not np.array_equal(after["W"][:, :50], before["W"][:, :50])


def test_amazons_algorithm_learns_from_words_that_no_document_has():
    X = sparse.csr_matrix(np.hstack([counts().toarray(), np.zeros((200, 1), np.float32)]))
    _, arrays = run(make(X, "sagemaker", epochs=2))
    assert arrays["b"][50] < 0


def test_sub_sample_draws_afresh():
    trainer = make(counts(), sub_sample=0.5)
    orders = []
    original = trainer.draws.order
    trainer.draws.order = lambda *a, **given: orders.append(original(*a, **given)) or orders[-1]
    run(trainer)
    assert {len(order) for order in orders} == {100} and not np.array_equal(np.sort(orders[0]), np.sort(orders[1]))


def test_early_stopping_without_patience_never_stops():
    rule = EarlyStopping(None, 0.001)
    assert not any(rule.update(loss) for loss in [1.0] * 50) and rule.best == 1.0


def test_early_stopping_waits_for_a_full_window():
    rule = EarlyStopping(3, 0.001)
    assert [rule.update(1.0) for _ in range(7)] == [False] * 6 + [True]


def test_hyperparameters_travel_with_the_arrays():
    trainer = make(counts(), epochs=1)
    run(trainer)
    assert trainer.arrays().hyperparameters == replace(trainer.hyperparameters).to_dict()
