"""The same training on the CPU and on an accelerator: are the topics alike, and is it worth it?

    python -m bench.gpu

Trains the recipes `best` and `sagemaker` with one seed on both devices, with a small and a large batch, and prints a table.
Both devices see the same permutations; the noise is each device's own, so topics agree as those of two seeds from one start do.
Then a step on the accelerator against the sum of its own pieces there (`bench.floor`). Without an accelerator it
says so and ends well.
"""

import time

import numpy as np
import torch

from bench.floor import SIZES, report, trainer_of
from ntm_widgets.core.devices import devices
from ntm_widgets.core.metrics import npmi
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.topics import top_word_ids
from ntm_widgets.core.training import Trainer
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.vectorize import BowVectorizer


def train(bow: BagOfWords, validation: BagOfWords, recipe: str, batch: int, device: str) -> tuple[Trainer, float]:
    """A finished trainer and the seconds its epochs took, the start left out."""
    size = {"num_documents": bow.shape[0], "num_words": bow.shape[1]}
    given = resolve(recipe, num_topics=20, epochs=10, mini_batch_size=batch, **size)
    trainer = Trainer(bow, given, validation=validation, device=device, topic_every=0)
    for event in trainer.events():
        if event.kind == "epoch" and event.epoch == 1:
            began = time.perf_counter()  # the first epoch warms up
    if trainer.device.type != "cpu":
        torch.accelerator.synchronize()
    return trainer, time.perf_counter() - began


def top_ids(trainer: Trainer) -> np.ndarray:
    """Ten word ids of each topic."""
    arrays, given = trainer.arrays().arrays, trainer.hyperparameters
    return top_word_ids(arrays["W"], arrays["b"], 10, given.relevance, given.exclusivity)


def agreement(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Mean share of words that topic k has in common on both devices (same seed: topic k is topic k)."""
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in zip(ours, theirs, strict=True)]))


def main() -> None:
    """Print the table, or say that there is nothing to compare."""
    found = devices()
    if len(found) == 1:
        print("no accelerator here: not measured")
        return
    gpu = found[1]
    print(f"{found[0]}\n{gpu}")
    bow = BowVectorizer(vocab_size=5000, tokenizer="regex").fit_transform(load_corpus("pydocs"))
    parts = bow.split(train=0.9, validation=0.1, test=0.0, seed=0)
    print(f"{'recipe':10} {'batch':>6} {'device':8} {'docs/s':>10} {'val. loss':>10} {'NPMI':>7} {'same words':>11}")
    for recipe, batch in [("best", 256), ("best", 4096), ("sagemaker", 256), ("sagemaker", 4096)]:
        reference = None
        for device in ("cpu", gpu.name):
            trainer, seconds = train(parts.train, parts.validation, recipe, batch, device)
            ids = top_ids(trainer)
            reference = ids if reference is None else reference
            rate = 9 * parts.train.shape[0] / seconds
            score = np.mean(npmi(ids, parts.train))
            loss = trainer.history[-1].validation.total
            same = agreement(reference, ids)
            print(f"{recipe:10} {batch:6} {device:8} {rate:10,.0f} {loss:10.4f} {score:7.3f} {same:11.0%}")

    print("\nbatches of 4,096; floor / step, of medians (of the shortest)")
    for words, topics, turns in SIZES:
        for recipe, decoder in [("best", "logit"), ("best", "mix"), ("sagemaker", "logit")]:
            report(trainer_of(recipe, decoder, words, topics, documents=4096, device=gpu.name), turns)


if __name__ == "__main__":
    main()
