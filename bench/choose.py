"""The constants of the recipe on validation documents: is any value near the chosen one better?

    python -m bench.choose                     # some minutes; --seeds 0,1 is quicker, and chance looks like a gain more often
    python -m bench.choose --only ng_official-50,ng_official-100

One setting changes at a time, the others stay as the recipe has them. Models are trained on the training documents of a corpus
(`ng_seed` and `subjects` with 20 topics if none is named), and scored on the validation documents (`bench.corpora.development`)
by the scorer of the comparison; test documents are never read. A star marks the chosen value. Under the tables stand the values
that beat the chosen one in a measure on every seed, on average by more than the tolerance of `make bench`, with what they lose
in other measures.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from bench.corpora import Task, development
from bench.exchange import WORDS
from bench.quick import TOLERANCE
from bench.scorer import Said, completion, score
from bench.tables import MEASURES
from ntm_widgets.core.estimator import NTM
from ntm_widgets.core.inference import negative_log_likelihood, theta
from ntm_widgets.ui.train_settings import as_text

TASKS, SEEDS = ("ng_seed-20", "subjects-20"), (0, 1, 2, 3, 4)
GRID: dict[str, tuple[Any, ...]] = {
    "word_share": (0.0, 0.25, 0.5),
    "temperature": (3.5, 7.0, 14.0),
    "pseudo_count": (3.0, 10.0, 30.0),
    "alpha": (0.2, 0.45, 1.0),
    "vector_source": ("documents", "pairs"),
    "relevance": (0.0, 0.35, 0.7, 1.0),
    "exclusivity": (0.0, 0.5, 1.0),
    "epochs": (5, 10, 20),
}
SHOWN = ("npmi", "tu", "nmi", "purity", "ppl_doc")
LEAST = {name: TOLERANCE["ppl" if name.startswith("ppl") else name] for name in SHOWN}  # of perplexity a share


class Row(NamedTuple):
    """One value of one setting: whether the recipe has it, and its figures, (seeds, measures)."""

    setting: str
    value: Any
    chosen: bool
    scores: np.ndarray


def figures_of(task: Task, topics: int, seed: int, **changed: Any) -> list[float]:
    """The measures of one model on validation documents."""
    model = NTM(topics, device="cpu", threads=1, seed=seed, **changed).fit(task.train.counts)
    first, second = completion(task)
    nll = negative_log_likelihood(model.fitted_, theta(model.fitted_, first), second)
    found = score(Said(model.top_word_ids(WORDS), theta(model.fitted_, task.held_out.counts), nll), task)
    return [found[name] for name in SHOWN]


def values_of(setting: str, own: Any) -> tuple[Any, ...]:
    """The values of the grid, and the recipe's own where its rules give another for these documents."""
    known = GRID[setting]
    return known if own in known else tuple(sorted((*known, own)))


def rows_of(task: Task, topics: int, seeds: tuple[int, ...]) -> Iterator[Row]:
    """Every value of the grid; the chosen ones share one model a seed."""
    own = NTM(topics, device="cpu").trainer(task.train.counts).hyperparameters.to_dict()
    usual = np.array([figures_of(task, topics, seed) for seed in seeds])
    for setting in GRID:
        for value in values_of(setting, own[setting]):
            chosen = value == own[setting]
            scores = usual if chosen else np.array([figures_of(task, topics, seed, **{setting: value}) for seed in seeds])
            yield Row(setting, value, chosen, scores)


def ahead(row: Row, chosen: Row) -> tuple[list[str], list[str]]:
    """The measures in which a value beats the chosen one, and those in which it loses: on every seed, by more than the tolerance."""
    better, worse = [], []
    for place, name in enumerate(SHOWN):
        gains = MEASURES[name].better * (row.scores[:, place] - chosen.scores[:, place])
        least = LEAST[name] * (chosen.scores[:, place].mean() if name.startswith("ppl") else 1)
        means = (f"{one.scores[:, place].mean():,.{MEASURES[name].places}f}" for one in (row, chosen))
        text = f"{MEASURES[name].title} {' against '.join(means)}"
        if abs(gains.mean()) > least and (np.sign(gains) == np.sign(gains[0])).all():
            (better if gains[0] > 0 else worse).append(text)
    return better, worse


def line_of(row: Row) -> str:
    """A value with the means of its figures."""
    figures = "".join(f"{mean:13,.{MEASURES[name].places}f}" for name, mean in zip(SHOWN, row.scores.mean(axis=0), strict=True))
    return f"{row.setting:14} {as_text(row.value):>10}{'*' if row.chosen else ' '}{figures}"


def verdict(rows: list[Row]) -> list[str]:
    """What beats a chosen value, a line each."""
    chosen, lines = {row.setting: row for row in rows if row.chosen}, []
    for row in rows:
        better, worse = ahead(row, chosen[row.setting])
        if better:
            lines.append(f"better: {row.setting}={as_text(row.value)}: {'; '.join(better)}, but worse: {'; '.join(worse) or 'nothing'}")
    return lines or ["no value beats the chosen one in any measure"]


def main() -> None:
    """Print a table and a verdict for each corpus."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--only", default=",".join(TASKS), help="corpora with numbers of topics, as the cells of bench.full are called")
    given = parser.parse_args()
    seeds = tuple(int(seed) for seed in given.seeds.split(","))
    for name in given.only.split(","):
        corpus, topics = name.rsplit("-", 1)
        task, began, rows = development(corpus), time.process_time(), []
        print(f"{corpus}, {topics} topics, {len(task.held_out):,} validation documents, means of seeds {', '.join(map(str, seeds))}")
        print(f"{'setting':14} {'value':>10} {''.join(f'{MEASURES[name].title:>13}' for name in SHOWN)}")
        for row in rows_of(task, int(topics), seeds):
            rows.append(row)
            print(line_of(row), flush=True)
        print("\n".join(verdict(rows)))
        print(f"({time.process_time() - began:.0f} s of processor time)\n", flush=True)


if __name__ == "__main__":
    main()
