"""Two threads against one, alone and beside a neighbour that keeps a core busy.

    python -m bench.threads

The recipe trains on documents of about 60 words; documents per second of the clock, each setting in a process of its own, the
better of two epochs. *asleep* is how the package asks OpenMP to let a thread wait for the others (see
`ntm_widgets/core/__init__.py`), *spinning* is GNU OpenMP's own way on a machine with as many free cores as threads.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAYS = {"asleep": {}, "spinning": {"OMP_WAIT_POLICY": "active", "GOMP_SPINCOUNT": "30000000"}}
SIZES = ((2_000, 20, 20_000), (20_000, 100, 8_000))  # words, topics, documents
SECONDS = 60


def documents_a_second(threads: int, words: int, topics: int, documents: int) -> float:
    """The better of two epochs, after one that warms up."""
    from ntm_widgets.core.estimator import NTM  # before PyTorch is loaded
    from ntm_widgets.core.events import EpochEnd

    from bench.step import zipf_counts  # isort: skip

    counts = zipf_counts(documents, words)
    ends = []
    for event in NTM(num_topics=topics, epochs=3, threads=threads).trainer(counts).events():
        if isinstance(event, EpochEnd):
            ends.append(time.perf_counter())
    return counts.shape[0] / min(ends[1] - ends[0], ends[2] - ends[1])


def measured(threads: int, way: str, size: tuple[int, int, int]) -> float | None:
    """`documents_a_second` in a process of its own; None if it took too long."""
    command = [sys.executable, "-m", "bench.threads", str(threads), *map(str, size)]
    try:
        done = subprocess.run(command, env=os.environ | WAYS[way], capture_output=True, text=True, timeout=SECONDS, check=True)
    except subprocess.TimeoutExpired:
        return None
    return float(done.stdout.split()[-1])


@contextmanager
def busy_neighbour(there: bool) -> Iterator[None]:
    """A process that computes without end, if it is to be there."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if there else None
    try:
        yield
    finally:
        if process is not None:
            process.kill()
            process.wait()


def main() -> None:
    """Print the tables."""
    for size in SIZES:
        print(f"V={size[0]:,}, K={size[1]}", flush=True)
        for neighbour in (False, True):
            with busy_neighbour(neighbour):
                one = measured(1, "asleep", size)
                where = "  beside a busy neighbour" if neighbour else "  alone"
                print(f"{where:26} 1 thread             {one or 0:9,.0f} documents/s", flush=True)
                for way in WAYS:
                    two = measured(2, way, size)
                    said = f"{two:9,.0f} documents/s {two / one:5.2f} of one thread" if two and one else f"no end in {SECONDS} s"
                    print(f"{where:26} 2 threads, {way:9} {said}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(documents_a_second(*map(int, sys.argv[1:])))
    else:
        main()
