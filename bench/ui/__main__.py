"""Goals of the front ends, measured: `python -m bench.ui [U3 U4 …]`, all of them without names.

Needs Chromium and the development packages. A goal that could not be measured says why; the exit code is 1 if a goal is
not met or not measured. Before each goal the share of a core that a thread gets is taken: below one the machine is busy with
something else, and times are upper bounds.
"""

import sys
from collections.abc import Callable, Iterable

from bench.ui import clouds, leaving, memory, reading, start, topics, training
from bench.ui.goals import Figure, free_share, line
from bench.ui.lab import Stopwatch, started

ALONE: dict[str, Callable[[], Iterable[Figure]]] = {"U1": start.u1, "U8": memory.u8, "U17": reading.u17, "U19": start.u19}
IN_LAB: list[tuple[Callable[[Stopwatch], object] | None, dict[str, Callable[[Stopwatch], Iterable[Figure]]]]] = [
    (None, {"U2": start.u2}),
    (None, {"U4": training.u4, "U7": training.u7, "U8": training.u8, "U6": training.u6}),
    (None, {"U7": training.u7_restarted}),
    (None, {"U5": training.u5}),
    (None, {"U20": training.u20}),
    (None, {"U9": topics.u9}),
    (topics.big_model, {"U10": topics.u10, "U11": topics.u11, "U12": topics.u12, "U13": topics.u13}),
    (None, {"U12": clouds.u12_in_page}),
    (None, {"U18": reading.u18}),
    (None, {"U19": leaving.u19_in_page}),
    (None, {"U3": start.u3}),
]
NEEDS = {"U6": "U4", "U7": "U4", "U8": "U4", "U11": "U10", "U12": "U10", "U13": "U10"}


def report(goal: str, measure: Callable[[], Iterable[Figure]]) -> bool:
    """Print what is measured for a goal; whether all of it keeps its limits."""
    kept, share = True, free_share()
    if share < 0.9:
        print(f"     a thread gets {100 * share:.0f} % of a core: upper bounds", flush=True)
    try:
        for figure in measure():
            print(line(figure), flush=True)
            kept = kept and figure.met is not False
    except Exception as error:  # noqa: BLE001  (the other goals are measured all the same)
        print(f"{goal:5}not measured: {' '.join(str(error).split())[:200]}", flush=True)
        return False
    return kept


def main(names: list[str]) -> int:
    """Measure the named goals, or all."""
    known = {*ALONE, *(goal for _, goals in IN_LAB for goal in goals)}
    if unknown := sorted(set(names) - known):
        raise SystemExit(f"No goal is called {', '.join(unknown)}; there are {', '.join(sorted(known, key=lambda goal: int(goal[1:])))}.")
    wanted = {*names, *(NEEDS[name] for name in names if name in NEEDS)} or known
    kept = [report(goal, measure) for goal, measure in ALONE.items() if goal in wanted]
    for prepare, goals in IN_LAB:
        chosen = {goal: measure for goal, measure in goals.items() if goal in wanted}
        if not chosen:
            continue
        with started() as lab:
            if prepare is not None and not report("", lambda lab=lab, prepare=prepare: prepare(lab) or ()):
                kept.append(False)
                continue
            kept += [report(goal, lambda lab=lab, measure=measure: measure(lab)) for goal, measure in chosen.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
