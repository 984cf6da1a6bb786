"""Turn edited notebook text into a finished notebook: sync, export, execute with outputs saved, clean.

    python tools/notebook.py data/00_corpus [core/01_model …]

For each name: `nbtext/NAME.py` → `nbs/NAME.ipynb` (jupytext pairing, cell ids and outputs kept), then
`nbdev-export`, `nbdev-test --save` (real outputs), `nbdev-clean`, and the text is made level again.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "python3", "language": "python", "name": "python3"}


def call(*command: str) -> None:
    """Run a command of this environment in the project root; stop with its exit code if it fails."""
    tool = Path(sys.executable).with_name(command[0])
    code = subprocess.run([str(tool), *command[1:]], cwd=ROOT).returncode
    if code:
        sys.exit(code)


def set_metadata(notebook: Path) -> None:
    """Notebook metadata is the kernel and nothing else, so that a diff shows content only."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    wanted = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    if content["metadata"] != wanted:
        content["metadata"] = wanted
        text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
        notebook.write_text(text + "\n", encoding="utf-8")


def finish(name: str) -> None:
    """Bring one notebook from edited text to its committed form."""
    text, notebook = ROOT / "nbtext" / f"{name}.py", ROOT / "nbs" / f"{name}.ipynb"
    if text.exists():
        call("jupytext", "--quiet", "--sync", str(text))
    set_metadata(notebook)
    call("nbdev-export")
    call("nbdev-test", str(notebook), "--save", "--n-workers", "0")
    call("nbdev-clean", "--fname", str(notebook))
    set_metadata(notebook)
    if text.exists():
        call("jupytext", "--quiet", "--sync", str(notebook))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for argument in sys.argv[1:]:
        finish(argument.removesuffix(".ipynb").removeprefix("nbs/"))
