"""How near is a training step to what its own pieces cost at least?

    python -m bench.floor [smallest]

The pieces of a step are the products of the decoder, its exponentials, what it reads and writes at non-zeros, the
document vectors of the batch, the encoder's products, the random numbers and the optimiser, each as one call of the fastest
kernel at hand, in memory that is there already. Their sum is the floor; a step also has to make gradients of small things,
to watch over itself, and to report. A step and one call of each piece take turns in one process on one thread: a busy machine
slows down both, and a piece finds the caches as the pieces before it left them, as in a step. Neither is inside
`with torch.device`, whose hook makes every call of PyTorch longer. Times are the processor's. The
fraction is the floor divided by the step, of medians and of the shortest. `smallest` leaves out 50,000 words.

A faster kernel lowers the floor with the step. So that a step of `mix` can be compared with earlier ones, its fraction of the
floor as that was counted first stands behind: with `EmbeddingBag`'s derivative by its weights, `index_add_` and a sort of
the words that occur, in place of a sampled product, sums of segments, and counting.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional as F

from bench.step import zipf_counts
from ntm_widgets.core.decoders import (
    products_of_rows,
    row_chunks,
    some_documents,
    sum_by_document,
    transposed,
    transposed_by_sorting,
    weighted_rows,
    words_of,
)
from ntm_widgets.core.model import Batch, Network
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.training import Trainer, begin, epoch_data, take_step

BATCH, STEPS = 256, 6
SIZES = [(2000, 20, 200), (5000, 50, 80), (50_000, 200, 9)]
KINDS = [("sagemaker", "logit"), ("best", "logit"), ("best", "mix")]
Pieces = dict[str, Callable[[], object]]


def trainer_of(
    recipe: str, decoder: str, words: int, topics: int, documents: int = BATCH, device: str = "cpu"
) -> Trainer:
    """A trainer that has begun on a device, with batches of so many documents of Zipf's frequencies."""
    counts = zipf_counts(documents * STEPS, words)
    own = {"kmeans_starts": 1} if recipe == "best" else {}
    size = {"num_documents": counts.shape[0], "num_words": words, "num_topics": topics, "mini_batch_size": documents}
    given = resolve(recipe, decoder=decoder, optimizer="adam", epochs=10_000, **size, **own)
    trainer = Trainer(counts, given, device=device)
    for _ in begin(trainer):
        pass
    trainer.network.train()
    return trainer


def linear(layer: Tensor, documents: int, into_input: bool = True) -> Callable[[], object]:
    """Forward product of a layer (out, in) for a batch, and the products of its gradients."""
    x, y = torch.rand(documents, layer.shape[1]), torch.rand(documents, layer.shape[0])
    ahead, back, own = torch.empty_like(y), torch.empty_like(x), torch.empty(layer.shape)
    layer = layer.detach()

    def products() -> None:
        torch.mm(x, layer.T, out=ahead)
        torch.mm(y.T, x, out=own)
        if into_input:
            torch.mm(y, layer, out=back)

    return products


def of_encoder(network: Network, batch: Batch) -> Pieces:
    """The encoder's products; where it reads counts, the sums of rows and their gradient."""
    encoder, size = network.encoder, len(batch.lengths)
    if batch.vectors is not None:
        layers = [linear(layer.weight, size, i > 0) for i, layer in enumerate(encoder.hidden)]
        layers += [
            linear(encoder.C, size, False),
            linear(encoder.mu.weight, size),
            linear(encoder.logvar.weight, size, False),
        ]
        everything, rows = torch.rand(size * STEPS, encoder.C.shape[1]), torch.randperm(size * STEPS)[:size]
        return {"vectors": lambda: everything.index_select(0, rows), "encoder": lambda: [layer() for layer in layers]}
    layers = [linear(layer.weight, size) for layer in (*encoder.layers, encoder.mu, encoder.logsigma)]
    table, size = encoder.words.detach(), len(batch.lengths)
    words, word = words_of(batch.indices, len(table))
    values, document, offsets = ordered(batch, word, len(table) if words is None else len(words))
    y, into = torch.rand(size, table.shape[1]), torch.empty_like(table)

    def rows() -> None:
        weighted_rows(table, batch.indices, batch.values, batch.offsets)
        sums = weighted_rows(y, document, values, offsets)
        if words is None:
            into.copy_(sums)
        else:
            into.zero_().index_copy_(0, words, sums)

    order = {"sorting": sorting_of(batch, word, len(offsets) - 1)}
    return {"encoder": lambda: [layer() for layer in layers], **order, "rows of words": rows}


