"""Saved models: whole or not at all, and refused in one line when something is wrong with them."""

import json

import numpy as np
import pytest

from ntm_widgets.core import storage
from ntm_widgets.core.arrays import FittedArrays, array_shapes
from ntm_widgets.core.settings import resolve
from ntm_widgets.core.storage import ARRAYS_FILE, DESCRIPTION_FILE, read_model, write_model

HOSTILE = ["<script>", "__import__('os').system('x')", "a\x00b", "\ud800", "émigré", "数学"]


def fitted(seed=0, **given):
    settings = resolve("best", num_topics=2, num_documents=9, num_words=6, encoder_layers=3, vector_size=2, **given)
    rng = np.random.default_rng(seed)
    shapes = array_shapes("vectors", K=2, V=6, E=2, widths=[3])
    return FittedArrays({n: rng.normal(size=s) for n, s in shapes.items()}, settings.to_dict())


def description(**changes):
    whole = {"vocabulary": HOSTILE, "relevance": 0.3, "history": [], "parameters": {}, "topic_names": {"1": "space"}}
    return whole | changes


@pytest.fixture
def folder(tmp_path):
    return write_model(tmp_path / "model", fitted(), description())


def rewrite(folder, **changes):
    path = folder / DESCRIPTION_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_round_trip(folder):
    again, content = read_model(folder)
    assert all(np.array_equal(again.arrays[name], array) for name, array in fitted().arrays.items())
    assert content["vocabulary"] == HOSTILE and content["topic_names"] == {"1": "space"}
    assert again.hyperparameters == fitted().hyperparameters
    assert set(content["libraries"]) == {"ntm-widgets", "numpy", "scikit-learn", "torch"}


def test_the_decoder_comes_back(tmp_path):
    folder = write_model(tmp_path / "model", fitted(decoder="mix"), description())
    again, content = read_model(folder)
    assert again.decoder == content["hyperparameters"]["decoder"] == "mix"


def test_a_model_from_before_there_was_a_precision(folder):
    settings = json.loads((folder / DESCRIPTION_FILE).read_text())["hyperparameters"]
    assert settings.pop("decoder_precision") == "float32"
    rewrite(folder, hyperparameters=settings)
    assert read_model(folder)[0].hyperparameters == fitted().hyperparameters


def test_replaces_a_model(folder):
    write_model(folder, fitted(1), description())
    assert np.array_equal(read_model(folder)[0].arrays["W"], fitted(1).arrays["W"])
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]


def test_makes_parents_and_takes_empty_folders(tmp_path):
    (tmp_path / "empty").mkdir()
    write_model(tmp_path / "empty", fitted(), description())
    write_model(str(tmp_path / "a" / "b" / "model"), fitted(), description())
    assert read_model(tmp_path / "empty") and read_model(tmp_path / "a" / "b" / "model")


