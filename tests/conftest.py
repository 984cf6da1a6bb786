"""Shared fixtures. Tests marked `data` need data sets; where those are missing they are skipped, or fail with `CI`."""

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.data import missing_data  # noqa: E402


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs absent data; with CI nothing is skipped, so that the gap is a failure."""
    needing = [item for item in items if item.get_closest_marker("data")]
    if not needing or os.environ.get("CI"):
        return
    if missing := missing_data():
        skip = pytest.mark.skip(reason=f"missing data: {', '.join(missing)} (make data fetches them)")
        for item in needing:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def worker():
    """Another process that works on what it is given, as scikit-learn's and a sweep's do."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="session")
def newsgroups():
    """The 20 Newsgroups corpus (use with the `data` mark)."""
    if missing := missing_data():
        pytest.fail(f"missing data: {', '.join(missing)} (make data fetches them)")
    from ntm_widgets.data.corpus import load_corpus

    return load_corpus("20newsgroups")


@pytest.fixture(scope="session")
def pydocs():
    """The embedded corpus: docstrings of the installed base packages."""
    from ntm_widgets.data.corpus import load_corpus

    return load_corpus("pydocs")


@pytest.fixture(scope="session")
def tiny_bow(pydocs):
    """A document–term matrix of about 400 documents spread over all of pydocs; needs no NLTK data."""
    from ntm_widgets.data.vectorize import BowVectorizer

    few = pydocs[:: max(1, len(pydocs) // 400)]
    return BowVectorizer(vocab_size=500, tokenizer="regex").fit_transform(few)
