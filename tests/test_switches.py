"""Switches take a part of the recipe away: each changes the result, survives saving, and is taken wherever settings are."""

import numpy as np
import pytest
import torch
from scipy import sparse

from ntm_widgets import NTM, BagOfWords, load_model
from ntm_widgets.core.inference import document_theta
from ntm_widgets.core.settings import Hyperparameters, resolve
from ntm_widgets.core.training import Trainer
from ntm_widgets.ui.train_settings import checked, placeholders
from ntm_widgets.ui.workbench import Workbench

SWITCHES = {
    "encoder_layers": [], "kl_weight": 0.0, "background": "fixed", "vector_power": 0.0, "decoder": "mix", "word_share": 0.0,
    "kl_warmup_epochs": 0, "exclusivity": 0.0,
}  # fmt: skip
ADDED = ("kl_weight", "background", "vector_power")


@pytest.fixture(scope="module")
def documents() -> BagOfWords:
    """150 documents of three kinds over 30 words, the last one empty."""
    rates = np.kron(np.eye(3), np.full(10, 0.8)) + 0.2
    counts = np.random.default_rng(0).poisson(rates[np.arange(150) % 3] * np.linspace(0.2, 1.5, 30))
    counts[-1] = 0
    return BagOfWords(sparse.csr_matrix(counts, dtype=np.float32), [f"word{column}" for column in range(30)])


def fitted(documents, **given):
    """A small model."""
    return NTM(3, epochs=3, vector_size=6, device="cpu", **given).fit(documents)


@pytest.fixture(scope="module")
def whole(documents):
    """The model with all parts."""
    return fitted(documents)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_changes_the_result_and_survives_saving(documents, whole, name, tmp_path):
    model = fitted(documents, **{name: SWITCHES[name]})
    theta = model.transform(documents)
    weights = [one.fitted_.arrays["W"] for one in (model, whole)]
    assert name == "exclusivity" or not np.array_equal(*weights)  # that one is for the words shown
    again = load_model(model.save(tmp_path / "model"))
    assert again.get_params()[name] == model.get_params()[name] == SWITCHES[name]
    assert np.array_equal(again.transform(documents), theta) and np.isfinite(theta).all()
    again.partial_fit(documents)
    assert np.isfinite(again.transform(documents)).all()


@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_without_hidden_layers_a_topic_is_a_direction(documents, decoder):
    model = fitted(documents, encoder_layers=(), decoder=decoder)
    arrays, counts = model.fitted_.arrays, documents.counts
    assert arrays["mu.weight"].shape == (3, 0) and not any(name.startswith("hidden") for name in arrays)
    vectors = model.trainer(documents)
    for _ in vectors.events():
        pass
    expected, found = vectors.network.theta(counts).numpy(), model.transform(documents)
    assert np.abs(found - expected).max() < 1e-6
    for row, one in zip(counts, found, strict=True):
        assert np.abs(document_theta(model.fitted_, row.indices, row.data) - one).max() < 1e-6
    embedded = vectors.network.encoder.vectors(counts).numpy()
    by_hand = arrays["tau"] * embedded @ arrays["C"].T + arrays["mu.bias"]
    by_hand = np.exp(by_hand) / np.exp(by_hand).sum(axis=1, keepdims=True)
    assert np.abs(by_hand - found).max() < 1e-5 and np.isfinite(model.score(documents)) and model.perplexity(documents)


def test_without_layers_batch_norm_has_nothing_to_do(documents):
    one, other = (fitted(documents, encoder_layers="none", batch_norm=norm) for norm in (False, True))
    assert np.array_equal(one.components_, other.components_)


def test_a_fixed_background_stays_at_the_frequencies(documents, whole):
    trained = fitted(documents, background="fixed")
    start = NTM(3, epochs=0, vector_size=6, device="cpu").fit(documents)
    assert np.array_equal(trained.fitted_.arrays["b"], start.fitted_.arrays["b"])
    assert not np.array_equal(whole.fitted_.arrays["b"], start.fitted_.arrays["b"])


def test_no_kl_no_noise(documents):
    trainer = NTM(3, epochs=2, vector_size=6, kl_weight=0, device="cpu").trainer(documents)
    for event in trainer.events():
        if event.kind == "start_phase" and event.name == "start":
            spread = {name: value.detach().clone() for name, value in trainer.network.encoder.logvar.named_parameters()}
    for name, value in trainer.network.encoder.logvar.named_parameters():
        assert torch.equal(value, spread[name])  # nobody asks how certain the encoder is
    assert trainer.history[-1].train.kl > 0  # which is what would count


def test_the_weight_of_the_kl_counts(documents, whole):
    models = (fitted(documents, kl_weight=0.1), whole, fitted(documents, kl_weight=10))
    little, usual, much = (model.history_["train_kl"].iloc[-1] for model in models)
    assert little > usual > much


def test_a_resumed_training_keeps_its_switches(documents):
    switches = {"encoder_layers": (), "kl_weight": 0, "background": "fixed", "vector_power": 1}
    given = resolve(num_topics=3, num_documents=150, num_words=30, epochs=2, **switches)
    trainers = [Trainer(documents, given, device="cpu") for _ in range(3)]
    for _ in trainers[0].events():
        pass
    for event in trainers[1].events():
        if event.kind == "epoch":
            break
    trainers[2].load_state_dict(*trainers[1].state_dict())
    for _ in trainers[2].events():
        pass
    whole, resumed = (trainer.arrays().arrays for trainer in (trainers[0], trainers[2]))
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.parametrize("source", ["documents", "pairs"])
@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_settings_saved_before_there_were_switches_mean_what_they_did(recipe, source):
    given = {"vector_source": source} if recipe == "best" else {}
    found = resolve(recipe, num_documents=9, num_words=9, **given)
    old = {name: value for name, value in found.to_dict().items() if name not in ADDED}
    assert Hyperparameters.from_dict(old) == found


def test_sagemakers_algorithm_has_layers():
    with pytest.raises(ValueError, match=r"^encoder_layers=\(\): expected at least one layer"):
        resolve("sagemaker", num_documents=9, num_words=9, encoder_layers=())


def test_the_form_and_the_verb_take_switches(documents, tmp_path):
    typed = {"encoder_layers": "none", "kl_weight": "0", "background": "fixed", "vector_power": "0.2"}
    read = {name: checked(name, text) for name, text in typed.items()}
    assert read == {"encoder_layers": [], "kl_weight": 0.0, "background": "fixed", "vector_power": 0.2}
    assert placeholders(read)["encoder_layers"] == "none"
    bench = Workbench(runs_folder=str(tmp_path))
    bench.bow = documents
    run = bench.train(num_topics=3, epochs=1, device="cpu", wait=True, **typed)
    assert {name: bench.model_.hyperparameters_[name] for name in read} == read
    assert run.config["model"]["background"] == "fixed"
    bench.train(num_topics=3, epochs=1, device="cpu", wait=True, **read)
    assert all("--encoder-layers none" in line for line in bench.journal.magics()[-2:])


def test_early_stopping_judges_by_what_the_training_makes_small(documents):
    model = NTM(3, kl_weight=0, num_patience_epochs=1, tolerance=1e-6, epochs=12, vector_size=6, device="cpu").fit(documents)
    fits, totals = model.history_["train_reconstruction"], model.history_["train_loss"]
    assert fits[2] < fits[1] < fits[0] and totals[2] > totals[0] and len(fits) > 3
