"""Goals, what was measured for them, and the table."""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Figure(NamedTuple):
    """One number measured for a goal: `limit` is the most it may be, or the least where `least` is set."""

    goal: str
    what: str
    value: float
    unit: str
    limit: float | None = None
    least: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the number keeps its limit; None if it has none."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.least else self.value <= self.limit


Measurement = Callable[..., Iterable[Figure]]


def p95(values: Iterable[float]) -> float:
    """95th percentile; NaN of nothing."""
    found = list(values)
    return float(np.percentile(found, 95)) if found else float("nan")


def number(value: float) -> str:
    """At most three significant digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(figure: Figure) -> str:
    """One row of the table."""
    sign = "≥" if figure.least else "≤"
    limit = "" if figure.limit is None else f"{sign} {number(figure.limit)}"
    verdict = {True: "met", False: "NOT MET", None: ""}[figure.met]
    return f"{figure.goal:5}{figure.what:66}{number(figure.value):>10} {figure.unit:11}{limit:>9}  {verdict}"


def free_share(seconds: float = 0.5) -> float:
    """The share of a core that a thread gets on this machine now: 1 on an idle one."""
    began, cpu = time.perf_counter(), time.thread_time()
    while time.perf_counter() - began < seconds:
        pass
    return (time.thread_time() - cpu) / (time.perf_counter() - began)
