"""Everything that is checked before a change is done, in stages.

    python tools/check.py               all stages
    python tools/check.py lint types    some of them

A stage that fails does not stop the others; the last line counts them, and the exit code says whether all passed.
With `CI` set a missing browser, Node or data set is a failure; without it the stage is left out and says so.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from tools.data import missing_data  # noqa: E402  (after the path is set)

CI = bool(os.environ.get("CI"))
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PYTHON_FOLDERS = ("ntm_widgets", "nbs", "tests", "tools", "bench", "docs")
NEEDS_DATA = re.compile(
    r"""20newsgroups|WordNetLemmatizer|noun_lemma|["'](?:lemma|seed)["']|word_tokenize|BowVectorizer\(\)"""
)
PASSED, FAILED, LEFT_OUT = "passed", "failed", "left out"
TWO_AT_A_TIME = ("-n", "2", "--dist", "loadfile")  # the tests of a file stay together, for what they share


def call(*command: str, cwd: Path = ROOT, **environment: str) -> bool:
    """Run a command, of this environment if it has it; True if it succeeded."""
    own = Path(sys.executable).with_name(command[0])
    program = str(own) if own.exists() else command[0]
    done = subprocess.run([program, *command[1:]], cwd=cwd, stdin=subprocess.DEVNULL, env=os.environ | environment)
    return done.returncode == 0


def absent(what: str) -> str:
    """A stage whose tool or data is not here: failed with CI, left out without."""
    print(what, flush=True)
    return FAILED if CI else LEFT_OUT


def outcome(succeeded: bool) -> str:
    return PASSED if succeeded else FAILED


def lint() -> str:
    return outcome(call("ruff", "check", *[folder for folder in PYTHON_FOLDERS if (ROOT / folder).exists()]))


def types() -> str:
    return outcome(call("mypy"))


def notebooks_with_data() -> list[str]:
    """Names of the notebooks whose code reads 20 Newsgroups or asks for NLTK's words."""
    found = []
    for path in sorted((ROOT / "nbs").rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        if NEEDS_DATA.search(code):
            found.append(path.name)
    return found


def notebooks() -> str:
    """Every notebook runs from top to bottom, and its assertions hold."""
    command = ["nbdev-test", "--n-workers", "2"]
    if missing := missing_data():
        print(f"Missing data: {', '.join(missing)} (make data fetches them).", flush=True)
        if CI:
            return FAILED
        names = notebooks_with_data()
        print(f"Notebooks left out: {', '.join(names)}.", flush=True)
        command += ["--skip-file-re", "|".join([r"^[_.]", *(f"^{re.escape(name)}$" for name in names)])]
    return outcome(call(*command, OMP_NUM_THREADS="1"))


def tests() -> str:
    return outcome(call("pytest", "-q", *TWO_AT_A_TIME, "tests", "--ignore=tests/browser", OMP_NUM_THREADS="1"))


def bundle() -> dict[str, str]:
    """Fingerprints of the built front ends."""
    files = sorted((ROOT / "ntm_widgets" / "static").glob("**/*"))
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def js() -> str:
    """The TypeScript builds to exactly the committed bundle, type-checks, and its tests pass."""
    if not shutil.which("npm"):
        return absent("Node is missing (Debian: apt-get install nodejs npm): the JavaScript checks need it.")
    folder, committed = ROOT / "js", bundle()
    if not call("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder):
        return FAILED
    if not call("npm", "run", "--silent", "build", cwd=folder):
        return FAILED
    if bundle() != committed:
        print("ntm_widgets/static was not what js/src builds to; it is now rebuilt: commit it.", flush=True)
        return FAILED
    steps = [call("npm", "run", "--silent", step, cwd=folder) for step in ("typecheck", "test")]
    return outcome(all(steps))


def find_browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def install_browser() -> None:
    """Chromium from the distribution, where that is possible without asking anyone."""
    if not (hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get")):
        return
    print("Installing Chromium with apt-get: half a minute or so.", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    if call("apt-get", "update", "-qq", **quiet):
        call("apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core", **quiet)


def browser() -> str:
    """A real JupyterLab in a real browser."""
    if not find_browser():
        install_browser()
    if not find_browser():
        return absent("Chromium is missing (Debian: apt-get install chromium): the browser tests need it.")
    return outcome(call("pytest", "-q", *TWO_AT_A_TIME, "tests/browser"))


def docs() -> str:
    return outcome(call("python", "docs/build.py"))


STAGES: tuple[Callable[[], str], ...] = (lint, types, notebooks, tests, js, browser, docs)


def main(names: list[str]) -> int:
    """Run the named stages, or all; print a table of outcomes and seconds; 0 if none failed."""
    known = {stage.__name__: stage for stage in STAGES}
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"No stage is called {', '.join(unknown)}; the stages are {', '.join(known)}.")
    results = []
    for name in names or known:
        print(f"\n=== {name} ===", flush=True)
        began = time.monotonic()
        result = known[name]()
        results.append((name, result, time.monotonic() - began))
    print("\nstage      outcome    seconds")
    for name, result, seconds in results:
        print(f"{name:10} {result:10} {seconds:7.1f}")
    counts = {word: sum(result == word for _, result, _ in results) for word in (PASSED, FAILED, LEFT_OUT)}
    tail = f", {counts[LEFT_OUT]} left out" if counts[LEFT_OUT] else ""
    print(f"\n{counts[PASSED]} passed, {counts[FAILED]} failed{tail}")
    return 1 if counts[FAILED] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
