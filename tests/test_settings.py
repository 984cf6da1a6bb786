"""settings.ini (nbdev 2's format), pyproject.toml (nbdev 3's and the package's) and the package agree."""

import configparser
import re
import sys
from pathlib import Path

import pytest

import ntm_widgets

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # comes with mypy


@pytest.fixture(scope="module")
def settings(root: Path) -> configparser.SectionProxy:
    parser = configparser.ConfigParser()
    parser.read(root / "settings.ini", encoding="utf-8")
    return parser["DEFAULT"]


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def test_version(settings, pyproject):
    assert settings["version"] == ntm_widgets.__version__
    assert pyproject["project"]["dynamic"] == ["version"]
    assert pyproject["tool"]["hatch"]["version"]["path"] == "ntm_widgets/__init__.py"


def test_identity(settings, pyproject):
    project = pyproject["project"]
    assert settings["lib_name"] == project["name"]
    assert settings["description"] == project["description"]
    assert settings["keywords"].split(", ") == project["keywords"]
    assert settings["author"] == project["authors"][0]["name"]
    assert f">={settings['min_python']}" == project["requires-python"]
    assert (settings["license"], project["license"]) == ("apache2", "Apache-2.0")


@pytest.mark.parametrize("key", ["lib_name", "lib_path", "nbs_path", "doc_path", "title", "branch"])
def test_nbdev_paths(settings, pyproject, key):
    assert settings[key] == pyproject["tool"]["nbdev"][key]


@pytest.mark.parametrize("key", ["recursive", "update_pyproject"])
def test_nbdev_switches(settings, pyproject, key):
    assert settings.getboolean(key) == pyproject["tool"]["nbdev"][key]


def test_python_versions(settings, pyproject):
    listed = re.findall(r"Python :: (3\.\d+)", "\n".join(pyproject["project"]["classifiers"]))
    assert listed[0] == settings["min_python"]
    assert pyproject["tool"]["ruff"]["target-version"] == "py" + settings["min_python"].replace(".", "")


def test_constraints_pin_every_base_dependency(root, pyproject):
    """What `make demo` installs is what was tested, and nothing in the pins points at one machine."""
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines() if "==" in line}
    wanted = {re.split(r"[<>=\[;]", name)[0].lower() for name in pyproject["project"]["dependencies"]}
    assert wanted <= pinned
    assert "torch==2.13.0" in text.splitlines()
    assert not re.search(r"://|@|--", text)
