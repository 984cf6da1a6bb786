"""The committed cells as tables and a plot: `python -m bench.tables` writes `quality.md`, `quality.json`, `quality.svg`.

Every row is a mean ± standard deviation over seeds. Nothing is written here that is not read from a cell.
"""

import itertools
import json
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from bench.cells import RESULTS, SEEDS, TASKS, Cell, all_cells, figures, write_text

RECIPE = "best"
ROWS = {
    "best": "**ntm_widgets, best**",
    "best_mix": "ntm_widgets, best, mix",
    "best:plain": "ntm_widgets, best, words by probability (λ = 1)",
    "sagemaker": "ntm_widgets, sagemaker",
    "tomotopy": "tomotopy LDA (Gibbs)",
    "tomotopy:reranked": "tomotopy LDA, words by p(w\\|k) p(k\\|w)",
    "gensim": "gensim LDA",
    "sklearn_online": "scikit-learn LDA, online",
    "sklearn_batch": "scikit-learn LDA, batch",
    "ecrtm": "TopMost ECRTM",
    "prodlda": "TopMost ProdLDA",
    "etm": "TopMost ETM",
    "fastopic": "FASTopic, LSA vectors",
}
OWN = ("best", "best_mix", "best:plain", "sagemaker")


class Measure(NamedTuple):
    """A column: what it is called, how it is written, and which end is better (+1, −1, 0 = neither)."""

    title: str
    places: int
    better: int


MEASURES = {
    "npmi": Measure("NPMI", 3, 1),
    "c_v": Measure("C_V", 3, 1),
    "tu": Measure("TU", 3, 1),
    "td": Measure("TD", 3, 1),
    "nmi": Measure("NMI", 3, 1),
    "purity": Measure("purity", 3, 1),
    "ppl": Measure("perplexity", 0, -1),
    "ppl_refined": Measure("refined", 0, -1),
    "ppl_doc": Measure("by document", 0, -1),
    "ppl_refined_doc": Measure("refined by document", 0, -1),
    "used": Measure("in use", 1, 0),
    "stable": Measure("stability", 2, 1),
    "cpu_s": Measure("CPU s", 1, -1),
    "cold_cpu_s": Measure("cold", 1, 0),
    "rss_mb": Measure("MB", 0, 0),
    "passes": Measure("passes", 0, 0),
}


class Value(NamedTuple):
    """Mean, standard deviation (NaN for one seed) and number of seeds."""

    mean: float
    sd: float
    seeds: int


Table = dict[str, dict[str, Value]]
Cells = dict[str, list[dict[str, Any]]]


def overlap(first: list[str], second: list[str]) -> float:
    """Mean Jaccard similarity of the ten words of topics, paired one to one for the largest sum."""
    sets = [[set(topic.split()) for topic in topics] for topics in (first, second)]
    jaccard = np.array([[len(a & b) / len(a | b) for b in sets[1]] for a in sets[0]])
    return float(jaccard[linear_sum_assignment(-jaccard)].mean())


def spread(values: Iterable[float]) -> Value:
    """Mean and standard deviation of some seeds."""
    array = np.array(list(values), dtype=np.float64)
    return Value(float(array.mean()), float(array.std(ddof=1)) if array.size > 1 else float("nan"), array.size)


def row_of(found: list[dict[str, Any]], variant: str) -> dict[str, Value]:
    """All measures of one model over its seeds; a variant ranking replaces the figures of its words."""
    seeds = []
    for cell in found:
        took = {name: cell["took"][name] for name in ("cpu_s", "cold_cpu_s", "rss_mb") if name in cell["took"]}
        took["cpu_s"] += cell["took"].get("vectors_cpu_s", 0)
        took["passes"] = cell["took"].get("passes") or cell["key"]["settings"]["passes"]
        seeds.append(cell["scores"] | took | (cell["variants"][variant] if variant else {}))
    row = {name: spread(seed[name] for seed in seeds) for name in MEASURES if name in seeds[0]}
    if len(found) > 1 and not variant:
        row["stable"] = spread(overlap(a["words"], b["words"]) for a, b in itertools.combinations(found, 2))
    return row


