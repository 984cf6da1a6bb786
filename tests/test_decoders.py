"""Both decoders: losses and gradients against dense formulas, memory, precision, documents of awkward shape."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ntm_widgets.core import decoders
from ntm_widgets.core.decoders import (
    Batch,
    logit_gradients,
    logit_reconstruction,
    mix_gradients,
    mix_reconstruction,
    row_chunks,
)
from ntm_widgets.core.model import CountTensors, random_network
from ntm_widgets.core.settings import resolve

CPU = torch.device("cpu")


WEIGHT = 0.3


def as_batch(dense, dtype=torch.float64):
    """All rows as one batch."""
    batch = CountTensors(sparse.csr_matrix(dense.astype(np.float32)), CPU).batch(0, len(dense))
    return Batch(batch.indices, batch.values.to(dtype), batch.offsets, batch.lengths.to(dtype))


def problem(seed, documents, topics, words, dtype=torch.float64):
    """Counts, and (θ, W, b)."""
    rng = np.random.default_rng(seed)
    dense = rng.poisson(rng.gamma(0.3, 2, (documents, words))).astype(float)
    dense[0] *= seed % 2  # an empty document in every second problem
    draws = (rng.dirichlet(np.ones(topics), documents), rng.normal(size=(topics, words)), rng.normal(size=words))
    return dense, tuple(torch.tensor(a, dtype=dtype, requires_grad=True) for a in draws)


def dense_losses(decoder, dense, theta, W, b):
    """The plain formula."""
    x = torch.tensor(dense, dtype=theta.dtype)
    log_p = (theta @ W + b).log_softmax(1) if decoder == "logit" else (theta @ (W + b).softmax(1)).log()
    return -(x * log_p).sum(dim=1)


def small_chunks(patch, limit):
    """The decoder `logit` works on a few bytes at a time."""
    patch.setattr(decoders, "LOGIT_CHUNK_BYTES", limit)


WAYS = {"logit": (logit_gradients, logit_reconstruction), "mix": (mix_gradients, mix_reconstruction)}


@pytest.mark.parametrize("limit", [2**24, 200])
@pytest.mark.parametrize("decoder", WAYS)
def test_gradients_are_those_of_the_losses_by_finite_differences(monkeypatch, decoder, limit):
    small_chunks(monkeypatch, limit)
    dense, given = problem(0, 5, 3, 8)
    given, batch, (gradients, score) = [tensor.detach() for tensor in given], as_batch(dense), WAYS[decoder]
    found = gradients(*given, WEIGHT, batch)
    for place, gradient in enumerate((found.theta, found.W, found.b)):
        if gradient is None:
            continue
        for index in np.ndindex(*gradient.shape):
            ends = []
            for shift in (1e-6, -1e-6):
                moved = [tensor.clone() for tensor in given]
                moved[place][index] += shift
                ends.append(WEIGHT * score(*moved, batch).sum().item())
            assert gradient[index].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("decoder", WAYS)
@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(2, 5), st.integers(1, 30), st.integers(100, 2000))
@settings(max_examples=40, deadline=None)
def test_equals_dense_autograd(decoder, seed, documents, topics, words, limit):
    dense, (theta, W, b) = problem(seed, documents, topics, words)
    gradients, score = WAYS[decoder]
    trained = (theta, W, b) if decoder == "logit" else (theta, W)
    plain = dense_losses(decoder, dense, theta, W, b)
    wanted = torch.autograd.grad(WEIGHT * plain.sum(), trained)
    with pytest.MonkeyPatch.context() as patch:
        small_chunks(patch, limit)
        found = gradients(theta, W, b, WEIGHT, as_batch(dense))
        scored = score(theta, W, b, as_batch(dense))
    for mine, theirs in zip((found.theta, found.W, found.b), wanted, strict=False):
        torch.testing.assert_close(mine, theirs)
    torch.testing.assert_close(found.losses, plain.detach())
    torch.testing.assert_close(scored, plain.detach())


def test_mix_leaves_the_background_alone():
    dense, given = problem(1, 4, 2, 6)
    assert mix_gradients(*given, WEIGHT, as_batch(dense)).b is None


@pytest.mark.parametrize("decoder", WAYS)
def test_a_batch_of_empty_documents(decoder):
    dense, given = problem(1, 3, 2, 6)
    found = WAYS[decoder][0](*given, WEIGHT, as_batch(dense * 0))
    assert not found.losses.any() and not found.theta.any() and not found.W.any()


def test_an_outlier_does_not_overflow():
    theta, W = torch.tensor([[1.0, 0.0]]), torch.tensor([[300.0, -300.0], [0.0, 0.0]])
    found = logit_gradients(theta, W, torch.zeros(2), 1.0, as_batch(np.array([[12_000, 3]]), torch.float32))
    assert found.losses.item() == pytest.approx(1800) and torch.isfinite(found.W).all()


def test_a_word_that_no_topic_can_say_stays_finite():
    theta, W = torch.tensor([[1.0, 0.0]]), torch.tensor([[300.0, -300.0], [0.0, 0.0]])
    found = mix_gradients(theta, W, torch.zeros(2), 1.0, as_batch(np.array([[12_000, 3]]), torch.float32))
    assert found.losses.item() == pytest.approx(3 * 30 * np.log(10), rel=1e-5)
    assert torch.isfinite(found.W).all() and torch.isfinite(found.theta).all()


class Largest(TorchDispatchMode):
    """Notes the size of the largest array that any operation makes."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        arrays = [leaf for leaf in tree_leaves(out) if isinstance(leaf, torch.Tensor)]
        dense = [array.values() if array.layout == torch.sparse_csr else array for array in arrays]
        sizes = [array.untyped_storage().nbytes() // array.element_size() for array in dense]
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
    theta = torch.full((documents, K), 1 / K)
    with Largest() as seen:
        network.decode(theta, WEIGHT, batch)
        network.reconstruction(theta, batch)
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
        dense, _ = problem(1, 20, topics, words, torch.float32)
        network = network_of(decoder, words, topics)
        with torch.no_grad():
            network.b.copy_(torch.linspace(-1, 1, words))
        theta = torch.rand(20, topics, generator=torch.Generator().manual_seed(0)).softmax(1)
        return network, theta, as_batch(dense, torch.float32), dense

    def test_decodes_as_its_decoder_does(self, decoder):
        network, theta, batch, dense = self.setting(decoder)
        plain = dense_losses(decoder, dense, theta, network.W, network.b).detach()
        torch.testing.assert_close(network.decode(theta, WEIGHT, batch).losses, plain, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(network.reconstruction(theta, batch), plain, rtol=1e-5, atol=1e-4)
        assert network.b.requires_grad == (decoder == "logit")
        assert {"W", "b"} <= network.state_dict().keys() and {"W", "b"} <= network.arrays().keys()

    def test_same_bits_again(self, decoder):
        network, theta, batch, _ = self.setting(decoder)
        one = [None if part is None else part.clone() for part in network.decode(theta, WEIGHT, batch)]
        for first, second in zip(one, network.decode(theta, WEIGHT, batch), strict=True):
            assert first is second is None or torch.equal(first, second)

    def test_few_words_of_many_are_as_all_words_of_few(self, decoder):
        """The same documents in a vocabulary so large that `mix` works on the words that occur only."""
        network, theta, batch, _ = self.setting(decoder)
        wider = network_of(decoder, 6000, 3)
        with torch.no_grad():
            network.b.zero_()
            wider.W.fill_(-60.0)[:, ::100] = network.W
        spaced = Batch(batch.indices * 100, batch.values, batch.offsets, batch.lengths)
        assert decoders.words_of(batch.indices, 60)[0] is None and len(decoders.words_of(spaced.indices, 6000)[0]) <= 60
        small, large = network.decode(theta, WEIGHT, batch), wider.decode(theta, WEIGHT, spaced)
        torch.testing.assert_close(large.losses, small.losses, rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(large.theta, small.theta, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(large.W[:, ::100], small.W, rtol=1e-4, atol=1e-4)

    def test_works_in_the_same_memory(self, decoder):
        network, theta, batch, _ = self.setting(decoder)
        places = {network.decode(theta, WEIGHT, batch).W.data_ptr() for _ in range(3)}
        assert places == {network.kept["W"].data_ptr()}


def test_bfloat16_is_close_and_sums_in_single_precision():
    dense, (theta, W, b) = problem(1, 40, 6, 200, torch.float32)
    exact = dense_losses("logit", dense, theta, W, b)
    wanted = torch.autograd.grad(WEIGHT * exact.sum(), (theta, W, b))
    found = logit_gradients(theta, W, b, WEIGHT, as_batch(dense, torch.float32), None, True)
    torch.testing.assert_close(found.losses, exact.detach(), rtol=5e-3, atol=0.05)
    for mine, theirs in zip((found.theta, found.W, found.b), wanted, strict=True):
        assert mine.dtype == torch.float32
        assert (mine - theirs).norm() < 2e-2 * theirs.norm()
        assert (mine - theirs).norm() > 1e-6 * theirs.norm(), "nothing was rounded: was it bfloat16?"


def test_a_network_takes_its_precision_from_the_settings():
    assert network_of("logit", 2500, 100, decoder_precision="bfloat16").coarse
    assert not network_of("logit", 2500, 100).coarse


def drawn(documents, words, each, seed=0):
    """A batch of random documents, some of them empty, whose last word is the last column."""
    rng = np.random.default_rng(seed)
    counts = sparse.random(documents, words, density=each / words, format="lil", dtype=np.float32, random_state=rng)
    counts[-1, words - 1], counts[0] = 2, 0
    return CountTensors(counts.tocsr(), CPU).batch(0, documents)


@pytest.mark.parametrize(("words", "all_of_them"), [(20, True), (700, False), (70_000, False)])
def test_the_words_of_a_batch(words, all_of_them):
    batch = drawn(30, words, 5)
    found, word = decoders.words_of(batch.indices, words)
    assert (found is None) == all_of_them
    if not all_of_them:
        assert torch.equal(found, batch.indices.long().unique())
    assert torch.equal((torch.arange(words) if all_of_them else found)[word.long()], batch.indices.long())


@pytest.mark.parametrize("words", [20, 700, 70_000])
@pytest.mark.parametrize("transposed", [decoders.transposed, decoders.transposed_by_sorting])
def test_a_batch_is_transposed(words, transposed):
    batch = drawn(30, words, 5)
    values, document, offsets = transposed(batch.values, batch.indices, batch, words)
    order = torch.sort(batch.indices, stable=True).indices
    assert torch.equal(values, batch.values[order]) and torch.equal(document.long(), batch.document[order])
    assert torch.equal(offsets.diff().long(), torch.bincount(batch.indices, minlength=words))


@pytest.mark.parametrize("words", [20, 700])
def test_products_row_by_row_are_those_of_a_sampled_matrix_product(words):
    batch = drawn(30, words, 5)
    given = torch.rand(30, 6), torch.rand(words, 6), batch.indices, batch
    torch.testing.assert_close(decoders.sampled_products(*given), decoders.products_of_rows(*given))


def test_sparse_matrices_pass_without_a_remark():
    code = "import ntm_widgets.core.decoders as d, torch; torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1), check_invariants=False)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr
