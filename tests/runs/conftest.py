"""Documents, a folder and a finished run for the tests of runs; none leaves a training behind."""

import threading
from pathlib import Path

import numpy as np
import pytest
from run_support import SMALL

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.runs import Run, start_run


@pytest.fixture(scope="module")
def bow() -> BagOfWords:
    """200 documents of three kinds over 30 words."""
    random = np.random.default_rng(0)
    rates = np.kron(np.eye(3), np.full(10, 1.5)) + 0.1
    return BagOfWords(random.poisson(rates[np.arange(200) % 3]), [f"word{column}" for column in range(30)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ntm_runs"


@pytest.fixture(autouse=True)
def nothing_left_running():
    """No test leaves a training behind."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("training "):
            thread.join(1)
            assert not thread.is_alive(), f"{thread.name} still runs"


@pytest.fixture
def finished(folder: Path, bow: BagOfWords) -> Run:
    return start_run(NTM(**SMALL, epochs=1), bow, folder=folder, background=False)
