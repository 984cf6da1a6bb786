"""Inference in numpy: equal to torch, indifferent to batches, and clear about bad input."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from ntm_widgets.core.arrays import FittedArrays, array_shapes, softmax
from ntm_widgets.core.inference import (
    claimed,
    document_theta,
    encode,
    halves,
    log_word_probabilities,
    loss_per_word,
    negative_log_likelihood,
    perplexity,
    refined,
    row_blocks,
    theta,
)
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.topics import word_shares
from ntm_widgets.core.training import Trainer

SETTINGS = {
    "best": {"encoder_layers": 16, "vector_size": 12},
    "best, mix": {"encoder_layers": 16, "vector_size": 12, "decoder": "mix"},
    "best, two layers": {"encoder_layers": "9,7", "encoder_layers_activation": "tanh", "vector_size": 12},
    "best, no layers": {"encoder_layers": "none", "vector_size": 12},
    "best, fixed background, no KL": {"background": "fixed", "kl_weight": 0, "vector_size": 12},
    "sagemaker": {"recipe": "sagemaker"},
    "sagemaker, mix": {"recipe": "sagemaker", "decoder": "mix"},
    "sagemaker, batch norm": {"recipe": "sagemaker", "batch_norm": True, "encoder_layers_activation": "relu"},
}


def documents(rows=120, words=60, seed=0):
    """Counts with an empty document, one long document and a rare word."""
    rng = np.random.default_rng(seed)
    dense = rng.poisson(0.3, size=(rows, words)).astype(np.float32)
    dense[rows // 2 :, : words // 2] *= 3
    dense[3] = 0
    dense[5] *= 40
    return sparse.csr_matrix(dense)


def trained(name):
    counts = documents()
    given_settings = {"epochs": 2, "mini_batch_size": 32, **SETTINGS[name]}
    D, V = counts.shape
    trainer = Trainer(counts, resolve(num_topics=4, num_documents=D, num_words=V, **given_settings), validation=counts)
    for _ in trainer.events():
        pass
    return trainer, counts


@pytest.mark.parametrize("name", SETTINGS)
def test_theta_equals_torch(name):
    trainer, counts = trained(name)
    expected = trainer.network.theta(counts).numpy()
    assert np.abs(theta(trainer.arrays(), counts) - expected).max() < 1e-6


@pytest.mark.parametrize("name", SETTINGS)
def test_loss_equals_the_trainers_validation_loss(name):
    trainer, counts = trained(name)
    ours, theirs = loss_per_word(trainer.arrays(), counts), trainer.history[-1].validation
    assert np.allclose(ours, (theirs.total, theirs.reconstruction, theirs.kl), atol=1e-5)


@pytest.mark.parametrize("name", SETTINGS)
def test_one_document_equals_torch(name):
    trainer, counts = trained(name)
    expected, fitted = trainer.network.theta(counts).numpy(), trainer.arrays()
    found = np.stack([document_theta(fitted, row.indices, row.data) for row in counts])
    assert found.dtype == np.float32 and np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("name", SETTINGS)
def test_likelihoods_equal_the_networks(name):
    trainer, counts = trained(name)
    weights = trainer.network.theta(counts)
    batch = trainer.network.tensors(counts).batch(0, counts.shape[0])
    expected = trainer.network.reconstruction(weights, batch).numpy()
    found = negative_log_likelihood(trainer.arrays(), weights.numpy(), counts)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-4)


def test_claimed_is_expectation_maximisation_on_a_dense_reference():
    trainer, counts = trained("best, mix")
    fitted, x = trainer.arrays(), counts.toarray().astype(np.float64)
    first = softmax(encode(fitted, counts))
    beta, expected = fitted.components.astype(np.float64), first
    for _ in range(5):
        expected = expected * ((x / (expected @ beta)) @ beta.T) + 5 * first
        expected = expected / expected.sum(axis=1, keepdims=True)
    assert np.abs(claimed(fitted, counts, first) - expected).max() < 1e-5
    assert np.abs(theta(fitted, counts, refine=True) - expected).max() < 1e-5
    before, after = (negative_log_likelihood(fitted, t, counts) for t in (first, expected))
    assert (after <= before + 1e-3).all() and after.sum() < 0.999 * before.sum()


def test_refinement_equals_adam_of_torch():
    trainer, counts = trained("best")
    fitted = trainer.arrays()
    mu = torch.tensor(encode(fitted, counts), dtype=torch.float64)
    W, b = (torch.tensor(fitted.arrays[name], dtype=torch.float64) for name in "Wb")
    x, z = torch.tensor(counts.toarray(), dtype=torch.float64), mu.clone().requires_grad_()
    adam = torch.optim.Adam([z], lr=0.3, betas=(0.8, 0.95))
    for _ in range(10):
        adam.zero_grad()
        log_p = torch.log_softmax(z.softmax(1) @ W + b, dim=1)
        (-(x * log_p).sum() + ((z - mu) ** 2).sum() / 2).backward()
        adam.step()
    ours = softmax(refined(fitted, counts, mu.numpy()))
    assert np.abs(ours - z.softmax(1).detach().numpy()).max() < 2e-3


def random_fitted(encoder="vectors", K=3, V=20, E=5, widths=(4,), seed=0, **given_settings):
    rng = np.random.default_rng(seed)
    shapes = array_shapes(encoder, K, V, E, list(widths))
    base = {"recipe": "best" if encoder == "vectors" else "sagemaker", "num_topics": K, "alpha": 0.3}
    return FittedArrays({n: rng.normal(size=s) for n, s in shapes.items()}, base | given_settings)


@pytest.mark.parametrize("decoder", ["logit", "mix"])
@pytest.mark.parametrize("encoder", ["vectors", "counts"])
@settings(max_examples=30, deadline=None)
@given(dense=arrays(np.float32, (5, 20), elements=st.sampled_from([0, 0, 0, 1, 2, 0.5, 12_000])))
def test_any_document_gets_a_distribution_the_same_alone_and_in_a_batch(encoder, decoder, dense):
    fitted, counts = random_fitted(encoder, decoder=decoder), sparse.csr_matrix(dense)
    together = theta(fitted, counts)
    assert np.isfinite(together).all() and np.allclose(together.sum(axis=1), 1, atol=1e-5)
    alone = np.vstack([theta(fitted, counts[i]) for i in range(5)])
    assert np.allclose(together, alone, atol=1e-7)
    assert np.isfinite(theta(fitted, counts, refine=True)).all()


@settings(max_examples=50, deadline=None)
@given(dense=arrays(np.float32, (4, 7), elements=st.sampled_from([0, 1, 2, 3, 0.25, 7.5])), seed=st.integers(0, 9))
def test_the_coin_splits_every_token(dense, seed):
    counts = sparse.csr_matrix(dense)
    first, second = halves(counts, seed)
    assert np.array_equal((first + second).toarray(), dense)
    assert (first.data > 0).all() and (second.data > 0).all()
    again = halves(counts, seed)
    assert all((a != b).nnz == 0 for a, b in zip((first, second), again, strict=True))


def test_the_coin_is_fair():
    first, _ = halves(sparse.csr_matrix(np.full((1, 1000), 100, np.float32)))
    assert 49_000 < first.sum() < 51_000


@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_empty_documents_are_softmax_of_mu_zero(decoder):
    fitted = random_fitted(decoder=decoder)
    empty = sparse.csr_matrix((2, 20), dtype=np.float32)
    a = fitted.arrays
    mu = a["mu.weight"] @ np.maximum(a["hidden.0.bias"], 0) + a["mu.bias"]
    for refine in (False, True):
        assert np.allclose(theta(fitted, empty, refine), softmax(mu), atol=1e-6)
    assert np.isnan(perplexity(fitted, empty)).all()
    assert np.isfinite(loss_per_word(fitted, empty)).all()


@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_blocks_change_nothing(monkeypatch, decoder):
    fitted, counts = random_fitted(decoder=decoder), documents(50, 20)
    whole = theta(fitted, counts), theta(fitted, counts, True), loss_per_word(fitted, counts), perplexity(fitted, counts)
    monkeypatch.setattr("ntm_widgets.core.inference.row_blocks", lambda rows, columns, most: row_blocks(rows, columns, 7))
    parts = theta(fitted, counts), theta(fitted, counts, True), loss_per_word(fitted, counts), perplexity(fitted, counts)
    for one, other in zip(whole, parts, strict=True):
        assert np.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_no_dense_matrix_of_all_documents(decoder):
    """10,000 documents × 5,000 words would be 200 MB dense; blocks stay far below."""
    import tracemalloc

    fitted = random_fitted(V=5000, decoder=decoder)
    counts = sparse.random(10_000, 5000, density=1e-3, format="csr", dtype=np.float32, random_state=0)
    tracemalloc.start()
    perplexity(fitted, counts)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


@pytest.mark.parametrize("columns", [19, 21])
def test_wrong_columns(columns):
    with pytest.raises(ValueError, match=rf"{columns} columns but the model knows 20 words: count the texts"):
        theta(random_fitted(), sparse.csr_matrix((1, columns), dtype=np.float32))


@pytest.mark.parametrize("K", [2, 3])
@pytest.mark.parametrize("decoder", ["logit", "mix"])
def test_likelihood_against_dense_formula(decoder, K):
    fitted, counts = random_fitted(decoder=decoder, K=K), documents(30, 20)
    weights = theta(fitted, counts)
    assert np.allclose(np.exp(log_word_probabilities(fitted, weights)).sum(axis=1), 1, atol=1e-5)
    dense = -(counts.toarray() * log_word_probabilities(fitted, weights)).sum(axis=1)
    assert np.allclose(negative_log_likelihood(fitted, weights, counts), dense, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": None}, "W or b missing"),
        ({"idf": None}, "idf missing or unknown"),
        ({"extra": np.zeros(2)}, "extra missing or unknown"),
        ({"C": np.zeros((3, 4))}, r"'C' has shape \(3, 4\), expected \(3, 5\)"),
        ({"W": np.zeros(20)}, "must be matrices"),
        ({"b": np.full(20, np.nan)}, "'b' holds NaN"),
        ({"tau": np.array(np.inf)}, "'tau' holds NaN or infinity"),
        ({"hidden.0.bias": None}, "hidden.0.weight missing or unknown"),
    ],
)
def test_damaged_arrays_are_named(change, message):
    given_arrays = {**random_fitted().arrays, **change}
    with pytest.raises(ValueError, match=message):
        FittedArrays({name: array for name, array in given_arrays.items() if array is not None})


def test_unknown_activation():
    with pytest.raises(ValueError, match="encoder_layers_activation='gelu': expected one of relu"):
        random_fitted(encoder_layers_activation="gelu")


@pytest.mark.parametrize("decoder", ["auto", "lda", None])
def test_unknown_decoder(decoder):
    with pytest.raises(ValueError, match=f"decoder='?{decoder}'?: expected one of logit, mix"):
        random_fitted(decoder=decoder)


def test_topics_are_the_same_for_both_decoders():
    fitted = random_fitted(decoder="mix")
    W, b = fitted.arrays["W"], fitted.arrays["b"]
    assert np.allclose(fitted.components, softmax(W + b)) and np.array_equal(fitted.by_word, fitted.components.T)
    assert np.allclose(np.exp(log_word_probabilities(fitted, np.eye(3))), fitted.components, atol=1e-7)


def test_shares_of_words_are_what_mix_says_the_topics_wrote():
    """Expected counts of one step of expectation–maximisation are the claims of the topics room."""
    counts = documents(30, 20)
    fitted, counts = random_fitted(decoder="mix"), counts[np.diff(counts.indptr) > 0]
    weights = theta(fitted, counts)
    one_step = claimed(fitted, counts, weights, steps=1, trust=0.0)
    assert np.allclose(word_shares(weights, fitted.components, counts), one_step, atol=1e-5)
