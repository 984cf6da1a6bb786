"""NTM that goes on learning, is interrupted, saved, and loaded in a new process."""

import subprocess
import sys
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from estimator_support import TEXTS, quick, two_groups
from sklearn.base import clone

from ntm_widgets.core.estimator import load_model
from ntm_widgets.data.vectorize import BowVectorizer


def test_partial_fit_keeps_topics():
    model = quick().partial_fit(two_groups())
    groups = model.transform(two_groups()).argmax(axis=1)
    model.rename_topic(0, "kept")
    model.partial_fit(two_groups(rows=17, seed=5))
    assert (model.transform(two_groups()).argmax(axis=1) == groups).mean() > 0.95
    assert model.topic_labels[0] == "kept" and model.hyperparameters_["epochs"] == 6
    assert len(model.history_) == 6
    with pytest.raises(ValueError, match="expecting 20 features"):
        model.partial_fit(two_groups(words=8))
    assert model.fit(two_groups()).topic_labels[0] != "kept"


def test_partial_fit_with_early_stopping_learns_from_new_documents():
    model = quick(num_patience_epochs=1, epochs=8).fit(two_groups())
    before = model.fitted_.arrays["W"].copy()
    model.partial_fit(two_groups(seed=9)[:, ::-1])
    assert np.abs(model.fitted_.arrays["W"] - before).max() > 0.01


def interrupting(trainer, after, error):
    """The trainer with events that raise after the given number of epochs, or after its "start"."""
    events = trainer.events

    def stream():
        for event in events():
            yield event
            if event.kind == "epoch" and event.epoch == after:
                raise error
            if after == 0 or (after == "start" and event.kind == "start_phase" and event.name == "start"):
                raise error

    trainer.events = stream
    return trainer


def test_interrupt_keeps_what_there_is(monkeypatch):
    model = quick(epochs=50)
    make = model.trainer
    monkeypatch.setattr(model, "trainer", lambda X, **k: interrupting(make(X, **k), 2, KeyboardInterrupt()))
    with pytest.warns(UserWarning, match="interrupted after 2 of 50 epochs"):
        assert model.fit(two_groups()) is model
    assert len(model.history_) == 2 and model.transform(two_groups()).shape == (60, 2)


