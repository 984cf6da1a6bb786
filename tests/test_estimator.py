"""NTM as a scikit-learn estimator, its queries, its interruptions, and saved models in a new process."""

import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from ntm_widgets.core.estimator import NTM, load_model
from ntm_widgets.data.vectorize import BowVectorizer

TEXTS = [
    *["the puck slid over the ice and the goalie saw the puck too late on the ice"] * 12,
    *["the probe left its orbit around the moon and the rocket reached another orbit"] * 12,
]
EXPECTED_FAILURES = {
    "check_dtype_object": "a matrix with values that are no numbers is a ValueError like every bad value, not a TypeError",
}


def two_groups(rows=60, words=20, seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.2, size=(rows, words)).astype(np.float32)
    counts[: rows // 2, : words // 2] += rng.poisson(1.5, size=(rows // 2, words // 2))
    counts[rows // 2 :, words // 2 :] += rng.poisson(1.5, size=(rows - rows // 2, words - words // 2))
    return sparse.csr_matrix(counts)


def quick(**changes):
    return NTM(**{"num_topics": 2, "epochs": 3, "vector_size": 8, "encoder_layers": 5, "device": "cpu"} | changes)


@pytest.fixture(scope="module")
def model():
    return quick().fit(two_groups())


@pytest.fixture(scope="module")
def reader(tiny_bow):
    return NTM(num_topics=5, epochs=3, device="cpu").fit(tiny_bow)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([quick()], expected_failed_checks=lambda estimator: EXPECTED_FAILURES)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_constructor_only_stores():
    given = NTM(num_topics="many", recipe="soup", encoder_layers="3,2", epochs=-1, device=7)
    assert given.get_params()["num_topics"] == "many" and given.epochs == -1 and given.encoder_layers == "3,2"
    with pytest.raises(ValueError, match="recipe='soup'"):
        given.fit(two_groups())
    with pytest.raises(ValueError, match="num_topics=1: expected an integer from 2 to 1000"):
        NTM(num_topics=1).fit(two_groups())


def test_fitted_attributes(model):
    assert model.components_.shape == (2, 20) and np.allclose(model.components_.sum(axis=1), 1, atol=1e-5)
    assert model.hyperparameters_["epochs"] == 3 and model.hyperparameters_["learning_rate"] == 0.03
    assert model.relevance_ == 0.35 and model.decoder_ == "logit" and model.n_features_in_ == 20
    assert model.vocabulary_ is None and model.vectorizer_ is None
    assert model.topic_shares_.sum() == pytest.approx(1, abs=1e-4)
    assert model.history_["epoch"].tolist() == [1, 2, 3] and model.history_["train_loss"].notna().all()
    assert model.history_["validation_loss"].isna().all()
    groups = model.transform(two_groups()).argmax(axis=1)
    assert groups[:30].std() == 0 and groups[30:].std() == 0 and groups[0] != groups[30]


def test_validation_enters_the_history():
    trained = quick().fit(two_groups(), validation=two_groups(seed=1))
    last = trained.history_.iloc[-1]
    assert -trained.score(two_groups(seed=1)) == pytest.approx(last["validation_loss"], abs=1e-4)


def test_same_seed_same_model():
    first, second, other = (quick(seed=seed).fit(two_groups()) for seed in (1, 1, 2))
    assert np.array_equal(first.fitted_.arrays["W"], second.fitted_.arrays["W"])
    assert not np.array_equal(first.fitted_.arrays["W"], other.fitted_.arrays["W"])


def test_refinement_and_perplexity(model):
    counts = two_groups(seed=3)
    plain, refined = model.perplexity(counts), model.perplexity(counts, refine=True)
    assert 1 < plain.per_token < 20 and 1 < refined.per_document < 20
    assert model.perplexity(counts) == plain != model.perplexity(counts, seed=1)
    assert np.allclose(model.transform(counts, refine=True).sum(axis=1), 1, atol=1e-5)


def test_not_fitted_says_so_in_one_line():
    for use in ("transform", "score", "perplexity", "topics", "query", "top_words", "save", "word_shares"):
        with pytest.raises(NotFittedError, match=r"^this NTM is not trained yet: call fit\(X\) first$"):
            getattr(NTM(), use)(*([] if use in ("topics", "top_words") else ["x"]))
    with pytest.raises(NotFittedError):
        _ = NTM().topic_labels


def test_pipeline_and_grid_search():
    pipeline = make_pipeline(CountVectorizer(stop_words="english"), quick())
    theta = pipeline.fit_transform(TEXTS)
    assert theta.shape == (24, 2) and theta[0].argmax() != theta[-1].argmax()
    search = GridSearchCV(pipeline, {"ntm__num_topics": [2, 3]}, cv=2, error_score="raise").fit(TEXTS)
    assert search.best_params_["ntm__num_topics"] in (2, 3) and np.isfinite(search.best_score_)


def test_clone_and_pickle(model):
    copy = clone(model)
    assert copy.get_params() == model.get_params() and not hasattr(copy, "fitted_")
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.transform(two_groups()), model.transform(two_groups()))


def test_data_frames():
    frame = pd.DataFrame(two_groups().toarray(), columns=[f"word{i}" for i in range(20)])
    trained = quick().fit(frame)
    assert trained.feature_names_in_.tolist() == list(frame) == trained.vocabulary_
    assert trained.top_words(1)[0][0].startswith("word")
    with pytest.raises(ValueError, match="feature names should match"):
        trained.transform(frame[list(frame)[::-1]])
    table = quick().set_output(transform="pandas").fit(frame).transform(frame)
    assert table.columns.tolist() == ["ntm0", "ntm1"] and table.index.equals(frame.index)


def test_wrong_columns_and_vocabulary(model, reader, tiny_bow):
    with pytest.raises(
        ValueError, match=r"^X has 7 features, but NTM is expecting 20 features as input: count the texts"
    ):
        model.transform(two_groups()[:, :7])
    from dataclasses import replace

    swapped = replace(tiny_bow, vocabulary=tiny_bow.vocabulary[::-1])
    with pytest.raises(ValueError, match=r"column 0 of the bag of words is .*, the model was trained with"):
        reader.transform(swapped)
    with pytest.raises(ValueError, match="column 0"):
        quick().fit(tiny_bow, validation=swapped)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1])
