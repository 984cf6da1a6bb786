"""What several tests of runs use: a small model, another Python, waiting."""

import os
import subprocess
import sys
import textwrap
import time

from ntm_widgets.runs.runs import Run

SMALL = {"num_topics": 3, "seed": 1}


def python(code: str, *arguments: object) -> subprocess.Popen:
    """Start another Python on `code`, with `arguments` in sys.argv."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, text=True, env=environment, **pipes)


def wait_for_epoch(run: Run, epoch: int, seconds: float = 60) -> None:
    """Wait until a running run has done `epoch` epochs."""
    end = time.monotonic() + seconds
    while run.epoch < epoch and time.monotonic() < end:
        run.wait(0.01)
    assert run.epoch >= epoch


TRAIN = """
    import sys
    from ntm_widgets.core.estimator import NTM
    from ntm_widgets.data.bow import BagOfWords
    from ntm_widgets.runs.runs import start_run
    bow = BagOfWords.load(sys.argv[1])
    run = start_run(NTM(num_topics=3, seed=1, epochs=int(sys.argv[3])), bow, folder=sys.argv[2], name="other")
"""
