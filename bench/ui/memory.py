"""What a run takes at its peak beside what was expected, each run in a process of its own (U8)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.ui.goals import Figure

CASES = [  # words, topics, documents, recipe, decoder
    (2_000, 20, 20_000, "best", "logit"),
    (2_000, 200, 20_000, "best", "logit"),
    (50_000, 20, 20_000, "best", "mix"),
    (50_000, 200, 2_000, "best", "mix"),
    (10_000, 200, 20_000, "sagemaker", "logit"),
    (50_000, 50, 20_000, "sagemaker", "logit"),
]
MEASURE = """import ctypes, gc, json, sys, tempfile
import numpy as np
from scipy import sparse
from ntm_widgets.core.devices import need_of
from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.runs.runs import start_run
V, K, D, recipe, decoder = *map(int, sys.argv[1:4]), *sys.argv[4:6]
def documents(D, V, length):
    rows, columns = np.repeat(np.arange(D), length), (V ** np.random.default_rng(0).random(D * length)).astype(np.int32) - 1
    return BagOfWords(sparse.csr_matrix((np.ones(D * length, np.float32), (rows, columns)), (D, V)), [f"w{i}" for i in range(V)])
def status(key):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(key))
with tempfile.TemporaryDirectory() as folder:
    for warm in ("best", "sagemaker"):
        start_run(NTM(3, epochs=1, recipe=warm, device="cpu"), documents(200, 50, 10), folder=folder, background=False)
    bow = documents(D, V, 60)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    base = status("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")
    start_run(NTM(K, epochs=2, recipe=recipe, decoder=decoder, device="cpu"), bow, folder=folder, background=False)
    print(json.dumps([need_of(bow, K, recipe, decoder=decoder), status("VmHWM") - base]))"""


def u8() -> Iterator[Figure]:
    """The expected need over the peak of resident memory above that before the run; Linux."""
    if not Path("/proc/self/clear_refs").exists():
        raise RuntimeError("the peak of a process is read from /proc, which is not here")
    for V, K, D, recipe, decoder in CASES:
        arguments = [sys.executable, "-c", MEASURE, *map(str, (V, K, D)), recipe, decoder]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=3600, check=True)
        need, peak = json.loads(done.stdout.splitlines()[-1])
        yield Figure("U8", f"V {V:,}, K {K}, D {D:,}, {recipe} {decoder}: memory expected", need / 1e6, "MB")
        yield Figure("U8", "  its peak, above what there was before", peak / 1e6, "MB")
        yield Figure("U8", "  expected and used are apart by", 100 * abs(need / peak - 1), "%", 25)