def ordered(batch: Batch, word: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Values, documents and beginnings of the words, in their order."""
    by = transposed if word.device.type == "cpu" else transposed_by_sorting
    values, document, offsets = by(batch.values, word, batch, size)
    return values, document.to(offsets.dtype), offsets


def sorting_of(batch: Batch, word: Tensor, size: int) -> Callable[[], object]:
    """The non-zeros in the order of their words: by counting, or by a sort on an accelerator."""
    if word.device.type != "cpu":
        return lambda: torch.sort(word, stable=True)
    numbers = batch.values.numpy(), word.numpy(), batch.offsets.numpy()
    return sparse.csr_matrix(numbers, (len(batch.lengths), size)).tocsc


def of_logit(network: Network, batch: Batch) -> Pieces:
    """Three products and the background's, a softmax, and the non-zeros of documents × words, in the chunks that the step has."""
    W, theta = network.W.detach(), torch.rand(len(batch.lengths), network.W.shape[0])
    words, chunks = W.shape[1], row_chunks(theta, W.shape[1])
    logits = torch.rand(max(rows.stop - rows.start for rows in chunks), words)
    ahead, back, own = torch.empty_like(logits), torch.empty_like(theta), torch.empty_like(W)
    into_b, parts = torch.empty(words), [some_documents(batch, rows) for rows in chunks]
    cuts = [(int(batch.offsets[rows.start]), int(batch.offsets[rows.stop])) for rows in chunks]
    places = [batch.indices[a:b].long() + torch.linspace(0, len(logits) - 1, b - a).long() * words for a, b in cuts]

    def products() -> None:
        for rows in chunks:
            size = rows.stop - rows.start
            torch.mm(theta[rows], W, out=ahead[:size])
            if len(chunks) > 1:  # of few rows and many words the other order is slower
                torch.mm(logits[:size], W.T, out=back[rows])
            else:
                torch.mm(W, logits.T, out=back.T)
            torch.mv(logits[:size].T, theta[rows, 0], out=into_b)
            own.addmm_(theta[rows].T, logits[:size], beta=0 if rows.start == 0 else 1)

    def exponentials() -> None:
        for rows in chunks:
            torch.softmax(logits[: rows.stop - rows.start], dim=1, out=ahead[: rows.stop - rows.start])

    def nonzeros() -> None:
        for place, part in zip(places, parts, strict=True):
            some = logits.view(-1).index_select(0, place)
            sum_by_document(some, part)
            ahead.view(-1).scatter_add_(0, place, some)

    return {"decoder products": products, "exponentials": exponentials, "non-zeros": nonzeros}


def products_at(theta: Tensor, by_word: Tensor, word: Tensor, batch: Batch) -> Callable[[], object]:
    """Products of documents' and words' rows at the non-zeros."""
    if theta.device.type != "cpu":
        return lambda: products_of_rows(theta, by_word, word, batch)
    shape, values = (len(theta), len(by_word)), batch.values.clone()
    wanted = torch.sparse_csr_tensor(batch.offsets, word, values, shape, check_invariants=False)
    return lambda: torch.sparse.sampled_addmm(wanted, theta, by_word.T, beta=0, out=wanted)


def of_mix(network: Network, batch: Batch) -> Pieces:
    """One softmax over topics × words, the words as rows, products, sums and losses at non-zeros, the gradient."""
    W, b, theta = network.W.detach(), network.b.detach(), torch.rand(len(batch.lengths), network.W.shape[0])
    words, word = words_of(batch.indices, W.shape[1])
    size, beta = W.shape[1] if words is None else len(words), torch.softmax(W + b, dim=1)
    values, document, offsets = ordered(batch, word, size)
    columns, ratio = torch.rand(len(W), size), torch.rand(len(batch.values))
    by_word = columns.T.contiguous()
    products = products_at(theta, by_word, word, batch)

    def exponentials() -> None:
        torch.softmax(W, dim=1, out=beta)

    def nonzeros() -> None:
        products()
        sum_by_document(ratio.log(), batch)
        weighted_rows(by_word, word, ratio, batch.offsets)
        weighted_rows(theta, document, values, offsets)

    def gradient() -> None:
        if words is None:
            by_word.copy_(beta.T)
            beta.copy_(by_word.T)
        else:
            by_word.copy_(torch.index_select(beta, 1, words, out=columns).T)
            beta.mul_(1.0).scatter_(1, words.expand(len(W), -1), columns.copy_(by_word.T))

    order = {"sorting": sorting_of(batch, word, size)}
    return {"exponentials": exponentials, **order, "non-zeros": nonzeros, "gather, scatter": gradient}


def of_mix_at_first(network: Network, batch: Batch) -> Pieces:
    """The pieces of `mix` at non-zeros by the kernels of the first count, on a CPU."""
    W, theta = network.W.detach(), torch.rand(len(batch.lengths), network.W.shape[0])
    ratio, losses, starts = torch.rand(len(batch.values)), torch.zeros(len(theta)), batch.offsets.long()
    keys, document = batch.indices.numpy().astype(np.uint16), batch.document

    def in_order() -> tuple[Tensor, Tensor, Tensor, Tensor]:
        order = torch.from_numpy(np.argsort(keys, kind="stable"))
        columns = batch.indices.index_select(0, order)
        words, word, each = torch.unique_consecutive(columns, return_inverse=True, return_counts=True)
        return words.long(), word, F.pad(each.cumsum(0), (1, 0)), document.index_select(0, order)

    words, word, offsets, owner = in_order()
    beta, by_word = W.clone(), torch.rand(len(words), len(W))

    def nonzeros() -> None:
        losses.index_add_(0, owner, ratio.log())
        torch.ops.aten._embedding_bag_per_sample_weights_backward(theta, by_word, word, offsets, owner, 0, -1)
        weighted_rows(by_word, word, ratio, starts)
        weighted_rows(theta, owner, ratio, offsets)

    def gradient() -> None:
        by_word.copy_(beta.index_select(1, words).T)
        beta.mul_(1.0).scatter_(1, words.expand(len(W), -1), by_word.T.contiguous())

    return {"sorting": in_order, "non-zeros": nonzeros, "gather, scatter": gradient}


def of_optimizer(network: Network, batch: Batch) -> Pieces:
    """Adam's one pass over all weights, gradients and moments, and the noise."""
    weights = [p.detach().clone() for p in network.parameters() if p.requires_grad]
    three = [[torch.rand_like(w) for w in weights] for _ in range(3)]
    steps, options = [torch.tensor(1.0)] * len(weights), {"weight_decay": 0.0, "eps": 1e-8, "amsgrad": False}

    def adam() -> None:
        torch._fused_adam_(weights, *three, [], steps, lr=0.0, beta1=0.9, beta2=0.99, maximize=False, **options)

    shape, device = (len(batch.lengths), network.W.shape[0]), network.W.device
    return {"optimiser": adam, "noise": lambda: torch.randn(shape, device=device)}


def spent(call: Callable[[], object], device: torch.device) -> float:
    """Seconds of a call: of the processor, or until an accelerator has finished."""
    if device.type == "cpu":
        began = time.process_time()
        call()
        return time.process_time() - began
    torch.accelerator.synchronize(device)
    began = time.perf_counter()
    call()
    torch.accelerator.synchronize(device)
    return time.perf_counter() - began


Spans = dict[str, list[float]]


def measure(trainer: Trainer, turns: int) -> tuple[Spans, Spans, list[float]]:
    """Seconds of every piece, of those that were counted otherwise at first, and of steps, which take turns."""
    network, data = trainer.network, epoch_data(trainer)
    batch, mixes = data.batch(0, trainer.hyperparameters.mini_batch_size), trainer.hyperparameters.decoder == "mix"
    with trainer.device:
        pieces = (of_mix if mixes else of_logit)(network, batch)
        pieces |= {**of_encoder(network, batch), **of_optimizer(network, batch)}
        at_first = of_mix_at_first(network, batch) if mixes and trainer.device.type == "cpu" else {}

    def step() -> None:
        take_step(trainer, data)
        if trainer.progress.step == STEPS:
            trainer.progress.next_epoch()

    calls = [{"step": step}, pieces, at_first]
    spans: list[Spans] = [{name: [] for name in group} for group in calls]
    for turn in range(turns + 1):
        for group, found in zip(calls, spans, strict=True):
            for name, call in group.items():
                span = spent(call, trainer.device)
                if turn:  # the first warms up
                    found[name].append(span)
    return spans[1], spans[2], spans[0]["step"]


def fractions(pieces: Spans, steps: list[float]) -> str:
    """Sum of the pieces, and its fraction of a step, of medians and of the shortest."""
    sums = [sum(map(pick, pieces.values())) for pick in (statistics.median, min)]
    return f"{1000 * sums[0]:7.2f} ms: {sums[0] / statistics.median(steps):4.0%} ({sums[1] / min(steps):4.0%})"


def report(trainer: Trainer, turns: int) -> None:
    """Print a step, its floor, the fraction of it that is reached, and the pieces."""
    given, words = trainer.hyperparameters, trainer.counts.shape[1]
    pieces, at_first, steps = measure(trainer, turns)
    print(
        f"V={words:6,} K={given.num_topics:3} {given.recipe + '/' + given.decoder:15}"
        f" step {1000 * statistics.median(steps):7.2f} ms, floor {fractions(pieces, steps)}"
        + (f", as counted first {fractions(pieces | at_first, steps)}" if at_first else "")
    )
    parts = ", ".join(f"{name} {1000 * statistics.median(span):.2f}" for name, span in pieces.items())
    print(f"    {parts}", flush=True)


def main(smallest: bool) -> None:
    """Print a line for each kind of model and size."""
    torch.set_num_threads(1)
    print(f"one thread, batches of {BATCH}; floor / step, of medians (of the shortest)")
    for words, topics, turns in SIZES[: 2 if smallest else None]:
        for recipe, decoder in KINDS:
            report(trainer_of(recipe, decoder, words, topics), turns)


if __name__ == "__main__":
    main("smallest" in sys.argv[1:])
