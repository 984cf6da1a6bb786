"""Importing, the first widget, what is shipped, and what is left after closing (U1, U2, U3, U19)."""

import gzip
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.imports import medians
from bench.ui.goals import Figure
from bench.ui.lab import Stopwatch

ROOT = Path(__file__).resolve().parents[2]
FIRST = """import time, json; began = time.time()
import ntm_widgets
from ntm_widgets.ui.topic_browser import TopicBrowser
imported = time.time(); first = TopicBrowser(); display(first)
print(json.dumps({"began": began, "built": time.time() - imported}))"""
AGAIN = """import time, json; began = time.time()
second = TopicBrowser(); display(second)
print(json.dumps({"began": began, "built": time.time() - began}))"""
STUDIO = """import time, json; print(json.dumps({"began": time.time()}))
%load_ext ntm_widgets
%ntm studio"""


def u1() -> Iterator[Figure]:
    """Import times of fresh interpreters."""
    times = medians(5)
    base, ours = list(times.values())[1:]
    yield Figure("U1", "import ntm_widgets above import anywidget, numpy", ours - base, "ms", 150)


def u2(lab: Stopwatch) -> Iterator[Figure]:
    """From the import to a widget that answers, in a fresh kernel and again."""
    lab.run(FIRST, AGAIN)
    lab.page.wait_for_timeout(1500)
    states = [one["at"] for one in lab.seen("ntm-topics") if one["data"].get("state") not in (None, "loading")]
    first, second = lab.printed(0), lab.printed(1)
    cold = min(at for at in states if at >= first["began"]) - first["began"]
    warm = min(at for at in states if at >= second["began"]) - second["began"]
    yield Figure("U2", "import to first widget interactive, cold", cold, "s", 1.5)
    yield Figure("U2", "second widget interactive, warm", warm, "s", 0.5)
    yield Figure("U2", "second widget built in the kernel", 1000 * second["built"], "ms", 50)
    lab.run(STUDIO)
    lab.page.wait_for_timeout(1500)
    began = lab.printed(0)["began"]
    open_at = [one["at"] for one in lab.seen("ntm-docs") if one["data"].get("state") and one["at"] >= began]
    yield Figure("U2", "%load_ext and %ntm studio to its first step, cold", min(open_at) - began, "s", 1.5)


def u3(lab: Stopwatch) -> Iterator[Figure]:
    """Everything that is shipped for the browser, each file compressed by itself."""
    files = [file for file in (ROOT / "ntm_widgets" / "static").glob("*") if file.suffix in (".js", ".css")]
    for file in sorted(files):
        print(f"     {file.name:28}{len(gzip.compress(file.read_bytes())) / 1000:8.1f} kB", file=sys.stderr)
    total = sum(len(gzip.compress(file.read_bytes())) for file in files)
    yield Figure("U3", "all JavaScript and CSS of ours, gzipped", total / 1000, "kB", 250)
    yield Figure("U3", "requests of the page to other hosts so far", len(lab.outside), "", 0)


def u19() -> Iterator[Figure]:
    """Each panel without data, fifty times, in this process."""
    sys.path[:0] = [str(ROOT / "tests")]
    from leaks import leaks

    from ntm_widgets.ui.query_panel import QueryPanel
    from ntm_widgets.ui.topic_browser import TopicBrowser
    from ntm_widgets.ui.training_panel import TrainingPanel
    from ntm_widgets.ui.words_panel import VectorizerPanel

    panels: list[Callable[[], Any]] = [VectorizerPanel, TrainingPanel, TopicBrowser, QueryPanel]
    for panel in panels:
        left = leaks(panel)
        if left:
            print(f"     {panel.__name__} leaves {', '.join(left)}", file=sys.stderr)
        yield Figure("U19", f"{panel.__name__} 50 × made and closed: kinds of things left", len(left), "", 0)
