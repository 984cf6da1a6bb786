"""Decoder products in bfloat16: how much faster is a step, and what does it cost in quality?

    python -m bench.precision

Trains the recipe `best` with the decoder `logit` on the documentation of Python, 5,000 words and 50 topics, in both
precisions with the same seed, and prints processor seconds of the epochs, the loss per word and the perplexity of held-out
documents, the coherence of the topics, and how many of their first ten words are the same. Then the median time of a step at
three sizes. One thread.
"""

import statistics
import time

import numpy as np
import torch

from bench.curves import counts_of
from ntm_widgets.core.inference import perplexity
from ntm_widgets.core.metrics import npmi
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.topics import top_word_ids
from ntm_widgets.core.training import Trainer, begin, epoch_data, take_step
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.vectorize import BowVectorizer

PRECISIONS = ("float32", "bfloat16")


def quality() -> None:
    """Train in both precisions on the same documents and print what came out."""
    bow = BowVectorizer(vocab_size=5000, tokenizer="regex").fit_transform(load_corpus("pydocs"))
    parts = bow.split(train=0.9, validation=0.1, test=0.0, seed=0)
    size = {"num_documents": parts.train.shape[0], "num_words": bow.shape[1], "num_topics": 50}
    words: dict[str, np.ndarray] = {}
    for precision in PRECISIONS:
        given = resolve("best", decoder="logit", decoder_precision=precision, **size)
        trainer = Trainer(parts.train, given, validation=parts.validation, device="cpu", topic_every=0)
        began = 0.0
        for event in trainer.events():
            began = began or (time.process_time() if event.kind == "step" else 0.0)
        seconds, fitted = time.process_time() - began, trainer.arrays()
        words[precision] = top_word_ids(fitted.arrays["W"], fitted.arrays["b"], 10, given.relevance, given.exclusivity)
        loss = trainer.history[-1].validation
        assert loss is not None
        print(
            f"{precision:9} epochs {seconds:6.1f} s, validation loss {loss.total:.4f}, "
            f"perplexity {perplexity(fitted, parts.validation.counts).per_token:.1f}, "
            f"NPMI {np.mean(npmi(words[precision], parts.train)):.3f}"
        )
    same = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(*words.values(), strict=True)])
    print(f"the same among the first ten words of a topic: {same:.0%}")


def step_milliseconds(precision: str, words: int, topics: int) -> float:
    """Median processor time of a step with 256 documents."""
    size = {"num_documents": 1024, "num_words": words, "num_topics": topics, "mini_batch_size": 256}
    given = resolve("best", decoder="logit", decoder_precision=precision, kmeans_starts=1, epochs=100, **size)
    trainer = Trainer(counts_of(words, 1024, 60), given, device="cpu")
    for _ in begin(trainer):
        pass
    trainer.network.train()
    spans, data = [], epoch_data(trainer)
    for _ in range(3):
        for _ in range(4):
            began = time.process_time()
            take_step(trainer, data)
            spans.append(time.process_time() - began)
        trainer.progress.next_epoch()
    return 1000 * statistics.median(spans[2:])


def main() -> None:
    """Print quality and speed."""
    torch.set_num_threads(1)
    quality()
    for words, topics in [(5000, 50), (20_000, 100), (50_000, 200)]:
        exact, coarse = (step_milliseconds(precision, words, topics) for precision in PRECISIONS)
        print(f"V={words:6,} K={topics:3}: a step {exact:6.1f} ms, in bfloat16 {coarse:6.1f} ms, {exact / coarse:.2f} times")


if __name__ == "__main__":
    main()
