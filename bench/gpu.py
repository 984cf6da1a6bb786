"""The same training on the CPU and on an accelerator: are the topics alike, and is it worth it?

    python -m bench.gpu

Trains the recipes `best` and `sagemaker` with one seed on both devices, with a small and a large batch, and prints a table.
Both devices see the same permutations; the noise is each device's own, so topics agree as those of two seeds from one start do.
So the accelerator's loss and coherence are held against those of some seeds on the CPU: outside their mean ± 3 standard deviations
(at least ± `LEAST`) the exit code is 1. Then a step on the accelerator against the sum of its own pieces there (`bench.floor`).
Without an accelerator it says so and ends well.
"""

import time
from collections.abc import Iterable

import numpy as np
import torch

from bench.floor import SIZES, report, trainer_of
from bench.tables import spread
from ntm_widgets.core.devices import devices
from ntm_widgets.core.metrics import npmi
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.topics import top_word_ids
from ntm_widgets.core.training import Trainer
from ntm_widgets.data.bow import BagOfWords, Split
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.vectorize import BowVectorizer

SEEDS = (0, 1, 2)
LEAST = {"val. loss": 0.01, "NPMI": 0.02}


def train(
    bow: BagOfWords, validation: BagOfWords, recipe: str, batch: int, device: str, seed: int = 0
) -> tuple[Trainer, float]:
    """A finished trainer and the seconds its epochs took, the start left out."""
    size = {"num_documents": bow.shape[0], "num_words": bow.shape[1]}
    given = resolve(recipe, num_topics=20, epochs=10, mini_batch_size=batch, **size)
    trainer = Trainer(bow, given, validation=validation, device=device, topic_every=0, seed=seed)
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


def quality(trainer: Trainer, bow: BagOfWords) -> dict[str, float]:
    """What must be alike on both devices."""
    return {"val. loss": trainer.history[-1].validation.total, "NPMI": float(np.mean(npmi(top_ids(trainer), bow)))}


def strays(found: dict[str, float], others: Iterable[dict[str, float]]) -> list[str]:
    """The measures that lie outside the mean ± 3 standard deviations of others, and outside ± `LEAST`; a line each."""
    lines, others = [], list(others)
    for name, value in found.items():
        usual = spread(other[name] for other in others)
        most = max(LEAST[name], 3 * np.nan_to_num(usual.sd))
        if not abs(value - usual.mean) <= most:
            lines.append(f"{name} {value:.4f}, on the CPU {usual.mean:.4f} ± {most:.4f} over {usual.seeds} seeds")
    return lines


def compared(parts: Split, recipe: str, batch: int, gpu: str) -> list[str]:
    """Train on both devices and print a line each; what strays on the accelerator."""
    found = []
    for device, seed in [*(("cpu", seed) for seed in SEEDS), (gpu, SEEDS[0])]:
        trainer, seconds = train(parts.train, parts.validation, recipe, batch, device, seed)
        measured, ids = quality(trainer, parts.train), top_ids(trainer)
        found.append((measured, ids))
        rate = 9 * parts.train.shape[0] / seconds
        figures = f"{measured['val. loss']:10.4f} {measured['NPMI']:7.3f} {agreement(found[0][1], ids):11.0%}"
        print(f"{recipe:10} {batch:6} {device:8} {seed:4} {rate:10,.0f} {figures}", flush=True)
    *usual, last = (measured for measured, _ in found)
    return strays(last, usual)


def main() -> int:
    """Print the table, or say that there is nothing to compare; 1 if the accelerator's topics are others than the CPU's."""
    found = devices()
    if len(found) == 1:
        print("no accelerator here: not measured")
        return 0
    gpu = found[1]
    print(f"{found[0]}\n{gpu}")
    bow = BowVectorizer(vocab_size=5000, tokenizer="regex").fit_transform(load_corpus("pydocs"))
    parts, bad = bow.split(train=0.9, validation=0.1, test=0.0, seed=0), False
    head = f"{'docs/s':>10} {'val. loss':>10} {'NPMI':>7} {'same words':>11}"
    print(f"{'recipe':10} {'batch':>6} {'device':8} {'seed':>4} {head}")
    for recipe, batch in [("best", 256), ("best", 4096), ("sagemaker", 256), ("sagemaker", 4096)]:
        lines = compared(parts, recipe, batch, gpu.name)
        print("\n".join(f"  outside: {line}" for line in lines) or "  within the spread of the CPU's seeds")
        bad |= bool(lines)

    print("\nbatches of 4,096; floor / step, of medians (of the shortest)")
    for words, topics, turns in SIZES:
        for recipe, decoder in [("best", "logit"), ("best", "mix"), ("sagemaker", "logit")]:
            report(trainer_of(recipe, decoder, words, topics, documents=4096, device=gpu.name), turns)
    return int(bad)


if __name__ == "__main__":
    raise SystemExit(main())