def test_bad_numbers(model, bad):
    counts = two_groups().toarray()
    counts[2, 4] = bad
    for use in (quick().fit, model.transform, model.score, model.perplexity):
        with pytest.raises(ValueError, match=r"row 2, column 4"):
            use(counts)


@pytest.mark.parametrize("case", ["one word", "more topics than words", "more topics than documents", "one document"])
def test_odd_shapes(case):
    counts, topics = {
        "one word": (np.array([[3], [1], [2]]), 2),
        "more topics than words": (two_groups()[:, :3], 5),
        "more topics than documents": (two_groups()[:4], 9),
        "one document": (two_groups()[:1], 2),
    }[case]
    try:
        trained = quick(num_topics=topics).fit(counts)
    except ValueError as error:
        assert len(str(error).splitlines()) == 1 and str(error)
    else:
        assert np.isfinite(trained.transform(counts)).all()
        assert len(trained.topics()) == topics


def test_topics_and_names(model):
    model = pickle.loads(pickle.dumps(model))
    table = model.topics(4, relevance=1.0, reference=two_groups())
    assert table.columns.tolist() == ["topic", "label", "share", "npmi", "words"]
    assert len(table["words"][0].split(", ")) == 4
    assert model.top_word_ids(3).shape == (2, 3)
    model.topic_labels = {1: "second"}
    model.rename_topic(0, "first")
    assert model.topic_labels == ["first", "second"] == model.topics()["label"].tolist()
    model.topic_labels = ["a", "b"]
    assert model.topic_labels == ["a", "b"]
    for bad in (
        ["a"],
        ["", "b"],
        {2: "x"},
        {0: " "},
        {0: 3},
        {True: "x"},
        "ab",
        3,
        None,
        [None, "b"],
        np.array([1, 2]),
    ):
        with pytest.raises(ValueError, match=r"label|topic") as caught:
            model.topic_labels = bad
        assert "\n" not in str(caught.value)
    for topic, label in (("0", "x"), (None, "x"), (1.5, "x"), (9, "x"), (True, "x"), (0, 3), (0, ["a"])):
        with pytest.raises(ValueError, match=r"topic=.*expected a number|label .*expected some text"):
            model.rename_topic(topic, label)
    assert model.topic_labels == ["a", "b"]
    for nothing in ("", None):
        model.rename_topic(0, "first")
        model.rename_topic(0, nothing)
        assert model.topic_labels == [", ".join(model.top_words(3)[0]), "b"]


def test_query_reads_as_the_training_did(reader, tiny_bow):
    word, other = tiny_bow.vocabulary[10], tiny_bow.vocabulary[20]
    mixture = reader.query(f"{word} {word.upper()} zzyzx, {other}")
    assert mixture.theta.shape == (5,) and mixture.unknown == ["zzyzx"]
    assert dict(zip(mixture.words["word"], mixture.words["count"], strict=True)) == {word: 2, other: 1}
    counts = sparse.csr_matrix(([2, 1], ([0, 0], [10, 20])), shape=(1, len(tiny_bow.vocabulary)))
    assert np.allclose(mixture.theta, reader.transform(counts.astype(np.float32))[0], atol=1e-6)
    assert "empty document" in repr(reader.query(""))


