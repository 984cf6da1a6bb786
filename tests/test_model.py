"""The network: both encoders against plain formulas, batches of awkward shape, the same figures as the exported model."""

import numpy as np
import pytest
import torch
from scipy import sparse

from ntm_widgets.core.inference import FittedArrays, encode, theta
from ntm_widgets.core.model import CountTensors, random_network, started_network
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.start import document_vectors, partition, start_weights
from ntm_widgets.core.steps import gradients

CPU = torch.device("cpu")


def networks(batch_norm=False):
    """A fresh network of each recipe, and counts."""
    counts = sparse.csr_matrix(np.random.default_rng(0).poisson(0.4, (90, 40)).astype(np.float32))
    size = {"num_topics": 4, "num_documents": 90, "num_words": 40, "batch_norm": batch_norm, "encoder_layers": (9, 6)}
    best, amazon = resolve("best", **size), resolve("sagemaker", **size)
    vectors = document_vectors(counts, 16)
    labels, centroids = partition(vectors.embed(counts), 4)
    generator = torch.Generator().manual_seed(0)
    W, b = start_weights(counts, labels, 4)
    return counts, [random_network(amazon, 40, generator), started_network(best, vectors, centroids, W, b, generator)]


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_numpy_reads_what_torch_learnt(index, batch_norm):
    counts, both = networks(batch_norm)
    network = both[index].train()
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=noise))
    for _ in range(5):
        network.encoder(network.tensors(counts).batch(0, 90))
    fitted = FittedArrays(network.arrays(), network.hyperparameters.to_dict())
    np.testing.assert_allclose(encode(fitted, counts), network.encode(counts).numpy(), rtol=1e-5, atol=1e-5)
    theta = network.theta(counts).numpy()
    mine = np.exp(encode(fitted, counts) - encode(fitted, counts).max(axis=1, keepdims=True))
    np.testing.assert_allclose(mine / mine.sum(axis=1, keepdims=True), theta, atol=1e-6)


@pytest.mark.parametrize("index", [0, 1])
def test_a_batch_of_one_with_batch_norm(index):
    counts, both = networks(batch_norm=True)
    network = both[index].train()
    mu, log_variance = network.encoder(network.tensors(counts).batch(3, 4))
    assert mu.shape == log_variance.shape == (1, 4) and torch.isfinite(mu).all()


def test_the_first_layers_gradient_is_that_of_a_dense_product():
    counts, (amazon, _) = networks()
    upstream = torch.rand(90, 9, generator=torch.Generator().manual_seed(0))
    wanted = torch.from_numpy(counts.toarray()).T @ upstream
    places = set()
    for _ in range(2):
        amazon.zero_grad()
        amazon.encoder.first_layer(amazon.tensors(counts).batch(0, 90)).backward(upstream)
        torch.testing.assert_close(amazon.encoder.words.grad, wanted)
        places.add(amazon.encoder.words.grad.data_ptr())
    assert len(places) == 1, "the gradient's memory is used again"
    amazon.encoder.first_layer(amazon.tensors(counts).batch(0, 90)).backward(upstream)
    torch.testing.assert_close(amazon.encoder.words.grad, 2 * wanted)


def test_building_leaves_the_global_random_numbers_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    networks()
    assert torch.equal(torch.get_rng_state(), before)


def test_batches_are_views():
    counts, _ = networks()
    tensors = CountTensors(counts, CPU)
    batch = tensors.batch(10, 20)
    assert batch.values.data_ptr() == tensors.values.data_ptr() + 4 * int(counts.indptr[10])
    assert batch.offsets[0] == 0 and batch.offsets[-1] == len(batch.values)


@pytest.mark.parametrize("index", [0, 1])
def test_nothing_is_tied_to_the_cpu(index):
    """On PyTorch's `meta` device (shapes only), a tensor made on another device would raise."""
    counts, both = networks()
    network, meta = both[index], torch.device("meta")
    vectors = network.encoder.vectors(counts)
    network.to(meta)
    data = CountTensors(counts, meta, None if vectors is None else vectors.to(meta), torch.arange(90, device=meta))
    fits, kl = gradients(network, data.batch(5, 25), torch.zeros(20, 4, device=meta), 0.4)
    assert {fits.device, kl.device, *(p.grad.device for p in network.parameters() if p.requires_grad)} == {meta}


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_topic_weights_equal_the_exported_model_at_full_size(recipe):
    """Longer documents, more words and sharper topics than the toy networks: rounding must stay below 1e-6."""
    rng = np.random.default_rng(0)
    rates = rng.dirichlet(np.full(20, 0.1), 300) @ rng.gamma(0.1, 1.0, (20, 2000)) * 2
    counts = sparse.csr_matrix(rng.poisson(rates).astype(np.float32))
    given = resolve(recipe, num_topics=20, num_documents=300, num_words=2000)
    if recipe == "best":
        vectors = document_vectors(counts)
        labels, centroids = partition(vectors.embed(counts), 20)
        network = started_network(given, vectors, centroids, *start_weights(counts, labels, 20), torch.Generator())
    else:
        network = random_network(given, 2000, torch.Generator().manual_seed(0))
    exported = theta(FittedArrays(network.arrays(), given.to_dict()), counts)
    assert np.abs(network.theta(counts).numpy() - exported).max() < 1e-6
