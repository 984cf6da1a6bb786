"""How long `import ntm_widgets` takes above `import anywidget, numpy`: `python -m bench.imports`.

Medians of fresh interpreters, taken in turn so that a busy machine slows all of them alike. The claim is ≤ 150 ms.
"""

import statistics
import subprocess
import sys

STARTS = 9
LIMIT_MS = 150.0
BASE = "import anywidget, numpy"
CASES = {"nothing": "pass", BASE: BASE, f"{BASE}, ntm_widgets": f"{BASE}, ntm_widgets"}
TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def import_ms(statement: str) -> float:
    """Milliseconds that a statement takes in a new interpreter, its own start-up not counted."""
    command = [sys.executable, "-c", TIMED.format(statement)]
    return 1000 * float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def medians(starts: int = STARTS) -> dict[str, float]:
    """Median of each case; the first round, which warms the disk, is not counted."""
    rounds = [{name: import_ms(statement) for name, statement in CASES.items()} for _ in range(starts + 1)]
    return {name: statistics.median(one[name] for one in rounds[1:]) for name in CASES}


def main() -> int:
    result = medians()
    base, ours = result[BASE], result[f"{BASE}, ntm_widgets"]
    print(f"{'statement':36} {'median ms':>10} {'ratio':>7}")
    for name, value in result.items():
        print(f"{name:36} {value:10.1f} {value / base:7.2f}")
    print(f"ntm_widgets adds {ours - base:.1f} ms (limit {LIMIT_MS:.0f} ms; {STARTS} starts each)")
    return 0 if ours - base <= LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main())
