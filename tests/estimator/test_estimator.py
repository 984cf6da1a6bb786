"""NTM as a scikit-learn estimator, its topics and its queries."""

from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from estimator_support import TEXTS, quick, two_groups
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from ntm_widgets.core.estimator import NTM

EXPECTED_FAILURES = {
    "check_dtype_object": "a matrix with values that are no numbers is a ValueError like every bad value, not a TypeError",
}


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


def test_a_clone_is_untrained_and_a_model_works_in_another_process(model, worker):
    copy = clone(model)
    assert copy.get_params() == model.get_params() and not hasattr(copy, "fitted_")
    theta = worker.submit(model.transform, two_groups()).result()
    assert np.array_equal(theta, model.transform(two_groups()))


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
    model = deepcopy(model)
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