def read_cells(listed: Iterable[str] | None = None) -> tuple[Cells, dict[str, str]]:
    """The good cells by task and model, in the order of their seeds, and what stopped a fit that failed; all, or those named."""
    cells: Cells = {}
    failed, names = {}, None if listed is None else set(listed)
    for cell in all_cells():
        found = figures(cell) if names is None or cell.name in names else None
        if found and "error" in found:
            failed[cell.name] = found["error"]
        elif found:
            cells.setdefault(f"{cell.task} {cell.model}", []).append(found)
    return cells, failed


def cells_of_the_tables() -> tuple[Cells, dict[str, str]]:
    """The cells that the written tables were made from; a run may have left more since."""
    return read_cells(json.loads((RESULTS / "quality.json").read_text(encoding="utf-8"))["cells"])


def tables_of(cells: Cells) -> dict[str, Table]:
    """The table of every task that has cells."""
    tables: dict[str, Table] = {}
    for corpus, topics in TASKS:
        task, table = f"{corpus}-{topics}", {}
        for name in ROWS:
            model, _, variant = name.partition(":")
            found = cells.get(f"{task} {model}", [])
            if found and (not variant or variant in found[0]["variants"]):
                table[name] = row_of(found, variant)
        if table:
            tables[task] = table
    return tables


def coverage(cells: Cells, failed: dict[str, str]) -> list[str]:
    """How many seeds of every cell were run, as a Markdown table: what is missing."""
    tasks, models = [f"{corpus}-{topics}" for corpus, topics in TASKS], [row for row in ROWS if ":" not in row]
    lines = [
        "## What was run",
        "",
        f"{sum(map(len, cells.values()))} of {len(tasks) * len(models) * len(SEEDS)} cells:",
        "",
    ]
    lines += [f"| seeds of {len(SEEDS)} | {' | '.join(tasks)} |", "|---" * (len(tasks) + 1) + "|"]
    for model in models:
        counts = (len(cells.get(f"{task} {model}", [])) for task in tasks)
        lines.append(f"| {ROWS[model]} | {' | '.join(str(n) if n else '**none**' for n in counts)} |")
    return [*lines, "", *(f"- failed: {name}: {why}" for name, why in failed.items())]


def text_of(value: Value, places: int) -> str:
    """Mean ± standard deviation."""
    mean = f"{value.mean:,.{places}f}"
    return mean if np.isnan(value.sd) else f"{mean} ± {value.sd:,.{places}f}"


def best_of(table: Table, name: str) -> str | None:
    """The row with the best mean of a measure."""
    rows = {row: values[name].mean for row, values in table.items() if name in values}
    sign = MEASURES[name].better
    return max(rows, key=lambda row: sign * rows[row]) if sign and rows else None


def markdown(table: Table, among: Iterable[str] = MEASURES) -> list[str]:
    """One task as a Markdown table of some measures, the best of every column in bold."""
    names = [name for name in among if any(name in row for row in table.values())]
    best = {name: best_of(table, name) for name in names}
    titles = [MEASURES[name].title for name in names]
    lines = [f"| model | {' | '.join(titles)} | seeds |", "|---" * (len(names) + 2) + "|"]
    for row, values in table.items():
        texts = []
        for name in names:
            text = text_of(values[name], MEASURES[name].places) if name in values else ""
            texts.append(f"**{text}**" if best[name] == row else text)
        lines.append(f"| {ROWS[row]} | {' | '.join(texts)} | {values['npmi'].seeds} |")
    return lines


def ahead(a: Value, b: Value, sign: int) -> float:
    """How far `a` is ahead of `b`, in standard errors of the difference (NaN where one has a single seed)."""
    error = np.hypot(a.sd / np.sqrt(a.seeds), b.sd / np.sqrt(b.seeds))
    return float(sign * (a.mean - b.mean) / error)


def behind(table: Table) -> list[str]:
    """Where a peer's mean is better than the recipe's, worst first."""
    ours, lines = table[RECIPE], []
    peers = {row: values for row, values in table.items() if row not in OWN}
    for name, measure in MEASURES.items():
        values = {row: peer[name] for row, peer in peers.items() if name in peer}
        if not measure.better or not values or name not in ours:
            continue
        best = max(values, key=lambda row: measure.better * values[row].mean)
        if measure.better * (values[best].mean - ours[name].mean) > 0:
            distance = ahead(values[best], ours[name], measure.better)
            clear = "one seed" if np.isnan(distance) else f"{distance:.0f} standard errors"
            figures_ = f"{text_of(values[best], measure.places)} against {text_of(ours[name], measure.places)}"
            lines.append(f"{measure.title}: {ROWS[best]} {figures_} ({clear})")
    return lines


