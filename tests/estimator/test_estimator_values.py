"""Values that NTM is given: weights, labels, seeds, recipes."""

import warnings
from copy import deepcopy

import numpy as np
import pytest
from estimator_support import quick, two_groups

from ntm_widgets.core.estimator import NTM, load_model
from ntm_widgets.data.vectorize import BowVectorizer


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
    model = deepcopy(model)
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
