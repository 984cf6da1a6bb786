"""Every setting refuses what is out of its range, in one line that names the value."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntm_widgets.core.settings import ALL_SETTINGS, BEST_ONLY, Hyperparameters, prior_variance, resolve

SIZE = {"num_documents": 1000, "num_words": 500}

BAD = {
    "num_topics": [1, 1001, 2.5, "two", True, None.__class__, [3]],
    "decoder": ["mixed", "lda", 3],
    "decoder_precision": ["float16", "half", 16],
    "encoder_layers": [(0,), (-3,), "3,x", "", (2.5,), {}, b"3", (10**9,)],
    "encoder_layers_activation": ["softplus", 1],
    "batch_norm": ["yes", 1, 0.0],
    "epochs": [-1, 1.5, "many", 10**7],
    "mini_batch_size": [0, 10_001, "256.0"],
    "optimizer": ["lbfgs", 0],
    "learning_rate": [0, 1e-7, 1.1, math.nan, "fast", -1, np.array([0.1, 0.2])],
    "encoder_learning_rate": [0, 2],
    "weight_decay": [-0.1, 1.1],
    "clip_gradient": [0, 1e-4, -math.inf],
    "rescale_gradient": [0, 1.1],
    "sub_sample": [0, 1.1, -0.5],
    "num_patience_epochs": [0, 1.5, math.inf, 10**7],
    "tolerance": [0, 0.2],
    "relevance": [-0.1, 1.1],
    "vector_source": ["words", 1],
    "vector_power": [-0.1, 1.1],
    "vector_size": [0],
    "kmeans_starts": [0],
    "word_share": [-0.1, 1],
    "temperature": [0],
    "pseudo_count": [0, -1, math.inf],
    "alpha": [0, -1, math.inf],
    "kl_weight": [-0.1, 1001, math.nan],
    "kl_warmup_epochs": [-1, 10**7],
    "background": ["free", 1],
    "exclusivity": [-0.1, 1.1],
}


def test_every_setting_has_bad_values():
    assert set(BAD) == set(ALL_SETTINGS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_bad_value_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name}=.*: expected ") as caught:
        resolve(**SIZE, **{name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_sagemakers_strings(recipe):
    given = {
        "num_topics": "30", "encoder_layers": "90,60", "encoder_layers_activation": "tanh", "batch_norm": "true",
        "epochs": "7", "mini_batch_size": "128", "optimizer": "adam", "learning_rate": "0.001", "weight_decay": "0.0",
        "clip_gradient": "Inf", "rescale_gradient": "0.5", "sub_sample": "0.8", "num_patience_epochs": "4",
        "tolerance": "0.01",
    }  # fmt: skip
    found = resolve(recipe, **SIZE, **given)
    assert (found.num_topics, found.encoder_layers, found.batch_norm, found.epochs) == (30, (90, 60), True, 7)
    assert (found.clip_gradient, found.sub_sample, found.num_patience_epochs) == (math.inf, 0.8, 4)


def test_container_defaults_of_sagemaker():
    found = resolve("sagemaker", num_topics=10, **SIZE)
    assert found.encoder_layers == (30, 20)
    assert (found.encoder_layers_activation, found.optimizer, found.learning_rate) == ("sigmoid", "adadelta", 0.01)
    assert (found.epochs, found.mini_batch_size, found.num_patience_epochs, found.tolerance) == (50, 256, 3, 0.001)
    assert (found.relevance, found.exclusivity, prior_variance(found)) == (0.0, 0.0, 1.0)


def test_defaults_of_best():
    found = resolve(num_documents=6000, num_words=2000)
    assert (found.learning_rate, found.encoder_learning_rate, found.epochs, found.mini_batch_size) == (
        0.03,
        0.005,
        10,
        240,
    )
    assert (found.vector_size, found.kmeans_starts, found.temperature, found.pseudo_count) == (120, 16, 7.0, 10.0)
    assert (found.alpha, found.kl_warmup_epochs, found.relevance, found.num_patience_epochs) == (0.45, 5, 0.35, None)
    assert (found.word_share, found.exclusivity) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("topics", "documents", "words_per_document", "expected"),
    [
        (100, 10_000, 50, {"alpha": 0.05625, "temperature": 10.0, "word_share": 0.5, "vector_size": 250, "encoder_learning_rate": 0.001, "kmeans_starts": 8}),
        (20, 8000, 4, {"alpha": 0.45, "word_share": 0.0, "vector_size": 128, "pseudo_count": 10.0}),
        (2, 30, None, {"alpha": 0.45, "word_share": 0.5, "vector_size": 48, "kmeans_starts": 16, "encoder_learning_rate": 0.01, "pseudo_count": 2.0}),
        (1000, 10**6, 50, {"alpha": 0.005, "temperature": 20.0, "word_share": 0.0, "vector_size": 512, "pseudo_count": 10.0, "kmeans_starts": 8}),
    ],
)
def test_defaults_follow_topics_and_length(topics, documents, words_per_document, expected):
    found = resolve(num_topics=topics, num_documents=documents, num_words=5000, words_per_document=words_per_document)
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("words_per_document", "words", "expected"),
    [(None, 5000, "documents"), (1.5, 5000, "documents"), (2, 5000, "pairs"), (19.9, 5000, "pairs"), (20, 5000, "documents"),
     (8, 500, "pairs"), (12, 500, "documents"), (3, 20, "documents")],
)
def test_vectors_of_short_texts_are_made_of_pairs(words_per_document, words, expected):
    found = resolve(num_documents=1000, num_words=words, words_per_document=words_per_document)
    assert found.vector_source == expected
    assert resolve(num_documents=9, num_words=9, vector_source="pairs").vector_source == "pairs"


@pytest.mark.parametrize("name", BEST_ONLY)
def test_parts_of_best_are_refused_by_sagemaker(name):
    with pytest.raises(ValueError, match="belongs to recipe='best'"):
        resolve("sagemaker", **SIZE, **{name: 1})


def test_unknown_recipe_name_and_size():
    with pytest.raises(ValueError, match="recipe='fast': expected 'best' or 'sagemaker'"):
        resolve("fast", **SIZE)
    with pytest.raises(ValueError, match="did you mean 'num_topics'"):
        resolve(**SIZE, num_topic=3)
    with pytest.raises(ValueError, match="nothing to train on"):
        resolve(num_documents=0, num_words=5)
    with pytest.raises(ValueError, match="at least 1"):
        resolve("sagemaker", **SIZE, epochs=0)


@given(
    topics=st.integers(2, 1000),
    layers=st.lists(st.integers(1, 500), min_size=1, max_size=4),
    clip=st.one_of(st.just(math.inf), st.floats(1e-3, 100)),
    patience=st.one_of(st.none(), st.integers(1, 100)),
    recipe=st.sampled_from(["best", "sagemaker"]),
)
def test_json_round_trip(topics, layers, clip, patience, recipe):
    found = resolve(
        recipe, num_topics=topics, encoder_layers=layers, clip_gradient=clip, num_patience_epochs=patience, **SIZE
    )
    assert Hyperparameters.from_dict(json.loads(json.dumps(found.to_dict()))) == found
    assert prior_variance(found) == prior_variance(found.to_dict()) > 0


def test_from_dict_refuses_other_fields():
    values = resolve(**SIZE).to_dict()
    with pytest.raises(ValueError, match="do not match"):
        Hyperparameters.from_dict({**values, "magic": 1})
    del values["alpha"]
    with pytest.raises(ValueError, match="alpha"):
        Hyperparameters.from_dict(values)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"num_words": 25_000}, "logit"),
        ({"num_words": 25_001}, "mix"),
        ({"num_words": 25_001, "decoder": "logit"}, "logit"),
        ({"num_words": 10, "decoder": "mix"}, "mix"),
        ({"num_words": 50_000, "recipe": "sagemaker"}, "logit"),
        ({"num_words": 50_000, "recipe": "sagemaker", "decoder": "auto"}, "logit"),
        ({"num_words": 50_000, "recipe": "sagemaker", "decoder": "mix"}, "mix"),
    ],
)
def test_the_decoder_follows_from_the_size(given, wanted):
    found = resolve(**{"num_topics": 20, **SIZE, **given})
    assert found.decoder == wanted
    assert Hyperparameters.from_dict(found.to_dict()) == found


@pytest.mark.parametrize(("words", "decoder"), [(12_499, "auto"), (12_500, "mix"), (25_001, "auto")])
def test_bfloat16_only_where_it_pays(words, decoder):
    size = {"num_documents": 9, "num_topics": 20, "decoder_precision": "bfloat16"}
    with pytest.raises(
        ValueError, match=r"^decoder_precision='bfloat16': expected decoder='logit' and at least 250,000"
    ) as caught:
        resolve(num_words=words, decoder=decoder, **size)
    assert len(str(caught.value).splitlines()) == 1
    assert resolve(num_words=12_500, decoder="auto", **size).decoder_precision == "bfloat16"


def test_settings_saved_before_there_was_exclusivity_rank_as_they_did():
    found = resolve(**SIZE)
    old = {name: value for name, value in found.to_dict().items() if name != "exclusivity"}
    assert Hyperparameters.from_dict(old).exclusivity == 0.0


def test_settings_saved_before_there_was_a_precision():
    found = resolve(**SIZE)
    old = {name: value for name, value in found.to_dict().items() if name != "decoder_precision"}
    assert Hyperparameters.from_dict(old) == found
