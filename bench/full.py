"""Our model and every peer, on the same counts, under one scorer: `make bench-full`, or

    python -m bench.full                      # every cell that is missing, cheap and important ones first
    python -m bench.full --models tomotopy,gensim --only ng_seed-20 --seeds 0,1 --minutes 30
    python -m bench.full --list               # what there is and what is missing

A cell is one model on one corpus with one number of topics and one seed. It runs in a process of its own on one thread
and is kept as a small file in `bench/results/cells`; it is run again only when its key changed (versions, settings,
corpus) or with `--redo`. When the run ends or is interrupted the tables in `bench/results` are written anew
(`python -m bench.tables` does that meanwhile). Peers need the environment that `make peers` builds.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench import ours, tables
from bench.cells import CLASSICAL, NEURAL, OURS, SEEDS, Cell, all_cells, figures, keep, rounded
from bench.corpora import CACHE, Task, final
from bench.exchange import Answer, Problem, mixture_nll, normalised, read_answer, write_problem
from bench.peers import PEERS
from bench.scorer import Said, completion, perplexities, score, topic_scores
from ntm_widgets.core.settings import Hyperparameters

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1") | {
    "PYTHONHASHSEED": "0"
}

FEWER_PASSES = {"ng_official": {"ecrtm": 100, "prodlda": 100, "fastopic": 100, "etm": 50}}


@cache
def task_of(corpus: str) -> Task:
    """The reported task of a corpus, loaded once."""
    return final(corpus)


@cache
def fingerprint(corpus: str) -> str:
    """Twelve digits of everything that is trained on or scored: counts, tokens, labels and words."""
    digest = hashlib.sha256()
    for bow in task_of(corpus)[1:]:
        parts = (bow.counts.data, bow.counts.indices, bow.counts.indptr, bow.labels, *bow.tokens)
        for array in parts:
            digest.update(np.ascontiguousarray(array, dtype=np.float64).tobytes())
        digest.update(" ".join(bow.vocabulary).encode())
    return digest.hexdigest()[:12]


def problem_file(corpus: str) -> Path:
    """The corpus as a file that any environment can read, written once."""
    path = CACHE / "problems" / f"{corpus}-{fingerprint(corpus)}.npz"
    if not path.exists():
        task = task_of(corpus)
        first, second = completion(task)
        ids, starts = task.train.tokens
        write_problem(path, Problem(task.train.counts, task.held_out.counts, first, second, np.asarray(ids), starts))
    return path


@cache
def pinned() -> dict[str, str]:
    """Versions that `bench/peers.txt` asks for."""
    lines = (Path(__file__).parent / "peers.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))


@cache
def own_settings(corpus: str, topics: int, model: str) -> dict[str, Any]:
    """What one of our models trains with on a corpus."""
    return ours.settings(model, topics, task_of(corpus).train.counts)


def peer_settings(cell: Cell) -> dict[str, Any]:
    """What a peer is told: its defaults, with fewer passes where the default is out of reach."""
    fewer = FEWER_PASSES.get(cell.corpus, {}).get(cell.model)
    return PEERS[cell.model].settings | ({"passes": fewer} if fewer else {})


def key_of(cell: Cell) -> dict[str, Any]:
    """What must be equal for a kept cell to count."""
    key: dict[str, Any] = {**cell._asdict(), "data": fingerprint(cell.corpus)}
    if cell.model in ours.MODELS:
        return key | {"settings": own_settings(cell.corpus, cell.topics, cell.model)}
    peer = PEERS[cell.model]
    key |= {"settings": peer_settings(cell), "versions": {name: pinned()[name] for name in peer.packages}}
    return key | ({"adapter": peer.adapter} if peer.adapter > 1 else {})


def as_now(key: dict[str, Any]) -> dict[str, Any]:
    """A kept key with the settings that our models have been given since, at the values that say what they did before."""
    if key["model"] not in ours.MODELS:
        return key
    settings = Hyperparameters.from_dict(key["settings"]).to_dict()
    return {**key, "settings": json.loads(json.dumps(rounded(settings)))}


def kept(cell: Cell) -> dict[str, Any] | None:
    """The figures of a cell, if they are there and of the same key."""
    found = figures(cell)
    return found if found and as_now(found["key"]) == json.loads(json.dumps(rounded(key_of(cell)))) else None


def peers_python() -> str:
    """The Python of the peers' environment."""
    python = Path(os.environ.get("BENCH_PYTHON") or ROOT / ".venv-bench" / "bin" / "python")
    if not python.exists():
        sys.exit(
            f"{python} is not there: build the peers' environment with `make peers`, or leave peers out with --models"
        )
    return str(python)


def command(cell: Cell, answer: Path, core: int | None) -> list[str]:
    """The command that fits one cell."""
    own = cell.model in ours.MODELS
    pin = ["taskset", "-c", str(core)] if core is not None and shutil.which("taskset") else []
    program = [sys.executable, "-m", "bench.ours"] if own else [peers_python(), "-m", "bench.peers"]
    counts = str(problem_file(cell.corpus))
    told = [] if own else ["--settings", json.dumps(peer_settings(cell))]
    size = ["--topics", str(cell.topics), "--seed", str(cell.seed)]
    return [*pin, *program, cell.model, counts, str(answer), *size, *told]


