"""A training step against the usual way: the same model fed dense batches by a DataLoader, with plain autograd.

    python -m bench.step

Both ways train Amazon's encoder with Adam on the same counts, in one process on one thread, taking turns; documents per
second of processor time, the best of five turns each. The last column is the recipe `best`, which has no first layer over
the vocabulary.
"""

import time

import numpy as np
import torch
from scipy import sparse
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from ntm_widgets.core.settings import resolve
from ntm_widgets.core.training import Trainer, begin, epoch_data, take_step

BATCH, STEPS, TURNS, WORDS = 256, 12, 5, 60


def zipf_counts(documents: int, words: int, seed: int = 0) -> sparse.csr_matrix:
    """Counts with some 60 distinct words a document, frequencies after Zipf's law."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, words + 1)
    tokens = rng.choice(words, size=(documents, 2 * WORDS), p=share / share.sum())
    rows = np.repeat(np.arange(documents), tokens.shape[1])
    return sparse.coo_matrix((np.ones(rows.size, np.float32), (rows, tokens.ravel())), (documents, words)).tocsr()


class DenseDocuments(Dataset):
    """One dense row at a time, as tutorials and most topic-model packages have it."""

    def __init__(self, counts: sparse.csr_matrix) -> None:
        self.counts = counts

    def __len__(self) -> int:
        return self.counts.shape[0]

    def __getitem__(self, row: int) -> torch.Tensor:
        return torch.from_numpy(self.counts[row].toarray()[0])


def dense_steps(counts: sparse.csr_matrix, network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Steps of the same network on dense batches with autograd throughout."""
    encoder = network.encoder
    for x in DataLoader(DenseDocuments(counts), batch_size=BATCH, shuffle=True):
        hidden = torch.sigmoid(x @ encoder.words + encoder.bias)
        for layer in encoder.layers:
            hidden = torch.sigmoid(layer(hidden))
        mu, log_variance = encoder.mu(hidden), 2 * encoder.logsigma(hidden)
        theta = (mu + (log_variance / 2).exp() * torch.randn_like(mu)).softmax(dim=1)
        fit = -(x * F.log_softmax(theta @ network.W + network.b, dim=1)).sum(dim=1)
        kl = 0.5 * (log_variance.exp() + mu**2 - 1 - log_variance).sum(dim=1)
        optimizer.zero_grad()
        (fit + kl).mean().backward()
        optimizer.step()


def our_trainer(counts: sparse.csr_matrix, recipe: str, topics: int) -> Trainer:
    """A trainer that has begun."""
    size = {
        "num_documents": counts.shape[0],
        "num_words": counts.shape[1],
        "mini_batch_size": BATCH,
        "num_topics": topics,
    }
    trainer = Trainer(counts, resolve(recipe, optimizer="adam", epochs=1000, **size), device="cpu")
    for _ in begin(trainer):
        pass
    return trainer


def our_steps(trainer: Trainer) -> None:
    """The same number of steps, permutation and slicing included."""
    data = epoch_data(trainer)
    trainer.network.train()
    for _ in range(0, trainer.counts.shape[0], BATCH):
        take_step(trainer, data)
    trainer.progress.next_epoch()


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    print(f"documents per CPU second, batches of {BATCH}, one thread, best of {TURNS} turns of {STEPS} steps")
    print(f"{'V':>6} {'K':>4} {'dense + DataLoader':>20} {'ntm_widgets':>12} {'ratio':>6} {'recipe best':>12}")
    for words, topics in [(2000, 20), (5000, 50)]:
        counts = zipf_counts(BATCH * STEPS, words)
        ours, best = our_trainer(counts, "sagemaker", topics), our_trainer(counts, "best", topics)
        dense = our_trainer(counts, "sagemaker", topics).network.train()
        optimizer = torch.optim.Adam(dense.parameters(), lr=0.01)
        ways = {
            "dense": lambda dense=dense, optimizer=optimizer, counts=counts: dense_steps(counts, dense, optimizer),
            "ours": lambda ours=ours: our_steps(ours),
            "best": lambda best=best: our_steps(best),
        }
        speed = dict.fromkeys(ways, 0.0)
        for turn in range(TURNS + 1):
            for name, way in ways.items():
                began = time.process_time()
                way()
                if turn:  # the first turn warms up
                    speed[name] = max(speed[name], counts.shape[0] / (time.process_time() - began))
        ratio = speed["ours"] / speed["dense"]
        print(
            f"{words:6} {topics:4} {speed['dense']:20,.0f} {speed['ours']:12,.0f} {ratio:6.1f} {speed['best']:12,.0f}"
        )


if __name__ == "__main__":
    main()
