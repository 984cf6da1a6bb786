"""Showing and closing a widget leaves nothing behind (goal U19)."""

import gc
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from typing import Any

from ipywidgets.widgets.widget import _instances  # the open widgets by their comm


def show_and_close(make: Callable[[], Any]) -> None:
    """Make a widget, do what displaying it does in the kernel, and close it."""
    widget = make()
    widget._repr_mimebundle_()
    getattr(widget, "plain", str)()
    widget.close()


def settled_threads(before: set[threading.Thread], seconds: float = 3.0) -> list[str]:
    """Names of the threads that were not there before, once those that are about to end have ended."""
    end = time.monotonic() + seconds
    while (new := set(threading.enumerate()) - before) and time.monotonic() < end:
        time.sleep(0.05)
    return sorted(thread.name for thread in new)


def leaks(make: Callable[[], Any], times: int = 50) -> list[str]:
    """What is left after a widget was made, shown and closed `times` times; assert that it is []."""
    for _ in range(3):
        show_and_close(make)
    gc.collect()
    open_before, threads = set(_instances), set(threading.enumerate())
    traced = max(times // 5, 1)  # tracing takes long, and what is lost is lost each time
    for _ in range(times - traced):
        show_and_close(make)
    gc.collect()
    tracemalloc.start()
    for _ in range(traced):
        show_and_close(make)
    left = [f"thread {name}" for name in settled_threads(threads)]
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    still_open = Counter(type(_instances[key]).__name__ for key in set(_instances) - open_before)
    left += [f"{number} open {name}" for name, number in still_open.items()]
    return left + ([f"{grown * times / traced / 1e6:.1f} MB"] if grown * times > 10e6 * traced else [])
