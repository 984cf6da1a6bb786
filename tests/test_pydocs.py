"""The docstring reader: hostile sources, cache damage, and what the default corpus holds."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ntm_widgets.data import pydocs

PROSE = "This sentence about moons and planets has ten words in it. " * 3


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An importable package `zoo` whose import would fail the test."""
    folder = tmp_path / "zoo"
    (folder / "birds").mkdir(parents=True)
    (folder / "__init__.py").write_text(f'"""{PROSE}"""\nraise RuntimeError("imported")\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def write_modules(package: Path, sources: dict[str, bytes]) -> None:
    for name, source in sources.items():
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(source)


def test_nothing_is_imported_or_run(package):
    found = pydocs.read_packages(["zoo"])
    assert found.names == ["zoo"] and "zoo" not in sys.modules


def test_broken_sources_are_named_and_the_rest_is_read(package):
    write_modules(package, {
        "syntax.py": b"def broken(:",
        "nulls.py": b"x = 1\0",
        "encoding.py": b"# coding: nonsense\n",
        "latin.py": b"x = '\xff'",
        "deep.py": b"x = " + b"(" * 5000 + b")" * 5000,
        "nested.py": b"x = " + b"-" * 20000 + b"1",
        "fine.py": f'"""{PROSE} Fine."""'.encode(),
    })  # fmt: skip
    found = pydocs.read_packages(["zoo"])
    assert found.names == ["zoo", "zoo.fine"]
    named = [line.partition(" ")[0] for line in found.report.unreadable]
    assert named == [f"zoo/{name}.py" for name in ("deep", "encoding", "latin", "nested", "nulls", "syntax")]
    assert all("\n" not in line for line in found.report.unreadable)


def test_unreadable_and_dangling_files_are_named(package):
    (package / "gone.py").symlink_to(package / "nowhere")
    found = pydocs.read_packages(["zoo"])
    assert found.names == ["zoo"] and found.report.unreadable[0].startswith("zoo/gone.py (")


def test_link_to_the_parent_ends(package):
    (package / "birds" / "loop").symlink_to(package)
    assert pydocs.read_packages(["zoo"]).names == ["zoo"]


def test_tests_are_skipped_and_absent_packages_named(package):
    write_modules(package, {"tests/test_zoo.py": f'"""{PROSE} Test."""'.encode()})
    found = pydocs.read_packages(["zoo", "no_such_package_here"])
    assert found.names == ["zoo"] and found.report.absent == ["no_such_package_here"]


def test_short_and_repeated_texts_are_counted(package):
    write_modules(package, {"a.py": f'"""{PROSE}"""\ndef f():\n    "Short."\n'.encode()})
    report = pydocs.read_packages(["zoo"]).report
    assert (report.docstrings, report.short, report.duplicates) == (3, 1, 1)


def test_small_folders_count_towards_the_package(package):
    many = "\n".join(f'def f{i}():\n    """{PROSE} Number {i}."""' for i in range(pydocs.MIN_LABEL))
    write_modules(package, {"birds/many.py": many.encode(), "cats/one.py": f'"""{PROSE} A cat."""'.encode()})
    found = pydocs.read_packages(["zoo"])
    assert set(found.labels) == {"zoo", "zoo.birds"} and found.labels.count("zoo.birds") == pydocs.MIN_LABEL


def test_names_are_unique_and_progress_is_told(package):
    write_modules(package, {"a.py": f'def f():\n  """{PROSE} 1."""\ndef f():\n  """{PROSE} 2."""'.encode()})
    seen = []
    found = pydocs.read_packages(["zoo"], progress=lambda done, total: seen.append((done, total)))
    assert found.names == ["zoo", "zoo.a.f", "zoo.a.f#2"] and seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize("text, expected", [
    ("Sum.\n\n>>> f(1)\n2\n\nProse after.", "Sum.\n\nProse after."),
    ("See::\n\n    code = 1\n\nProse.", "See::\nProse."),
    (".. math::\n\n    x^2\n\nProse.", "Prose."),
    (".. note:: Prose.", "Prose."),
    ("Use `numpy <https://numpy.org>`_ or :func:`~numpy.dot` [1]_.", "Use numpy or numpy.dot ."),
    ("x : int\n    The number.", "The number."),
    ("", ""),
    ("Returns\n-------", ""),
])  # fmt: skip
def test_cleaning(text, expected):
    assert pydocs.clean_docstring(text) == expected


def test_attached_docstrings():
    source = b'add_newdoc("np", "x", ("T", """The text."""))\nadd_docstr(torch.abs, r"""Abs.""".format(**a))\nadd_newdoc()\n'
    assert list(pydocs.docstrings(source)) == [("np.x", "The text."), ("torch.abs", "Abs.")]


@pytest.fixture
def small_list(package, tmp_path, monkeypatch):
    """Only `zoo` is in the list, and the cache folder is empty."""
    monkeypatch.setattr(pydocs, "PACKAGES", {"zoo": "no-such-distribution"})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return package


def test_cache_is_used_and_rebuilt_when_damaged(small_list):
    first = pydocs.read_docstrings()
    path = pydocs.cache_file({})
    assert path.exists() and len(list(path.parent.iterdir())) == 1  # no temporary file is left
    (small_list / "new.py").write_text(f'"""{PROSE} New."""')
    assert pydocs.read_docstrings() == first
    for damage in (b"", b"no gzip", path.read_bytes()[:40], gzip.compress(b"[]"), gzip.compress(b'{"texts": [1]}')):
        path.write_bytes(damage)
        assert pydocs.read_docstrings().names == ["zoo", "zoo.new"]


def test_cache_name_depends_on_versions():
    assert pydocs.cache_file({"numpy": "2.0"}) != pydocs.cache_file({"numpy": "2.1"})


def test_unwritable_cache_is_only_a_note(small_list, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    found = pydocs.read_docstrings()
    assert found.names == ["zoo"] and found.report.notes[0].startswith("not cached: ")


def test_no_sources_at_all_is_an_error(small_list, monkeypatch):
    monkeypatch.setattr(pydocs, "PACKAGES", {"no_such_package_here": "none"})
    with pytest.raises(ValueError, match="without their sources"):
        pydocs.read_docstrings()


def test_the_default_corpus_is_large_and_clean(pydocs_found):
    assert len(pydocs_found.texts) > 5000 and len(set(pydocs_found.texts)) == len(pydocs_found.texts)
    assert len(set(pydocs_found.names)) == len(pydocs_found.names)
    assert min(len(text.split()) for text in pydocs_found.texts) >= pydocs.MIN_WORDS
    assert {"scipy.stats", "sklearn.cluster", "numpy", "networkx.algorithms", "torch.nn"} <= set(pydocs_found.labels)
    scaffolding = sum(">>>" in text or "----" in text for text in pydocs_found.texts)
    assert scaffolding < 0.02 * len(pydocs_found.texts)


@pytest.fixture(scope="module")
def pydocs_found():
    return pydocs.read_docstrings()


def test_reading_imports_none_of_the_packages():
    code = (
        "import sys; from ntm_widgets.data.pydocs import read_docstrings; read_docstrings();"
        "print([name for name in ('torch', 'nltk', 'sklearn', 'pandas', 'bokeh', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True)
    assert done.stdout.strip() == "[]"
