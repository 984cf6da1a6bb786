"""What a training step costs against the sizes of a problem: words, topics, documents in a batch, distinct words in each.

    python -m bench.curves

One size changes at a time, the others stay at 5,000 words, 50 topics, batches of 256 documents with 60 distinct words.
Milliseconds of processor time on one thread, the median of some steps, for both decoders of the recipe `best`. Beside each
is the cost relative to the first row: `logit` should grow like words × topics × documents and hardly with the distinct words;
`mix` like topics × (its distinct words + words).
"""

import statistics
import time

import numpy as np
import torch
from scipy import sparse

from ntm_widgets.core.settings import resolve
from ntm_widgets.core.training import Trainer, begin, epoch_data, take_step

MIDDLE = {"words": 5000, "topics": 50, "documents": 256, "distinct": 60}
CURVES = {
    "words": [2500, 5000, 10_000, 20_000, 40_000],
    "topics": [25, 50, 100, 200],
    "documents": [128, 256, 512, 1024],
    "distinct": [15, 30, 60, 120, 240],
}
STEPS, TURNS = 4, 3


def counts_of(words: int, documents: int, distinct: int, seed: int = 0) -> sparse.csr_matrix:
    """Documents with so many distinct words each, after Zipf's law."""
    rng = np.random.default_rng(seed)
    share = -np.log(np.arange(1, words + 1))
    columns = [np.sort(np.argpartition(-(share + rng.gumbel(size=words)), distinct)[:distinct]) for _ in range(documents)]
    starts = np.arange(0, documents * distinct + 1, distinct, dtype=np.int32)
    ids = np.concatenate(columns).astype(np.int32)
    return sparse.csr_matrix((np.ones(ids.size, np.float32), ids, starts), shape=(documents, words))


def step_milliseconds(decoder: str, words: int, topics: int, documents: int, distinct: int) -> float:
    """Median processor time of a step."""
    counts = counts_of(words, STEPS * documents, distinct)
    size = {"num_documents": counts.shape[0], "num_words": words, "num_topics": topics, "mini_batch_size": documents}
    trainer = Trainer(counts, resolve("best", decoder=decoder, epochs=1000, kmeans_starts=1, **size), device="cpu")
    for _ in begin(trainer):
        pass
    trainer.network.train()
    spans = []
    for turn in range(TURNS + 1):
        data = epoch_data(trainer)
        data.batch(0, documents)
        for _ in range(STEPS):
            began = time.process_time()
            take_step(trainer, data)
            if turn:  # the first turn warms up
                spans.append(time.process_time() - began)
        trainer.progress.next_epoch()
    return 1000 * statistics.median(spans)


def main() -> None:
    """Print a table for each size that changes."""
    torch.set_num_threads(1)
    print("a step of the recipe best; otherwise " + ", ".join(f"{name} {size:,}" for name, size in MIDDLE.items()))
    for name, sizes in CURVES.items():
        print(f"\n{name:>10} {'×':>6}   {'logit ms':>9} {'×':>6}   {'mix ms':>9} {'×':>6}")
        first: list[float] = []
        for size in sizes:
            spans = [step_milliseconds(decoder, **{**MIDDLE, name: size}) for decoder in ("logit", "mix")]
            first = first or spans
            cells = "   ".join(f"{span:9.2f} {span / start:6.2f}" for span, start in zip(spans, first, strict=True))
            print(f"{size:10,} {size / sizes[0]:6.1f}   {cells}", flush=True)


if __name__ == "__main__":
    main()