@cache
def unigram_perplexity(corpus: str) -> float:
    """Perplexity of the training words' overall shares, which know nothing of topics: what any model has to beat."""
    task = task_of(corpus)
    shares = normalised(np.asarray(task.train.counts.sum(axis=0, dtype=np.float64)) + 0.5)
    second = completion(task)[1]
    return perplexities(mixture_nll(np.ones((second.shape[0], 1)), shares, second), second)[0]


def judged(answer: Answer, corpus: str) -> dict[str, Any]:
    """Every figure of an answer; of a second ranking the figures that it changes."""
    task = task_of(corpus)
    own, *others = answer.rankings.items()
    said = Said(own[1], answer.theta, answer.nll, answer.refined)
    names = np.asarray(task.train.vocabulary, dtype=object)
    found = {"scores": score(said, task), "variants": {name: topic_scores(words, task) for name, words in others}}
    return found | {"unigram": unigram_perplexity(corpus), "words": [" ".join(names[row[:10]]) for row in own[1]]}


def answer_file(cell: Cell, folder: str = "answers") -> Path:
    """Where the model's answer lies until it is scored, and after: a new scorer needs no new fit."""
    return CACHE / folder / f"{cell.task}-{cell.model}-{cell.seed}.npz"


def scored(cell: Cell, answer: Path) -> dict[str, Any]:
    """The figures of an answer."""
    said, took = read_answer(answer)
    return {"key": key_of(cell), "versions": took.pop("versions"), "took": took, **judged(said, cell.corpus)}


def run(cell: Cell, core: int | None = None, folder: str = "answers") -> dict[str, Any]:
    """Fit and score one cell; of a failure its last line."""
    answer = answer_file(cell, folder)
    answer.unlink(missing_ok=True)
    environment = os.environ | ONE_THREAD
    done = subprocess.run(command(cell, answer, core), cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode or not answer.exists():
        error = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1][:300]
        return {"key": key_of(cell), "error": error}
    return scored(cell, answer)


def score_again(cells: list[Cell]) -> None:
    """Figures of all kept cells whose answers are still there, by the scorer as it is now."""
    for cell in cells:
        found = kept(cell)
        if found and "error" not in found and answer_file(cell).exists():
            keep(cell, scored(cell, answer_file(cell)))


def line_of(cell: Cell, result: dict[str, Any]) -> str:
    """One line of progress."""
    head = f"{time.strftime('%H:%M:%S')} {cell.task} {cell.model} seed {cell.seed}"
    if "error" in result:
        return f"{head}: failed: {result['error']}"
    scores, took = result["scores"], result["took"]
    figures = "  ".join(f"{name} {scores[name]:.3f}" for name in ("npmi", "tu", "nmi", "purity"))
    return f"{head}: {figures}  ppl {scores['ppl']:.0f}  cpu {took['cpu_s'] + took.get('vectors_cpu_s', 0):.1f} s"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="", help="names after commas; default all")
    parser.add_argument("--only", default="", help="corpus-topics after commas, such as ng_seed-20")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="start no further cell after so long")
    parser.add_argument("--core", type=int, help="pin every fit to this core (where taskset is installed)")
    parser.add_argument("--redo", action="store_true", help="run cells again that are there")
    parser.add_argument("--rescore", action="store_true", help="score kept answers again, without a fit, and stop")
    parser.add_argument("--list", action="store_true", help="say what is there and what is missing, and stop")
    return parser.parse_args()


def chosen(given: argparse.Namespace) -> list[Cell]:
    """The cells that the command line asks for, in order."""
    models, only = (set(filter(None, text.split(","))) for text in (given.models, given.only))
    cells = list(all_cells(tuple(int(seed) for seed in given.seeds.split(","))))
    if unknown := models - {cell.model for cell in cells} | only - {c.task for c in cells}:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join([*OURS, *CLASSICAL, *NEURAL])}")
    return [c for c in cells if (not models or c.model in models) and (not only or c.task in only)]


def main() -> int:
    given = arguments()
    cells, began = chosen(given), time.monotonic()
    if given.rescore:
        score_again(cells)
        tables.write_all()
        return 0
    missing = cells if given.redo else [cell for cell in cells if kept(cell) is None]
    print(f"{len(cells)} cells, {len(cells) - len(missing)} there, {len(missing)} to run", flush=True)
    if given.list:
        print(*(" ".join(map(str, cell)) for cell in missing), sep="\n")
        return 0
    try:
        for cell in missing:
            if time.monotonic() - began > 60 * given.minutes:
                print("time is up; call again to go on")
                break
            result = run(cell, given.core)
            keep(cell, result)
            print(line_of(cell, result), flush=True)
    finally:
        tables.write_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
