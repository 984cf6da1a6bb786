"""What the bench hands to a model and what it gets back: plain `.npz` files of numbers, nothing pickled.

Every model runs in a process of its own, peers in an environment of their own, so nothing here may import `ntm_widgets`.
"""

import argparse
import os
import re
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

WORDS = 25
MATRICES = ("train", "test", "first", "second")


class Problem(NamedTuple):
    """Counts of the training and test documents, the two halves of the test tokens, and the training tokens in order.

    train : (N, V), test, first, second : (D, V) float32 CSR; ids, starts : token j of document d is ids[starts[d] + j]
    """

    train: sparse.csr_matrix
    test: sparse.csr_matrix
    first: sparse.csr_matrix
    second: sparse.csr_matrix
    ids: np.ndarray
    starts: np.ndarray


class Answer(NamedTuple):
    """What a model says; the files hold it with the seconds and bytes that it took.

    rankings : variant ("" is the model's own) -> (K, 25) word numbers, best first
    theta : (D, K) topics of the test documents, rows sum to 1
    nll : (D,) −log p(second half | topics of the first half) in nats
    refined : the same after the model's own refinement, or None
    """

    rankings: dict[str, np.ndarray]
    theta: np.ndarray
    nll: np.ndarray
    refined: np.ndarray | None = None


def write(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """An `.npz` under its final name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)
    part.replace(path)


def read(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz`."""
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def write_problem(path: Path, problem: Problem) -> None:
    """A problem as arrays of its matrices."""
    arrays = {"ids": problem.ids, "starts": problem.starts}
    for name in MATRICES:
        matrix = getattr(problem, name)
        arrays |= {
            f"{name}.{part}": np.asarray(getattr(matrix, part)) for part in ("data", "indices", "indptr", "shape")
        }
    write(path, arrays)


def read_problem(path: Path) -> Problem:
    """The problem of a file."""
    arrays = read(path)
    parts = ("data", "indices", "indptr")
    matrices = {
        name: sparse.csr_matrix(tuple(arrays[f"{name}.{part}"] for part in parts), shape=tuple(arrays[f"{name}.shape"]))
        for name in MATRICES
    }
    return Problem(**matrices, ids=arrays["ids"], starts=arrays["starts"])


def best_words(scores: np.ndarray, n: int = WORDS) -> np.ndarray:
    """Word numbers of the `n` highest scores of each row, the smaller number first among equals."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :n].astype(np.int32)


def normalised(rows: np.ndarray) -> np.ndarray:
    """Rows divided by their sums."""
    return rows / rows.sum(axis=1, keepdims=True)


def mixture_nll(theta: np.ndarray, beta: np.ndarray, counts: sparse.csr_matrix) -> np.ndarray:
    """−Σ x log (θβ) of each document, touching only the words that occur."""
    document = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    terms, columns = np.empty(counts.nnz), beta.T.astype(np.float64)
    for start in range(0, counts.nnz, 100_000):
        part = slice(start, start + 100_000)
        share = np.einsum("nk,nk->n", theta[document[part]], columns[counts.indices[part]])
        terms[part] = counts.data[part] * np.log(np.maximum(share, 1e-30))
    return -np.bincount(document, weights=terms, minlength=counts.shape[0])


def cpu_seconds() -> float:
    """Processor time of this process and of the children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_megabytes() -> float:
    """The most memory that this process held at once; elsewhere than on Linux the system's figure, which may count its parent."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


@dataclass
class Meter:
    """Seconds of processor and clock, and the most memory so far in MB."""

    measured: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def running(self, name: str = "") -> Iterator[None]:
        """Measure what happens inside; `name` goes before the keys."""
        cpu, wall = cpu_seconds(), time.perf_counter()
        yield
        self.measured[f"{name}cpu_s"] = cpu_seconds() - cpu
        self.measured[f"{name}wall_s"] = time.perf_counter() - wall
        self.measured[f"{name}rss_mb"] = peak_megabytes()


def write_answer(path: Path, answer: Answer, measured: dict[str, Any]) -> None:
    """An answer and what it took; numbers in `measured` become arrays, texts stay texts."""
    arrays = {f"ranking.{name}": ranking for name, ranking in answer.rankings.items()}
    arrays |= {"theta": answer.theta.astype(np.float32), "nll": answer.nll.astype(np.float64)}
    if answer.refined is not None:
        arrays["refined"] = answer.refined.astype(np.float64)
    write(path, arrays | {f"measured.{name}": np.asarray(value) for name, value in measured.items()})


def fit_arguments(description: str, models: Iterable[str]) -> argparse.ArgumentParser:
    """What every program takes that fits one model on one problem."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("model", choices=tuple(models))
    parser.add_argument("problem", type=Path)
    parser.add_argument("answer", type=Path)
    parser.add_argument("--topics", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    return parser


def read_answer(path: Path) -> tuple[Answer, dict[str, Any]]:
    """The answer of a file and what it took."""
    arrays = read(path)
    part = {head: {} for head in ("ranking", "measured")}
    for name, array in arrays.items():
        head, dot, rest = name.partition(".")
        if dot:
            part[head][rest] = array
    measured = {name: value.item() for name, value in part["measured"].items()}
    return Answer(part["ranking"], arrays["theta"], arrays["nll"], arrays.get("refined")), measured