def claims(table: Table) -> dict[str, bool]:
    """What the recipe is to be: first in NPMI and NMI, distinct, and the fastest at its quality."""
    ours = {name: value.mean for name, value in table[RECIPE].items()}
    peers = [{name: value.mean for name, value in values.items()} for row, values in table.items() if row not in OWN]
    near = [peer for peer in peers if peer["npmi"] > ours["npmi"] - 0.05]
    return {
        "first in NPMI": all(peer["npmi"] < ours["npmi"] for peer in peers),
        "first in NMI": all(peer["nmi"] < ours["nmi"] for peer in peers),
        "TU at least .90": ours["tu"] >= 0.9,
        "TU not behind a peer whose NPMI is within .05": all(peer["tu"] <= ours["tu"] for peer in near),
        "fastest among those within .05 NPMI": all(peer["cpu_s"] > ours["cpu_s"] for peer in near),
    }


FLOORS = {
    "ng_seed-20": {"npmi": 0.23, "tu": 0.99, "nmi": 0.60, "purity": 0.58, "ppl_doc": 744, "ppl_refined_doc": 724, "cpu_s": 2},
    "ng_official-50": {"npmi": 0.21, "tu": 0.93, "nmi": 0.46, "ppl": 1530, "ppl_refined": 1446, "cpu_s": 8},
    "ng_official-100": {"npmi": 0.16, "tu": 0.90},
}


WHY_FLOORS = {
    "ng_seed-20": "The floors of perplexity are those by document. Over all tokens a few posts that repeat a handful of words thousands of "
    "times decide, and which part they fall into depends on the cut: a floor set on another cut is met by gensim and scikit-learn here, "
    "and so says nothing."
}


def floors(task: str, table: Table) -> list[str]:
    """The recipe against the floors set for a task; met when the mean reaches it within one standard error."""
    lines = []
    for name, floor in FLOORS.get(task, {}).items():
        value, measure = table[RECIPE][name], MEASURES[name]
        error = 0 if np.isnan(value.sd) else value.sd / np.sqrt(value.seeds)
        met = measure.better * (value.mean - floor) + error >= 0
        lines.append(f"{measure.title} {floor:g}: {text_of(value, measure.places)}, {'met' if met else '**not met**'}")
    return lines


def absent(table: Table) -> list[str]:
    """A line that names the peers without a figure, which no claim covers; none if all were run."""
    names = [ROWS[row] for row in ROWS if row not in OWN and ":" not in row and row not in table]
    return [f"**Not measured here yet, so no claim covers them:** {', '.join(names)}."] if names else []


def yardstick(task: str, cells: Cells) -> str:
    """The perplexity without any topics."""
    value = next(group[0]["unigram"] for name, group in cells.items() if name.split()[0] == task)
    return f"Perplexity of the overall word frequencies, without topics: {value:,.0f}."


def section(task: str, table: Table, cells: Cells) -> list[str]:
    """The part of `quality.md` on one task."""
    corpus, topics = task.rsplit("-", 1)
    lines = [f"## {corpus}, K = {topics}", "", *markdown(table), "", yardstick(task, cells), ""]
    if RECIPE not in table:
        return [*lines, "The recipe was not run here yet.", ""]
    said = "; ".join(f"{claim}: {'yes' if true else '**no**'}" for claim, true in claims(table).items())
    lines += [f"The recipe, among what was run: {said}.", *absent(table), ""]
    worse = behind(table)
    lines += (
        ["**Behind a peer** in", "", *(f"- {line}" for line in worse)] if worse else ["Behind no peer in any measure."]
    )
    if found := floors(task, table):
        lines += ["", "Floors: " + "; ".join(found) + ".", *filter(None, [WHY_FLOORS.get(task)])]
    return [*lines, ""]


