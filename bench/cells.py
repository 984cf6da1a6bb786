"""The cells of the comparison: which models, corpora, numbers of topics and seeds there are, and where their figures are kept."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
CELLS = RESULTS / "cells"
SEEDS = (0, 1, 2, 3, 4)
TASKS = (("ng_seed", 20), ("ng_official", 50), ("subjects", 20), ("pydocs", 20), ("ng_official", 100))
OURS = ("best", "best_mix", "sagemaker")
CLASSICAL = ("tomotopy", "gensim", "sklearn_online", "sklearn_batch")
NEURAL = ("ecrtm", "prodlda", "fastopic", "etm")


class Cell(NamedTuple):
    """One fit: a corpus, a number of topics, a model and a seed."""

    corpus: str
    topics: int
    model: str
    seed: int

    @property
    def task(self) -> str:
        """Corpus and number of topics in one word, such as `ng_seed-20`."""
        return f"{self.corpus}-{self.topics}"

    @property
    def name(self) -> str:
        """The cell in one word, such as `ng_seed-20/tomotopy-0`."""
        return f"{self.task}/{self.model}-{self.seed}"

    @property
    def path(self) -> Path:
        """Where its figures are kept."""
        return CELLS / f"{self.name}.json"


def all_cells(seeds: tuple[int, ...] = SEEDS) -> Iterator[Cell]:
    """Every cell, cheap and important ones first: quick models with all seeds, then the slow ones seed after seed."""
    for models in ((*OURS, *CLASSICAL), NEURAL):
        for seed, (corpus, topics), model in itertools.product(seeds, TASKS, models):
            yield Cell(corpus, topics, model, seed)


def figures(cell: Cell) -> dict[str, Any] | None:
    """What is kept of a cell: `key`, `versions`, `took`, `scores`, `variants`, `words`; or `key` and `error`."""
    return json.loads(cell.path.read_text(encoding="utf-8")) if cell.path.exists() else None


def rounded(value: Any) -> Any:
    """Numbers to six digits, so that files stay small and readable."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return float(f"{value:.6g}") if isinstance(value, float) else value


def write_text(path: Path, text: str) -> None:
    """A file under its final name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def keep(cell: Cell, result: dict[str, Any]) -> None:
    """Write the figures of a cell."""
    write_text(cell.path, json.dumps(rounded(result), indent=1, ensure_ascii=False) + "\n")