def test_query_refuses(model, reader):
    with pytest.raises(ValueError, match="trained on a bare matrix and cannot read text"):
        model.query("ice")
    with pytest.raises(TypeError, match=r"one text, got .* of type list"):
        reader.query(["ice"])


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
    """The trainer with events that raise after the given number of epochs."""
    events = trainer.events

    def stream():
        for event in events():
            yield event
            if event.kind == "epoch" and event.epoch == after:
                raise error
            if after == 0:
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
    reader = pickle.loads(pickle.dumps(reader))
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
    model = pickle.loads(pickle.dumps(model))
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
    from ntm_widgets.data.vectorize import BowVectorizer

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


def test_fractional_weights_give_one_warning():
    half = two_groups() * 0.5
    model = quick(epochs=1)
    for use in (
        lambda: model.fit(half, validation=half),
        lambda: model.partial_fit(half),
        lambda: model.perplexity(half),
    ):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            use()
        assert ["fractional" in str(warning.message) for warning in caught] == [True]


@pytest.mark.parametrize("refine", ["no", 1, None, np.array([True])])
def test_refinement_is_a_question_of_yes_or_no(model, refine):
    with pytest.raises(TypeError, match=r"refine=.*: expected True or False"):
        model.transform(two_groups(), refine=refine)


def test_a_long_label_is_kept_whole_and_shown_short(model, tmp_path):
    model = pickle.loads(pickle.dumps(model))
    label = "ice hockey and everything that belongs to it, " * 200 + "too"
    model.rename_topic(0, label)
    assert load_model(model.save(tmp_path / "model")).topic_labels[0] == label
    shown = model.topics()
    assert shown["label"][0] == label
    for text in (repr(shown), shown._repr_html_()):
        assert "ice hockey" in text and "…" in text and len(text) < 5000


@pytest.mark.parametrize("seed", [-1, "x", None, 1.5, True, 2**32])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match=r"seed=.*: expected an integer from 0 to 4294967295"):
        quick(seed=seed).fit(two_groups())


def test_edges_of_a_trained_model(model):
    with pytest.raises(ValueError, match="no documents"):
        model.score(two_groups()[:0])
    with pytest.raises(ValueError, match="relevance='much'"):
        model.topics(relevance="much")
    assert model.transform(two_groups()[:0]).shape == (0, 2)
    start = quick(epochs=0).fit(two_groups())
    assert start.history_.columns.tolist() == model.history_.columns.tolist() and len(start.history_) == 0


def test_every_parameter_is_explained():
    for name in NTM().get_params():
        assert f"\n{name} : " in NTM.__doc__, name
    for name in ("mini_batch_size", "clip_gradient", "num_patience_epochs"):
        assert f"SageMaker's `{name}`" in " ".join(NTM.__doc__.split())


def test_sagemaker_recipe():
    model = quick(recipe="sagemaker", encoder_layers="auto", vector_size=None, mini_batch_size=16).fit(two_groups())
    assert model.relevance_ == 0 and model.hyperparameters_["encoder_layers"] == [6, 4]
    assert np.allclose(model.transform(two_groups()).sum(axis=1), 1, atol=1e-5)


def test_a_function_that_tokenised_answers_queries_in_its_session_only(tmp_path):
    bow = BowVectorizer(tokenizer=str.split, min_doc_words=0).fit_transform(
        ["red green blue red", "one two three one", "red blue two"] * 4
    )
    model = NTM(2, epochs=1, device="cpu").fit(bow[:9])
    assert model.query("red two grey").unknown == ["grey"]
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match="tokenis"):
        load_model(tmp_path / "model").query("red")
    again = load_model(tmp_path / "model", tokenizer=str.split)
    np.testing.assert_array_equal(again.query("red two").theta, model.query("red two").theta)


def test_partial_fit_keeps_topics_and_recipe():
    X = np.random.default_rng(0).poisson(1, (30, 12))
    model = NTM(3, epochs=1, device="cpu").partial_fit(X).set_params(num_topics=4)
    with pytest.raises(ValueError, match="num_topics=4: partial_fit keeps the num_topics=3"):
        model.partial_fit(X)
    assert model.set_params(num_topics=3).partial_fit(X).components_.shape == (3, 12)