INTRODUCTION = """# Quality and seconds, ours and peers'

Written by `python -m bench.tables` from the cells that `make bench-full` keeps in `cells/`; the same figures are in
`quality.json`. Mean ± standard deviation over seeds; bold is the best mean of a column. Same counts, same split, same
scorer (`bench/scorer.py`) for all.

- Machine: 2 cores, no accelerator. Every fit in a process of its own, one thread, processor seconds. Cells were
  run over several days on machines of one kind, which did other work meanwhile: the same fit may take twice the seconds
  elsewhere, so read seconds as orders of magnitude. Ours: second fit of a process (cold: the first), from counts
  to model. Peers: the training call alone, without putting the counts into their format, but with the word or document
  vectors that they need.
- NPMI and C_V of the ten first words on the training documents, gensim's counting, window 10 and 110; TU of ten words, TD
  of 25. NMI and purity: heaviest topic of each test document against its label. Perplexity by document completion over
  all tokens, θ as each package infers it; *refined*: after our model's ten further steps a document; *by document*: mean
  over documents first. In use: topics that are some test document's heaviest. Stability: mean Jaccard similarity of the
  ten words of topics paired between two seeds. MB: peak of the process, libraries included.
- tomotopy's second row is the same run with its words ranked by what ranks ours, p(w|k) and p(k|w), in equal parts; our
  λ = 1 row is the same run with words by plain probability. What a ranking changes is the words shown, not the model.
- Words that no training document has: each model gives them what it gives by itself, of tomotopy, which does not know
  them, the share of its prior η. An eighth of the scored words of `subjects` are such words, elsewhere hardly any is. So
  perplexity there depends much on how large a prior is, 1/K in gensim and scikit-learn, 0.01 in tomotopy, and ETM, where such
  words have zero vectors, gives them nearly the share of an average word.
- Passes: over the documents; sweeps of the Gibbs sampler. gensim makes ten instead of one and learns both priors. TopMost's
  models and FASTopic have 200 by default and fewer on `ng_official`, where that is out of reach here: those rows say how
  good they are after so many. ETM and ECRTM start from skip-gram vectors of the same texts, not from GloVe, and ECRTM has
  TopMost's defaults, not its paper's settings for 20 Newsgroups. FASTopic reads LSA vectors instead of a sentence
  encoder's: **not its published configuration**. Both packages run without torchvision, sentence-transformers and plotly,
  which they import for downloads, pretrained encoders and plots. OCTIS is not here: it needs Python 3.10.
- Our settings were chosen on validation documents (`python -m bench.choose` asks whether others near them are better), the peers'
  are their defaults but for what is said above.
"""


def versions(cells: Cells) -> str:
    """Versions of all packages that took part."""
    found = {part for group in cells.values() for cell in group for part in cell["versions"].split(", ")}
    return "Versions: " + ", ".join(sorted(found)) + "."


def written(cells: Cells, failed: dict[str, str]) -> dict[str, str]:
    """The text of `quality.md` and `quality.json`."""
    tables = tables_of(cells)
    lines = [INTRODUCTION, versions(cells), "", "![NPMI against processor seconds](quality.svg)", ""]
    for task, table in tables.items():
        lines += section(task, table, cells)
    lines += coverage(cells, failed)
    plain = {
        task: {row: {name: value._asdict() for name, value in values.items()} for row, values in table.items()}
        for task, table in tables.items()
    }
    keys = (cell["key"] for group in cells.values() for cell in group)
    names = [Cell(key["corpus"], key["topics"], key["model"], key["seed"]).name for key in keys]
    figures_ = {"cells": sorted([*names, *failed]), "tables": tidy(plain)}
    return {"quality.md": "\n".join(lines).rstrip() + "\n", "quality.json": json.dumps(figures_, indent=1) + "\n"}


def write_all() -> None:
    """Write the tables, the figures and the plot."""
    from bench.plot import draw

    cells, failed = read_cells()
    for name, text in written(cells, failed).items():
        write_text(RESULTS / name, text)
    draw(tables_of(cells), RESULTS / "quality.svg")


def tidy(value: Any) -> Any:
    """Numbers to six digits, NaN as null."""
    if isinstance(value, dict):
        return {name: tidy(one) for name, one in value.items()}
    if isinstance(value, float):
        return None if np.isnan(value) else float(f"{value:.6g}")
    return value


def main() -> int:
    write_all()
    print(f"written: quality.md, quality.json and quality.svg in {RESULTS.relative_to(RESULTS.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