def test_interrupt_before_anything_is_learnt(monkeypatch):
    model = quick()
    make = model.trainer
    monkeypatch.setattr(model, "trainer", lambda X, **k: interrupting(make(X, **k), 0, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        model.fit(two_groups())
    assert not hasattr(model, "fitted_")


@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_interrupt_right_after_the_start_leaves_the_start(monkeypatch, decoder):
    model = quick(epochs=50, decoder=decoder)
    make = model.trainer
    monkeypatch.setattr(model, "trainer", lambda X, **k: interrupting(make(X, **k), "start", KeyboardInterrupt()))
    with pytest.warns(UserWarning, match="interrupted after 0 of 50 epochs"):
        model.fit(two_groups())
    start = quick(epochs=0, decoder=decoder).fit(two_groups())
    assert all(np.array_equal(array, start.fitted_.arrays[name]) for name, array in model.fitted_.arrays.items())
    assert np.array_equal(model.transform(two_groups()), start.transform(two_groups()))


def test_failed_training_keeps_good_weights(monkeypatch):
    model = quick()
    make = model.trainer
    monkeypatch.setattr(model, "trainer", lambda X, **k: interrupting(make(X, **k), 1, FloatingPointError("row 3")))
    with pytest.raises(FloatingPointError, match="row 3"):
        model.fit(two_groups())
    assert np.isfinite(model.transform(two_groups())).all()


def test_adopt_at_any_moment():
    model = quick()
    trainer = model.trainer(two_groups())
    for event in trainer.events():
        if event.kind == "epoch":
            model.adopt(trainer)
            model.rename_topic(0, "named while training") if event.epoch == 1 else None
            assert len(model.history_) == event.epoch
    model.adopt(trainer)
    assert model.topic_labels[0] == "named while training"
    assert np.array_equal(model.transform(two_groups()), quick().fit(two_groups()).transform(two_groups()))


def test_a_fresh_model_takes_over_a_saved_training():
    first = quick(epochs=4)
    trainer = first.trainer(two_groups())
    for event in trainer.events():
        if event.kind == "epoch" and event.epoch == 2:
            break
    state = trainer.state_dict()
    second = quick(epochs=4)
    resumed = second.trainer(two_groups())
    resumed.load_state_dict(*state)
    for _ in resumed.events():
        pass
    second.adopt(resumed)
    assert np.array_equal(second.transform(two_groups()), quick(epochs=4).fit(two_groups()).transform(two_groups()))


def test_save_and_load_in_a_new_process(reader, tiny_bow, tmp_path):
    reader = deepcopy(reader)
    reader.rename_topic(2, "<b>named</b>")
    reader.relevance_ = 0.5
    text = " ".join(tiny_bow.vocabulary[:5]) + " zzyzx"
    reader.save(tmp_path / "model")
    np.save(tmp_path / "counts.npy", tiny_bow.counts[:50].toarray())
    code = f"""
import sys, numpy as np
from ntm_widgets.core.estimator import load_model
model = load_model({str(tmp_path / "model")!r})
np.save({str(tmp_path / "theta.npy")!r}, model.transform(np.load({str(tmp_path / "counts.npy")!r})))
np.save({str(tmp_path / "query.npy")!r}, model.query({text!r}).theta)
assert "torch" not in sys.modules, "inference needs no torch"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert np.array_equal(np.load(tmp_path / "theta.npy"), reader.transform(tiny_bow.counts[:50].toarray()))
    assert np.array_equal(np.load(tmp_path / "query.npy"), reader.query(text).theta)
    again = load_model(tmp_path / "model")
    assert again.topic_labels == reader.topic_labels and again.relevance_ == 0.5
    assert again.topics(5).equals(reader.topics(5)) and again.history_.equals(reader.history_)
    assert again.get_params() == reader.get_params()
    assert clone(again).fit(tiny_bow).components_.shape == reader.components_.shape
    before = again.top_words(10)
    again.partial_fit(tiny_bow)
    kept = [len(set(old) & set(new)) for old, new in zip(before, again.top_words(10), strict=True)]
    assert np.mean(kept) > 7 and again.topic_labels[2] == "<b>named</b>"


def test_saved_feature_names(tmp_path):
    frame = pd.DataFrame(two_groups().toarray(), columns=[f"word{i}" for i in range(20)])
    quick(encoder_layers=(5, 4)).fit(frame).save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    assert again.feature_names_in_.tolist() == list(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        again.transform(frame.rename(columns={"word0": "other"}))


def test_a_vocabulary_given_by_hand(model, tmp_path):
    model = deepcopy(model)
    model.vocabulary_ = np.array([f"word{i}" for i in range(20)])
    again = load_model(model.save(tmp_path / "model"))
    assert again.top_words(3) == model.top_words(3) and again.top_words(1)[0][0].startswith("word")
    for words, expected in (
        (["too", "short"], r"vocabulary_ has 2 words \(2 different\), the model 20 columns"),
        (["same"] * 20, r"vocabulary_ has 20 words \(1 different\)"),
        ("a text", "expected a collection of words"),
        ([*again.vocabulary_[:19], None], "expected words, got None"),
    ):
        with pytest.raises(ValueError, match=expected):
            model.vocabulary_ = words
    assert model.topic_labels == again.topic_labels


def shout(text):
    return text.upper().split()


def test_callable_tokenizer_must_be_handed_in(tmp_path):

    bow = BowVectorizer(tokenizer=shout, stop_words=None, min_doc_words=0, max_df=1.0).fit_transform(TEXTS)
    quick().fit(bow).save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"tokenised by a function, .*shout.*: set model.tokenizer_"):
        load_model(tmp_path / "model").query("puck")
    assert load_model(tmp_path / "model", tokenizer=shout).query("puck ice").words["word"].tolist() == ["PUCK", "ICE"]


def test_a_tokenizer_that_is_none_or_not_needed(reader, tmp_path):
    reader.save(tmp_path / "model")
    with pytest.raises(TypeError, match="tokenizer=3"):
        load_model(tmp_path / "model", tokenizer=3)
    with pytest.raises(ValueError, match="leave tokenizer= out"):
        load_model(tmp_path / "model", tokenizer=shout)
