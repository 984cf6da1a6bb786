"""The floors: what imports what, how much `import ntm_widgets` loads, and what the wheel carries."""

import ast
import email
import os
import re
import subprocess
import sys
import zipfile
from importlib.metadata import requires
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "ntm_widgets"
FLOORS = ("data", "core", "runs", "ui")  # from the ground up
HEAVY = ("torch", "nltk", "sklearn", "pandas", "bokeh")
FRONT_END = {"ipywidgets", "IPython", "anywidget"}
FORBIDDEN = {"data": {"torch"} | FRONT_END, "core": FRONT_END, "runs": FRONT_END, "ui": set()}
DISTRIBUTION = {"sklearn": "scikit-learn", "PIL": "pillow", "typing_extensions": "typing-extensions"}
OPTIONAL = ("s3fs", "gensim", "jupyterlab", "fastcore", "hypothesis")
NO_TORCH = ("data/bow.py", "core/inference.py", "core/topics.py", "core/metrics.py")


def room_files() -> list[Path]:
    return [file for floor in FLOORS for file in sorted((PACKAGE / floor).glob("*.py"))]


def imported_modules(file: Path) -> list[str]:
    """Absolute names of all modules a file imports, inside functions too; relative imports resolved."""
    here = ("ntm_widgets", *file.relative_to(PACKAGE).parts[:-1])
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) + 1 - node.level]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


def fresh_interpreter(code: str) -> str:
    """Standard output of code run by a new Python that has imported nothing."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_is_light():
    code = f"import sys, ntm_widgets; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert fresh_interpreter(code) == "[]"


@pytest.mark.parametrize(("own", "told"), [(None, "PASSIVE"), ("active", "ACTIVE")])
def test_threads_that_wait_sleep_unless_the_user_wishes_otherwise(own, told):
    """OpenMP is asked before PyTorch loads it."""
    environment = {name: value for name, value in os.environ.items() if name not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    environment |= {"OMP_WAIT_POLICY": own} if own else {}
    code = "import os, ntm_widgets.core.estimator; print(os.environ['OMP_WAIT_POLICY'].upper())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == [told], done.stderr
    first = "import sys, ntm_widgets.core; print('torch' in sys.modules)"
    assert fresh_interpreter(first) == "False"


def test_a_front_end_without_data_is_light():
    """The studio opens before anything is loaded: what reads, counts and trains comes with the documents."""
    panels = "from ntm_widgets.ui import query_panel, studio, topic_browser"
    made = "studio.Studio(), topic_browser.TopicBrowser(), query_panel.QueryPanel()"
    assert fresh_interpreter(f"import sys; {panels}; {made}; print([name for name in {HEAVY!r} if name in sys.modules])") == "[]"


@pytest.mark.parametrize("room", NO_TORCH)
def test_rooms_that_must_not_import_torch(room):
    assert (PACKAGE / room).is_file()
    module = "ntm_widgets." + room.removesuffix(".py").replace("/", ".")
    assert fresh_interpreter(f"import sys, {module}; print('torch' in sys.modules)") == "False"


def test_every_public_name_is_where_the_package_says():
    code = "import ntm_widgets as ntm; print([name for name in ntm.__all__ if getattr(ntm, name, None) is None])"
    assert fresh_interpreter(code) == "[]"


def test_unknown_name():
    import ntm_widgets

    with pytest.raises(AttributeError, match="no attribute 'NMT'"):
        _ = ntm_widgets.NMT


@pytest.mark.parametrize("file", room_files(), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_from_its_floor_or_below(file):
    floor = FLOORS.index(file.parent.name)
    above = tuple(f"ntm_widgets.{name}" for name in FLOORS[floor + 1 :])
    for name in imported_modules(file):
        assert not name.startswith(above), f"{file.parent.name}/ must not import {name}"
        assert name.split(".")[0] not in FORBIDDEN[file.parent.name], f"{file.parent.name}/ must not import {name}"


def test_every_import_is_a_declared_dependency(root):
    """What the package imports is a base dependency, or, inside a function, belongs to an optional extra."""
    declared = {re.split(r"[<>=\[;]", line)[0].lower() for line in requires("ntm-widgets") or []}
    for file in room_files():
        for name in {name.split(".")[0] for name in imported_modules(file)} - {"ntm_widgets"} - sys.stdlib_module_names:
            assert DISTRIBUTION.get(name, name).lower() in declared, (
                f"{file.name} imports {name}: not in pyproject.toml"
            )


def test_optional_extras_are_not_imported_with_a_room():
    code = (
        "import sys, ntm_widgets.ui.magics, ntm_widgets.data.corpus, ntm_widgets.core.estimator, ntm_widgets.runs.runs"
    )
    assert fresh_interpreter(f"{code}; print([name for name in {OPTIONAL!r} if name in sys.modules])") == "[]"


def test_rooms_form_no_circle():
    """The import graph of the rooms can be laid in a line."""
    known = {"ntm_widgets." + ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file for file in room_files()}
    waiting = {name: known.keys() & set(imported_modules(file)) - {name} for name, file in known.items()}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        assert free, f"these rooms import each other in a circle: {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, "."]
    subprocess.run(command, cwd=root, check=True, timeout=120)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_carries_the_package_and_nothing_else(root, wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    files = [file for file in PACKAGE.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    kept = {file.relative_to(root).as_posix() for file in files}
    assert names == kept
    assert "ntm_widgets/py.typed" in names
    assert any(name.startswith("ntm_widgets/static/") and name.endswith(".js") for name in names)


def test_wheel_is_labelled(wheel):
    import ntm_widgets

    info = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = email.message_from_bytes(wheel.read(info))
    assert metadata["Version"] == ntm_widgets.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    entry_points = wheel.read(info.replace("METADATA", "entry_points.txt")).decode()
    assert "ntm = ntm_widgets.ui.shell:main" in entry_points
