"""Training on documents that do not fit into memory: how much memory it takes, and how much time goes into reading.

    python -m bench.scale            200,000 synthetic documents, half a minute
    python -m bench.scale --full     5 million documents of 100 different words, several minutes to an hour

Documents of 20 kinds over 2,000 words are written as shards into a temporary folder, which is removed in the end. Then the recipe
`best` trains one epoch on it, one thread. Printed are the memory of the process (resident, in MB) at each stage and its highest value while
training, the share of the processor time of the epoch that goes into reading and ordering documents, and documents per second. Memory is
counted from where libraries are loaded; the limits are 400 MB above that and the model, and 8 % of the time.
"""

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import torch
from scipy import sparse

from ntm_widgets.core.documents import ShardReader
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.training import Trainer
from ntm_widgets.data.shards import ShardedBagOfWords, ShuffledPass

WORDS, TOPICS, NONZEROS, BLOCK = 2000, 20, 100, 8192
MEMORY_LIMIT, TIME_LIMIT = 400, 0.08


def synthetic(documents: int, seed: int = 0) -> Iterator[sparse.csr_matrix]:
    """Documents of `NONZEROS` different words: half of them from the words that their kind prefers, after Zipf's law."""
    rng = np.random.default_rng(seed)
    pattern = rng.permutation(WORDS).reshape(TOPICS, -1)
    for first in range(0, documents, BLOCK):
        rows = min(BLOCK, documents - first)
        # one word out of each of 100 bands of 20 columns; half of the bands give the word of the document's kind
        kinds = rng.integers(TOPICS, size=rows)
        words = rng.integers(TOPICS, size=(rows, NONZEROS))
        own = rng.random((rows, NONZEROS)) < 0.5
        words = np.where(own, kinds[:, None], words)
        columns = np.sort(pattern.T[np.arange(NONZEROS), words], axis=1).astype(np.int32)
        counts = np.minimum(rng.geometric(0.6, size=columns.shape), 255).astype(np.float32)
        ends = np.arange(0, rows * NONZEROS + 1, NONZEROS)
        yield sparse.csr_matrix((counts.ravel(), columns.ravel(), ends), shape=(rows, WORDS))


class Memory:
    """Resident memory of this process in MB, and its highest value, looked at twenty times a second."""

    def __init__(self) -> None:
        self.process, self.highest, self.over = psutil.Process(), 0.0, threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def now(self) -> float:
        return self.process.memory_info().rss / 1e6

    def _watch(self) -> None:
        while not self.over.wait(0.05):
            self.highest = max(self.highest, self.now())

    def since(self) -> float:
        """The highest value since it was asked for the last time."""
        found, self.highest = max(self.highest, self.now()), 0.0
        return found


class Clock:
    """Processor seconds spent in one method."""

    def __init__(self, owner: type, name: str) -> None:
        self.seconds, method = 0.0, getattr(owner, name)

        def timed(*arguments: object) -> object:
            began = time.thread_time()
            try:
                return method(*arguments)
            finally:
                self.seconds += time.thread_time() - began

        setattr(owner, name, timed)


def train(bag: ShardedBagOfWords, memory: Memory, base: float) -> tuple[float, float, float]:
    """One epoch with a line per stage; highest memory above the base, share of time on data, documents per second."""
    reading, parts = Clock(ShuffledPass, "documents"), Clock(ShardReader, "part")
    given = resolve("best", num_topics=TOPICS, num_documents=len(bag), num_words=WORDS, epochs=1)
    trainer, highest, began = Trainer(bag, given, device="cpu", topic_every=0), 0.0, time.thread_time()
    next_line = 0.25
    for event in trainer.events():
        label = ""
        if event.kind == "start_phase":
            label, began = f"start: {event.name}", time.thread_time()
            reading.seconds = parts.seconds = 0.0
        elif event.kind == "step" and event.step / event.steps >= next_line:
            label, next_line = f"epoch, {event.step / event.steps:.0%}", next_line + 0.25
        if label:
            top = memory.since()
            highest = max(highest, top)
            print(f"{label:24} {memory.now() - base:8,.0f} {top - base:8,.0f}", flush=True)
    spent = time.thread_time() - began
    print(f"document vectors take another {(parts.seconds - reading.seconds) / spent:.1%} of the time")
    return max(highest, memory.since()) - base, reading.seconds / spent, len(bag) / spent


def main() -> int:
    """Print the stages; 1 if memory or time on data is beyond the limits."""
    parser = argparse.ArgumentParser(description="Training on shards: memory and time on data.")
    parser.add_argument("--full", action="store_true", help="5 million documents")
    documents = 5_000_000 if parser.parse_args().full else 200_000
    torch.set_num_threads(1)
    list(synthetic(1))
    memory, folder = Memory(), Path(tempfile.mkdtemp(prefix="ntm-scale-"))
    base = memory.now()
    print(f"{documents:,} documents of {NONZEROS} words, V={WORDS}, K={TOPICS}; libraries {base:,.0f} MB")
    print(f"{'stage':24} {'MB above':>8} {'highest':>8}")
    try:
        began = time.perf_counter()
        bag = ShardedBagOfWords.write(folder / "shards", synthetic(documents))
        print(f"{'written':24} {memory.now() - base:8,.0f} {memory.since() - base:8,.0f}")
        print(f"{bag}, {documents / (time.perf_counter() - began):,.0f} documents/s written")
        highest, share, speed = train(bag, memory, base)
    finally:
        memory.over.set()
        memory.thread.join()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"memory {highest:,.0f} MB above libraries (limit {MEMORY_LIMIT}), data {share:.1%} of the time (limit {TIME_LIMIT:.0%}),")
    print(f"{speed:,.0f} documents per second of processor time")
    return int(highest > MEMORY_LIMIT or share > TIME_LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
