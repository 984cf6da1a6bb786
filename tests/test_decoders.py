"""Both decoders: losses and gradients against dense formulas, memory, precision, documents of awkward shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ntm_widgets.core import decoders
from ntm_widgets.core.decoders import LogitLoss, MixLoss, logit_reconstruction, mix_reconstruction, row_chunks
from ntm_widgets.core.model import CountTensors, random_network
from ntm_widgets.core.settings import resolve

CPU = torch.device("cpu")


def as_batch(dense, dtype=torch.float64):
    """All rows as one batch."""
    batch = CountTensors(sparse.csr_matrix(dense.astype(np.float32)), CPU).batch(0, len(dense))
    return batch._replace(values=batch.values.to(dtype), lengths=batch.lengths.to(dtype))


def problem(seed, documents, topics, words, dtype=torch.float64):
    """Counts, (θ, W, b) and weights."""
    rng = np.random.default_rng(seed)
    dense = rng.poisson(rng.gamma(0.3, 2, (documents, words))).astype(float)
    dense[0] *= seed % 2  # an empty document in every second problem
    draws = (rng.dirichlet(np.ones(topics), documents), rng.normal(size=(topics, words)), rng.normal(size=words))
    tensors = tuple(torch.tensor(a, dtype=dtype, requires_grad=True) for a in draws)
    return dense, tensors, torch.tensor(rng.uniform(0.1, 1, documents), dtype=dtype)


def dense_losses(decoder, dense, theta, W, b):
    """The plain formula."""
    x = torch.tensor(dense, dtype=theta.dtype)
    log_p = (theta @ W + b).log_softmax(1) if decoder == "logit" else (theta @ (W + b).softmax(1)).log()
    return -(x * log_p).sum(dim=1)


def small_chunks(patch, limit):
    """The decoder `logit` works on a few bytes at a time."""
    patch.setattr(decoders, "LOGIT_CHUNK_BYTES", limit)


WAYS = {"logit": (LogitLoss, logit_reconstruction), "mix": (MixLoss, mix_reconstruction)}


@pytest.mark.parametrize("limit", [2**24, 200])
@pytest.mark.parametrize("decoder", WAYS)
def test_gradcheck_whole_and_in_chunks(monkeypatch, decoder, limit):
    small_chunks(monkeypatch, limit)
    dense, (theta, W, b), weights = problem(0, 5, 3, 8)
    b = b if decoder == "logit" else b.detach()
    batch = as_batch(dense)
    assert torch.autograd.gradcheck(lambda *a: WAYS[decoder][0].apply(*a, weights, batch)[0], (theta, W, b))


@pytest.mark.parametrize("decoder", WAYS)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(2, 5), st.integers(1, 30), st.integers(100, 2000))
@settings(max_examples=40, deadline=None)
def test_equals_dense_autograd(decoder, seed, documents, topics, words, limit):
    dense, (theta, W, b), weights = problem(seed, documents, topics, words)
    loss, score = WAYS[decoder]
    trained = (theta, W, b) if decoder == "logit" else (theta, W)
    plain = dense_losses(decoder, dense, theta, W, b)
    wanted = torch.autograd.grad(plain @ weights, trained)
    with pytest.MonkeyPatch.context() as patch:
        small_chunks(patch, limit)
        total, losses = loss.apply(theta, W, b, weights, as_batch(dense))
        scored = score(theta.detach(), W.detach(), b.detach(), as_batch(dense))
    for mine, theirs in zip(torch.autograd.grad(total, trained), wanted, strict=True):
        torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(losses, plain.detach())
    torch.testing.assert_close(scored, plain.detach())


def test_mix_leaves_the_background_alone():
    dense, (theta, W, b), weights = problem(1, 4, 2, 6)
    MixLoss.apply(theta, W, b, weights, as_batch(dense))[0].backward()
    assert b.grad is None and W.grad is not None and theta.grad is not None


@pytest.mark.parametrize("decoder", WAYS)
def test_a_batch_of_empty_documents(decoder):
    dense, (theta, W, b), weights = problem(1, 3, 2, 6)
    total, losses = WAYS[decoder][0].apply(theta, W, b, weights, as_batch(dense * 0))
    total.backward()
    assert total == 0 and not losses.any() and not theta.grad.any() and not W.grad.any()


def test_an_outlier_does_not_overflow():
    theta = torch.tensor([[1.0, 0.0]])
    W = torch.tensor([[300.0, -300.0], [0.0, 0.0]], requires_grad=True)
    batch = as_batch(np.array([[12_000, 3]]), torch.float32)
    total, _ = LogitLoss.apply(theta, W, torch.zeros(2), torch.ones(1), batch)
    total.backward()
    assert total.item() == pytest.approx(1800) and torch.isfinite(W.grad).all()


def test_a_word_that_no_topic_can_say_stays_finite():
    theta = torch.tensor([[1.0, 0.0]], requires_grad=True)
    W = torch.tensor([[300.0, -300.0], [0.0, 0.0]], requires_grad=True)
    batch = as_batch(np.array([[12_000, 3]]), torch.float32)
    total, _ = MixLoss.apply(theta, W, torch.zeros(2), torch.ones(1), batch)
    total.backward()
    assert total.item() == pytest.approx(3 * 30 * np.log(10), rel=1e-5)
    assert torch.isfinite(W.grad).all() and torch.isfinite(theta.grad).all()


class Largest(TorchDispatchMode):
    """Notes the size of the largest array that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        sizes = [leaf.untyped_storage().nbytes() // leaf.element_size() for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor)]
        self.numbers = max(self.numbers, *sizes, 0)
        return out


def network_of(decoder, words, topics, **given):
    """A random network with this decoder."""
    hyperparameters = resolve(
        "sagemaker", num_topics=topics, num_documents=99, num_words=words, encoder_layers=(3, 3), decoder=decoder, **given
    )
    return random_network(hyperparameters, words, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("decoder", WAYS)
@pytest.mark.parametrize("documents", [9, 300])
def test_no_array_of_documents_by_words_from_20_000_words_on(decoder, documents):
    V, K = 20_000, 4
    counts = sparse.random(documents, V, density=20 / V, format="csr", dtype=np.float32, random_state=0)
    network = network_of(decoder, V, K)
    batch = network.tensors(counts).batch(0, documents)
    theta = torch.full((documents, K), 1 / K, requires_grad=True)
    with Largest() as seen:
        network.decode(theta, torch.ones(documents), batch)[0].backward()
        network.reconstruction(theta.detach(), batch)
    assert K * V <= seen.numbers <= max(documents * V // 2, K * V)


def test_the_interception_sees_a_dense_array():
    with Largest() as seen:
        torch.rand(300, 4) @ torch.rand(4, 20_000)
    assert seen.numbers == 300 * 20_000


@pytest.mark.parametrize(("rows", "words"), [(1, 20_000), (2, 20_000), (7, 19_999), (256, 50_000), (4096, 200)])
def test_chunks_cover_all_rows_once(rows, words):
    found = row_chunks(torch.empty(rows, 2), words)
    assert [i for chunk in found for i in range(chunk.start, chunk.stop)] == list(range(rows))


@pytest.mark.parametrize("decoder", WAYS)
class TestNetwork:
    def setting(self, decoder, words=60, topics=3):
        dense, _, weights = problem(1, 20, topics, words, torch.float32)
        network = network_of(decoder, words, topics)
        with torch.no_grad():
            network.b.copy_(torch.linspace(-1, 1, words))
        theta = torch.rand(20, topics, generator=torch.Generator().manual_seed(0)).softmax(1).requires_grad_()
        return network, theta, weights, as_batch(dense, torch.float32), dense

    def test_decodes_as_its_decoder_does(self, decoder):
        network, theta, weights, batch, dense = self.setting(decoder)
        total, losses = network.decode(theta, weights, batch)
        plain = dense_losses(decoder, dense, theta, network.W, network.b).detach()
        torch.testing.assert_close(losses, plain, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(total.detach(), weights @ plain, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(network.reconstruction(theta, batch), plain, rtol=1e-5, atol=1e-4)
        assert network.b.requires_grad == (decoder == "logit")
        assert {"W", "b"} <= network.state_dict().keys() and {"W", "b"} <= network.arrays().keys()

    def test_same_bits_again(self, decoder):
        network, theta, weights, batch, _ = self.setting(decoder)
        found = []
        for _ in range(2):
            network.zero_grad()
            theta.grad = None
            total, losses = network.decode(theta, weights, batch)
            total.backward()
            found.append((total.detach(), losses, theta.grad, network.W.grad.clone()))
        assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))

    def test_works_in_the_same_memory_and_hands_it_over_without_a_copy(self, decoder):
        network, theta, weights, batch, _ = self.setting(decoder)
        places = set()
        for _ in range(3):
            network.zero_grad()
            network.decode(theta, weights, batch)[0].backward()
            places.add(network.W.grad.data_ptr())
        assert places == {network.kept["W"].data_ptr()}

    def test_gradients_add_up(self, decoder):
        network, theta, weights, batch, _ = self.setting(decoder)
        network.decode(theta, weights, batch)[0].backward()
        once = network.W.grad.clone()
        (2 * network.decode(theta, weights, batch)[0]).backward()
        torch.testing.assert_close(network.W.grad, 3 * once)

    def test_a_forgotten_backward_is_noticed(self, decoder):
        network, theta, weights, batch, _ = self.setting(decoder)
        first, _ = network.decode(theta, weights, batch)
        network.decode(theta, weights, batch)
        with pytest.raises(RuntimeError, match="inplace"):
            first.backward()


def test_bfloat16_is_close_and_sums_in_single_precision():
    dense, (theta, W, b), weights = problem(1, 40, 6, 200, torch.float32)
    exact = dense_losses("logit", dense, theta, W, b)
    wanted = torch.autograd.grad(exact @ weights, (theta, W, b))
    total, losses = LogitLoss.apply(theta, W, b, weights, as_batch(dense, torch.float32), None, True)
    torch.testing.assert_close(losses, exact.detach(), rtol=5e-3, atol=0.05)
    for mine, theirs in zip(torch.autograd.grad(total, (theta, W, b)), wanted, strict=True):
        assert mine.dtype == torch.float32
        assert (mine - theirs).norm() < 2e-2 * theirs.norm()
        assert (mine - theirs).norm() > 1e-6 * theirs.norm(), "nothing was rounded: was it bfloat16?"


def test_a_network_takes_its_precision_from_the_settings():
    assert network_of("logit", 2500, 100, decoder_precision="bfloat16").coarse
    assert not network_of("logit", 2500, 100).coarse


@pytest.mark.parametrize("words", [50, 2**16, 2**16 + 1])
def test_words_are_sorted_stably_also_beyond_16_bits(words):
    columns = torch.randint(0, words, (500,), generator=torch.Generator().manual_seed(0), dtype=torch.int32)
    columns[:2] = words - 1
    expected = torch.sort(columns, stable=True).indices
    assert torch.equal(decoders.word_order(columns, words), expected)
