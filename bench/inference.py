"""Topic weights of documents: NumPy alone, and the network it came from.

    python -m bench.inference

A model of the recipe's usual size (128 numbers a document vector, 100 hidden units) with random weights reads documents
of 41 distinct words. One document goes from a dict of its words, or from columns and counts, to topic weights; a batch of
20,000 from a sparse matrix. `NTM.transform` is what a user calls, with all checks of what is given. The network does the
same in the double precision in which it reports, and in the single precision of training. All take turns in one process
on one thread; the shortest of many turns, the processor's time.
"""

import time
from collections.abc import Callable

import numpy as np
import torch
from scipy import sparse
from threadpoolctl import threadpool_limits

from ntm_widgets.core.arrays import FittedArrays
from ntm_widgets.core.estimator import NTM
from ntm_widgets.core.inference import document_theta, encoder_input, theta
from ntm_widgets.core.model import CountTensors, Network, started_network
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.start import Vectors

DOCUMENTS, WORDS, TURNS = 20_000, 41, 12


def documents(num_words: int, seed: int = 0) -> sparse.csr_matrix:
    """Counts of documents with 41 distinct words each, frequencies after Zipf's law."""
    rng = np.random.default_rng(seed)
    share = -np.log(np.arange(1, num_words + 1))
    keys = share + rng.gumbel(size=(DOCUMENTS // 20, num_words))  # the largest keys are a draw without replacement
    some = np.sort(np.argpartition(-keys, WORDS, axis=1)[:, :WORDS], axis=1)
    columns = some[rng.integers(0, len(some), DOCUMENTS)].astype(np.int32)
    counts = rng.geometric(0.6, size=columns.size).astype(np.float32)
    starts = np.arange(0, columns.size + 1, WORDS, dtype=np.int32)
    return sparse.csr_matrix((counts, columns.ravel(), starts), shape=(DOCUMENTS, num_words))


def random_model(num_words: int, num_topics: int, seed: int = 0) -> tuple[Network, FittedArrays]:
    """A network as it might be after training, and the same exported."""
    rng = np.random.default_rng(seed)
    given = resolve("best", num_topics=num_topics, num_documents=DOCUMENTS, num_words=num_words, decoder="logit")
    vectors = Vectors(
        rng.normal(size=(num_words, 128)).astype(np.float32), rng.uniform(1, 8, num_words).astype(np.float32)
    )
    centroids = rng.normal(size=(num_topics, 128)).astype(np.float32)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    W, b = rng.normal(size=(num_topics, num_words)).astype(np.float32), np.zeros(num_words, np.float32)
    network = started_network(given, vectors, centroids, W, b, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        network.encoder.mu.weight.copy_(torch.from_numpy(rng.normal(0, 0.1, (num_topics, 100))))
    return network.eval(), FittedArrays(network.arrays(), given.to_dict())


@torch.inference_mode()
def single_precision(network: Network, counts: sparse.csr_matrix) -> np.ndarray:
    """θ as a network in training computes it."""
    batch = CountTensors(counts, network.device, network.encoder.vectors(counts)).batch(0, counts.shape[0])
    return network.encoder(batch)[0].softmax(dim=1).numpy()


def shortest(ways: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Seconds of one call of each, in turns; a turn makes `repeats` calls."""
    found = dict.fromkeys(ways, np.inf)
    for _ in range(TURNS):
        for name, call in ways.items():
            began = time.process_time()
            for _ in range(repeats):
                call()
            found[name] = min(found[name], (time.process_time() - began) / repeats)
    return found


def from_dict(fitted: FittedArrays, columns: dict[str, int], document: dict[str, int]) -> np.ndarray:
    """θ of a document given as its words and how often each occurs."""
    known = [word for word in document if word in columns]
    ids = np.array([columns[word] for word in known], dtype=np.int64)
    return document_theta(fitted, ids, np.array([document[word] for word in known], dtype=np.float32))


def report(num_words: int, num_topics: int) -> None:
    """Print the lines of one size."""
    network, fitted = random_model(num_words, num_topics)
    counts = documents(num_words)
    row, public = counts[7], NTM(num_topics, epochs=0, decoder="logit").fit(counts)
    names = {f"word{column}": column for column in range(num_words)}
    document = {f"word{column}": int(count) for column, count in zip(row.indices, row.data, strict=True)}
    difference = np.abs(theta(fitted, counts) - network.theta(counts).numpy()).max()
    print(f"V={num_words:,}, K={num_topics}: largest difference between NumPy and the network {difference:.0e}")
    one = shortest(
        {
            "from a dict": lambda: from_dict(fitted, names, document),
            "from columns and counts": lambda: document_theta(fitted, row.indices, row.data),
            "from a sparse matrix": lambda: theta(fitted, row),
            "NTM.transform of a row": lambda: public.transform(row),
            "network, single precision": lambda: single_precision(network, row),
        },
        repeats=100,
    )
    for name, seconds in one.items():
        ratio = one["network, single precision"] / seconds
        print(f"  one document, {name:27} {1e6 * seconds:8.1f} µs      {ratio:5.1f} times the network's speed")
    many = shortest(
        {
            "NumPy": lambda: theta(fitted, counts),
            "its document vectors": lambda: encoder_input(fitted, counts),
            "network, single precision": lambda: single_precision(network, counts),
            "network, double precision": lambda: network.theta(counts),
        },
        repeats=1,
    )
    for name, seconds in many.items():
        ratio = many["network, single precision"] / seconds
        rate = DOCUMENTS / seconds
        print(f"  a batch, {name:27} {rate:13,.0f} documents/s {ratio:5.2f} times the network's speed")


def main() -> None:
    """Print both sizes."""
    torch.set_num_threads(1)
    print(f"documents of {WORDS} distinct words, one thread, shortest of {TURNS} turns")
    with threadpool_limits(1):  # of NumPy's products
        report(2000, 20)
        report(50_000, 200)


if __name__ == "__main__":
    main()