@pytest.mark.parametrize("step", ["write_file", "replace_folder"])
def test_a_failed_save_keeps_the_old_model(folder, monkeypatch, step):
    def full_disk(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, step, full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_model(folder, fitted(1), description())
    assert np.array_equal(read_model(folder)[0].arrays["W"], fitted().arrays["W"])
    assert [entry.name for entry in folder.parent.iterdir()] == ["model"]


def test_a_failed_move_brings_the_old_model_back(folder, monkeypatch):
    rename = type(folder).rename

    def second_fails(self, target):
        if self.name.endswith(".tmp"):
            raise OSError("moved away")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", second_fails)
    with pytest.raises(OSError, match="moved away"):
        write_model(folder, fitted(1), description())
    assert np.array_equal(read_model(folder)[0].arrays["W"], fitted().arrays["W"])


def test_never_overwrites_anything_else(tmp_path, folder):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("words")
    (tmp_path / "file").write_text("words")
    (folder / "notes.txt").write_text("mine")
    for target, message in (("thesis", "holds other files"), ("file", "is a file"), ("model", "'notes.txt'")):
        with pytest.raises(FileExistsError, match=message):
            write_model(tmp_path / target, fitted(), description())
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "words"


def test_missing(tmp_path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(FileNotFoundError, match=r"expected model\.json and model\.safetensors"):
            read_model(path)


@pytest.mark.parametrize("path", [3, None, "", b"model", ["model"]])
def test_what_is_no_path(path):
    with pytest.raises((TypeError, ValueError), match=r"path=.*: expected the name of a file or folder"):
        read_model(path)
    with pytest.raises((TypeError, ValueError), match=r"path=.*: expected the name of a file or folder"):
        write_model(path, fitted(), description())


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_damaged_arrays(folder, damage):
    path = folder / ARRAYS_FILE
    data = bytearray(path.read_bytes())
    data[-3] ^= 64
    path.write_bytes({"flip": bytes(data), "cut": path.read_bytes()[:-9], "empty": b""}[damage])
    with pytest.raises(ValueError, match=r"damaged: its SHA-256"):
        read_model(folder)


def forge(folder, content):
    """Replace the array file and make its checksum right, as an attacker would."""
    import hashlib

    (folder / ARRAYS_FILE).write_bytes(content)
    rewrite(folder, sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda save, arrays: b"\x80\x04cos\nsystem\n", "not a safetensors file"),
        (lambda save, arrays: save(arrays)[:40], "not a safetensors file"),
        (lambda save, arrays: save(arrays | {"b": arrays["b"].astype(np.float64)}), "'b' is float64"),
        (lambda save, arrays: save(arrays | {"b": arrays["b"][:3]}), r"'b' has shape \(3,\)"),
        (lambda save, arrays: save(arrays | {"b": np.full(6, np.nan, np.float32)}), "'b' holds NaN"),
        (lambda save, arrays: save({"b": arrays["b"]}), "W or b missing"),
    ],
)
def test_forged_arrays(folder, make, message):
    from safetensors.numpy import save

    forge(folder, make(save, fitted().arrays))
    with pytest.raises(ValueError, match=message):
        read_model(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not valid JSON"),
        ("{" * 100_000, "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not a model of ntm_widgets"),
        ('{"format": "pickle"}', "not a model of ntm_widgets"),
        ('{"format": "ntm_widgets model", "version": "1"}', "format version '1'"),
        ('{"format": "ntm_widgets model", "version": 99}', "format 99.*upgrade"),
        ('{"format": "ntm_widgets model", "version": 1}', "SHA-256"),
    ],
)
def test_foreign_descriptions(folder, text, message):
    (folder / DESCRIPTION_FILE).write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_model(folder)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vocabulary", HOSTILE[:5]),
        ("vocabulary", ["a"] * 6),
        ("vocabulary", "abcdef"),
        ("vectorizer", ["lemma"]),
        ("topic_names", {"7": "x"}),
        ("topic_names", {"0": 3}),
        ("topic_names", None),
        ("topic_shares", [0.5]),
        ("relevance", "0.3"),
        ("relevance", float("nan")),
        ("topic_shares", [0.5, float("nan"), 0.5]),
        ("feature_names", ["a"]),
        ("feature_names", 3),
        ("history", [{"epoch": 1, "train": 3}]),
        ("parameters", {"num_topics": [{}]}),
        ("history", None),
        ("parameters", []),
        ("hyperparameters", {}),
        ("hyperparameters", None),
    ],
)
def test_descriptions_that_do_not_fit(folder, field, value):
    rewrite(folder, **{field: value})
    with pytest.raises(ValueError, match=r"damaged: .*" + field.rstrip("s")) as caught:
        read_model(folder)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alpha", "x"),
        ("alpha", float("nan")),
        ("recipe", "soup"),
        ("decoder", ["logit"]),
        ("decoder", "auto"),
        ("relevance", None),
        ("epochs", -1),
    ],
)
def test_hyperparameters_out_of_range(folder, name, value):
    settings = json.loads((folder / DESCRIPTION_FILE).read_text())["hyperparameters"]
    rewrite(folder, hyperparameters={**settings, name: value})
    with pytest.raises(ValueError, match=rf"damaged: {name}=") as caught:
        read_model(folder)
    assert len(str(caught.value).splitlines()) == 1
