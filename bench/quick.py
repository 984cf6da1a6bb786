"""One seed of our model and the quick peers, and whether the committed table still holds: `make bench`, some minutes.

Runs the same cells as `bench.full` (scikit-learn, gensim and tomotopy beside ours) without keeping them, prints a table
a corpus, and says what lies outside the committed mean ± 3 standard deviations (at least ± the tolerance of the
measure). Exit code 1 if anything of ours does, or a claim about the recipe fails.
"""

import argparse
import sys
import time

from bench import tables
from bench.cells import RESULTS, SEEDS, Cell, figures
from bench.full import fingerprint, run
from bench.tables import MEASURES, OWN, ROWS, Table, Value, claims, text_of

TASKS = (("ng_seed", 20), ("ng_official", 50), ("subjects", 20), ("pydocs", 20))
MODELS = ("best", "best_mix", "tomotopy", "gensim", "sklearn_online")
TOLERANCE = {"npmi": 0.01, "tu": 0.02, "nmi": 0.015, "purity": 0.02, "ppl": 0.02}
SHOWN = ("npmi", "tu", "nmi", "purity", "ppl", "ppl_refined", "cpu_s", "rss_mb")


def drift(value: float, committed: Value, name: str) -> bool:
    """Whether one seed lies outside the committed spread; the tolerance of perplexity is a share."""
    least = TOLERANCE[name] * (committed.mean if name == "ppl" else 1)
    spread = 3 * committed.sd if committed.seeds > 1 else 0
    return abs(value - committed.mean) > max(spread, least)


def drifts(measured: Table, committed: Table) -> list[str]:
    """A line for every measure that left the committed spread."""
    lines = []
    for row in measured.keys() & committed.keys():
        for name in TOLERANCE.keys() & measured[row].keys():
            value, known = measured[row][name], committed[row][name]
            if drift(value.mean, known, name):
                places = MEASURES[name].places
                lines.append(
                    f"{row} {MEASURES[name].title}: {value.mean:.{places}f}, committed {text_of(known, places)}"
                )
    return sorted(lines)


def shown(task: str, table: Table) -> str:
    """A table of plain text."""
    head = f"{task:44}" + "".join(f"{MEASURES[name].title:>11}" for name in SHOWN)
    lines = [head]
    for row, values in table.items():
        cells = (f"{values[name].mean:,.{MEASURES[name].places}f}" if name in values else "" for name in SHOWN)
        label = ROWS[row].replace("*", "").replace("\\", "")[:44]
        lines.append(f"{label:44}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines)


def measured_table(corpus: str, topics: int, seed: int) -> Table:
    """Run all models on one task."""
    cells = {}
    for model in MODELS:
        result = run(Cell(corpus, topics, model, seed), folder="quick")
        if "error" in result:
            print(f"{corpus}-{topics} {model} failed: {result['error']}", flush=True)
        else:
            cells[f"{corpus}-{topics} {model}"] = [result]
    return tables.tables_of(cells).get(f"{corpus}-{topics}", {})


def committed_table(corpus: str, topics: int) -> Table:
    """The committed table, if it was measured on the same data; else an empty one."""
    known = [figures(Cell(corpus, topics, model, seed)) for model in MODELS for seed in SEEDS]
    if any(cell and cell["key"]["data"] != fingerprint(corpus) for cell in known):
        print(f"{corpus}: other documents than the committed figures were measured on; no comparison")
        return {}
    return tables.tables_of(tables.read_cells()[0]).get(f"{corpus}-{topics}", {})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="tasks after commas, such as subjects-20")
    given = parser.parse_args()
    began, bad = time.monotonic(), False
    for corpus, topics in TASKS:
        task = f"{corpus}-{topics}"
        if given.only and task not in given.only.split(","):
            continue
        table = measured_table(corpus, topics, given.seed)
        print(f"\n{shown(task, table)}")
        if "best" in table:
            said = claims(table)
            print("  the recipe: " + "; ".join(f"{claim}: {'yes' if true else 'NO'}" for claim, true in said.items()))
            bad |= not all(said.values())
        found = drifts(table, committed_table(corpus, topics))
        print("\n".join(f"  drift: {line}" for line in found) or "  no drift from the committed table", flush=True)
        bad |= any(line.split()[0] in OWN for line in found)
    print(
        f"\n{time.monotonic() - began:.0f} s; committed table: {(RESULTS / 'quality.md').relative_to(RESULTS.parent.parent)}"
    )
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
