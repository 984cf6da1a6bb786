"""What several tests use: files with content, hostile text, mails, errors of one line, waiting."""

import json
import random
import time
from pathlib import Path

import pytest

HOSTILE = "<img src=x onerror=window.ntmBroken=1></script><script>window.ntmBroken='x'</script> & \"quotes\""  # in a page, nothing sets it

THEMES = ["hockey team games goal season player", "space nasa orbit launched rockets moon", "key chip code secure privacy crypto"]


def mails(number: int = 300, seed: int = 0, extra: str = " the was edu line us") -> list[str]:
    """Texts of forty words, each of one theme."""
    rng = random.Random(seed)
    return [" ".join(rng.choices((rng.choice(THEMES) + extra).split(), k=40)) for _ in range(number)]


def until(condition, process=None, seconds: float = 30) -> None:
    """Wait until `condition()`; fail after a while, or if `process` ends before."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


def write(folder: Path, contents: dict[str, str | bytes]) -> Path:
    """Write files below a folder and return the folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def one_line(error: pytest.ExceptionInfo) -> str:
    """The message, which must be one line."""
    text = str(error.value)
    assert "\n" not in text and text
    return text


def sweep_folder(path: Path, settings: dict[str, dict], scores: dict[str, dict], window: int | None = None) -> Path:
    """A sweep's folder as `Sweep.open` reads it, without a model being trained; returns the folder."""
    documents = {"fingerprint": "0", "name": "", "documents": 90, "words": 20, "bare": False}
    plan = {"format": 1, "window": window, "data": documents, "validation": documents, "cells": settings}
    contents = {"sweep.json": json.dumps(plan)}
    contents |= {f"{name}/scores.json": json.dumps({"format": 1, **score}) for name, score in scores.items()}
    return write(path, contents)


def made_scores(K, seed, word="word"):
    """A cell's scores that follow from its settings."""
    measures = {
        "npmi": 0.1 + K / 100 + seed / 50,
        "uniqueness": 1 - K / 200,
        "diversity": 0.9,
        "perplexity": 900 - K - seed,
    }
    measures |= {"nmi": None, "purity": None, "topics in use": K, "seconds": 1.0}
    words = [[f"{word}{k}_{i}" for i in range(10)] for k in range(K)]
    return {"status": "done", "measures": measures, "words": words, "coherence": [k / K for k in range(K)]}


def made_sweep(folder, num_topics=(5, 10, 20), seeds=3, word="word", **others):
    """A sweep read from a folder that was written without training."""
    from ntm_widgets.runs.cells import cell_name, grid_settings
    from ntm_widgets.runs.sweep import Sweep

    cells = {cell_name(cell): cell for cell in grid_settings(list(num_topics), seeds, others)}
    scores = {name: made_scores(cell["num_topics"], cell["seed"], word) for name, cell in cells.items()}
    return Sweep(sweep_folder(folder, cells, scores))
