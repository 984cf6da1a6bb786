"""Bad matrices, damaged files, full disks: the bag of words refuses or keeps what there was."""

import errno
import json
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.naive_bayes import MultinomialNB
from support import one_line

from ntm_widgets.data import bow as bow_room
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.counts import as_counts


def make(documents: int = 7, words: int = 5, seed: int = 0, tokens: bool = False) -> BagOfWords:
    matrix = np.random.default_rng(seed).poisson(1.0, (documents, words))
    counts = sparse.csr_matrix(matrix)
    sequences = None
    if tokens:
        ids = [np.repeat(np.arange(words), row) for row in matrix]
        sequences = (np.concatenate(ids).astype(np.int32), np.cumsum([0, *map(len, ids)]))
    labels = np.arange(documents) % 3 - 1
    names = [f"wörd {i}\ud800<b>" for i in range(words)]
    return BagOfWords(counts, names, labels, ["a", "b"], tokens=sequences, vectorizer={"tokenizer": "regex"}, name="it's")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.array([[1.0, 0], [0, -2]]), r"Negative values in data: row 1, column 1 holds -2"),
        (np.array([[1.0, np.nan]]), r"NaN: row 0, column 1"),
        (np.array([[np.inf, 1]]), r"infinity.*row 0, column 0"),
        (np.array([[1e300, 1]]), r"too large for float32"),
        (np.array([1, 2]), "2-D.*Reshape your data"),
        (np.array(3), "2-D"),
        (np.ones((2, 2, 2)), "2-D"),
        (np.array([[1j, 0]]), "Complex data not supported"),
        (np.array([["a", "b"]]), "expected a matrix of numbers"),
        (np.array([[None, 1]], dtype=object), "NaN"),
        (["a text", "another"], "got text"),
        ("a text", "got text"),
        (pd.DataFrame({"a": ["x", "y"]}), "expected a matrix of numbers"),
        (sparse.csr_matrix(np.array([[0, -1.0]])), "row 0, column 1"),
    ],
)
def test_bad_matrices_are_refused(matrix, message):
    with pytest.raises(ValueError, match=message):
        as_counts(matrix)


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(st.sampled_from([np.int64, np.uint8, np.float64, np.bool_]), hnp.array_shapes(min_dims=2, max_dims=2), elements={}))
def test_as_counts_is_canonical_and_leaves_its_input(matrix):
    matrix = np.abs(np.nan_to_num(np.rint(matrix.astype(np.float64)), posinf=0, neginf=0)) % 1000
    for form in (matrix, sparse.csr_matrix(matrix), sparse.csc_array(matrix), sparse.coo_matrix(matrix), pd.DataFrame(matrix)):
        before = form.copy()
        counts, _ = as_counts(form)
        assert isinstance(counts, sparse.csr_matrix) and counts.dtype == np.float32
        assert counts.has_canonical_format and counts.data.all()
        np.testing.assert_array_equal(counts.toarray(), matrix)
        same = before == form if not sparse.issparse(form) else (before != form).nnz == 0
        assert np.all(same)


def test_stored_zeros_and_duplicates_of_the_caller_stay():
    matrix = sparse.csr_matrix((np.array([1.0, 2, 0]), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 2))
    counts, _ = as_counts(matrix)
    assert matrix.nnz == 3 and counts.nnz == 1 and counts[0, 1] == 3


def test_fractions_warn_once():
    with pytest.warns(UserWarning, match="fractional values") as caught:
        as_counts(np.array([[0.5, 1.5], [0.1, 0]]))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        as_counts(np.array([[1.0, 2.0]]))


def test_empty_shapes_pass():
    assert as_counts(np.zeros((0, 3)))[0].shape == (0, 3)
    empty = BagOfWords(np.zeros((0, 3)), ["a", "b", "c"])
    assert empty.longest is None and "0 documents × 3 words" in repr(empty)
    assert [len(part) for part in empty.split()] == [0, 0, 0]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"vocabulary": ["a"]}, "1 words, the matrix has 2 columns"),
        ({"vocabulary": ["a", "a"]}, "'a' more than once"),
        ({"labels": [1]}, r"labels has shape \(1,\), expected \(3,\)"),
        ({"doc_ids": [1, 2]}, r"doc_ids has shape"),
        ({"tokens": (np.array([5], dtype=np.int32), np.array([0, 1, 1, 1]))}, "tokens do not fit"),
        ({"tokens": (np.array([0], dtype=np.int32), np.array([0, 1]))}, "tokens do not fit"),
    ],
)
def test_parts_must_fit(parts, message):
    with pytest.raises(ValueError, match=message):
        BagOfWords(**{"counts": np.ones((3, 2)), "vocabulary": ["a", "b"], **parts})


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 5), st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5, 0.0), (1.0, 0, 0), (0.05, 0.9, 0.05)]))
def test_split_is_a_partition(documents, seed, fractions):
    bow = make(documents, tokens=documents > 0)
    split, again = bow.split(*fractions, seed=seed), bow.split(*fractions, seed=seed)
    ids = np.concatenate([part.doc_ids for part in split])
    assert sorted(ids) == list(range(documents))
    assert not documents or len(split.train) >= 1
    for part, same in zip(split, again, strict=True):
        np.testing.assert_array_equal(part.doc_ids, same.doc_ids)
        np.testing.assert_array_equal(part.counts.toarray(), bow.counts.toarray()[part.doc_ids])
        np.testing.assert_array_equal(part.labels, bow.labels[part.doc_ids])
        assert (part.vocabulary, part.vectorizer, part.label_names) == (bow.vocabulary, bow.vectorizer, bow.label_names)
        if part.tokens is not None:
            ids_, starts = part.tokens
            rows = [np.bincount(ids_[a:b], minlength=5) for a, b in pairwise(starts)]
            np.testing.assert_array_equal(np.array(rows).reshape(-1, 5), part.counts.toarray())


def test_seed_shuffles_and_wrong_fractions_are_named():
    bow = make(50)
    assert bow.split(seed=0).train.doc_ids.tolist() != bow.split(seed=1).train.doc_ids.tolist()
    with pytest.raises(ValueError, match=r"train=0.9.*sum to 1.1"):
        bow.split(train=0.9)
    with pytest.raises(ValueError, match="≥ 0"):
        bow.split(train=1.2, validation=-0.2, test=0)


def test_a_bag_is_never_made_dense_unasked():
    with pytest.raises(TypeError, match=r"pass its matrix, bow\.counts"):
        np.asarray(make())
    with pytest.raises(TypeError, match=r"bow\.counts"):
        MultinomialNB().fit(make(), np.arange(7))
    assert as_counts(make())[0].shape == (7, 5)


def test_display_escapes():
    bow = make()
    assert "<b>" not in bow._repr_html_() and "&lt;b&gt;" in bow._repr_html_()
    assert repr(bow).startswith('BagOfWords "it\'s": 7 documents × 5 words, density ')


def test_a_long_name_is_cut_on_screen_only():
    name = "pydocs (" + ", ".join(f"package{i} 1.0.{i}" for i in range(9)) + ")"
    bow = BagOfWords(np.ones((2, 1)), ["a"], name=name)
    assert bow.name == name and len(repr(bow)) < 130
    assert "package1 1.0.1…'" in repr(bow) and name not in bow._repr_html_()


@pytest.mark.parametrize("tokens", [False, True])
def test_save_and_load(tmp_path, tokens):
    bow = make(tokens=tokens)[[3, 1, 5]]
    bow.save(tmp_path / "a" / "b")
    back = BagOfWords.load(tmp_path / "a" / "b")
    assert back.fingerprint() == bow.fingerprint()
    assert (back.vocabulary, back.name, back.vectorizer) == (bow.vocabulary, bow.name, bow.vectorizer)
    np.testing.assert_array_equal(back.doc_ids, [3, 1, 5])
    assert (back.tokens is None) == (not tokens)
    assert make(seed=1).fingerprint() != make(seed=0).fingerprint()


def test_saving_again_replaces_and_leaves_two_files(tmp_path):
    make(seed=0).save(tmp_path)
    make(seed=1).save(tmp_path)
    assert BagOfWords.load(tmp_path).fingerprint() == make(seed=1).fingerprint()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("fails_at", [0, 1])
def test_a_full_disk_keeps_the_old_data(tmp_path, monkeypatch, fails_at):
    make(seed=0).save(tmp_path)
    calls, fsync = [], bow_room.os.fsync

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) > fails_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(bow_room.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        make(seed=1).save(tmp_path)
    monkeypatch.undo()
    assert BagOfWords.load(tmp_path).fingerprint() == make(seed=0).fingerprint()
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]


def _edit(folder: Path, **changes: object) -> None:
    description = json.loads((folder / "bow.json").read_text())
    (folder / "bow.json").write_text(json.dumps({**description, **changes}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "bow.json").unlink(), "not a saved bag of words"),
        (lambda f: (f / "bow.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "bow.json").write_bytes(b"\xff\xfe"), "cannot be read"),
        (lambda f: (f / "bow.json").write_text('{"format": "other"}'), "is not a saved bag of words"),
        (lambda f: (f / "bow.json").write_text("[]"), "is not a saved bag of words"),
        (lambda f: _edit(f, version=99), "format version 99"),
        (lambda f: _edit(f, sha256="../../etc"), "is damaged"),
        (lambda f: _edit(f, shape=[7, 4]), "is damaged"),
        (lambda f: _edit(f, shape="x"), "is damaged"),
        (lambda f: _edit(f, vocabulary=["a"]), "vocabulary"),
        (lambda f: _edit(f, vocabulary=[1, 2, 3, 4, 5]), "lists of text"),
        (lambda f: _edit(f, vectorizer=[]), "vectorizer"),
        (lambda f: next(f.glob("*.safetensors")).unlink(), "cannot be read"),
        (lambda f: next(f.glob("*.safetensors")).write_bytes(b"\0" * 40), "is damaged"),
    ],
)
def test_damaged_and_foreign_folders_are_refused_in_one_line(tmp_path, damage, message):
    make().save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ValueError, match=message) as caught:
        BagOfWords.load(tmp_path)
    assert "\n" not in str(caught.value)


def test_every_cut_off_or_flipped_file_is_refused(tmp_path):
    make().save(tmp_path)
    file = next(tmp_path.glob("*.safetensors"))
    content = file.read_bytes()
    for wrong in (content[:-1], content[: len(content) // 2], b"", content[:60] + bytes([content[60] ^ 1]) + content[61:]):
        file.write_bytes(wrong)
        with pytest.raises(ValueError, match="is damaged"):
            BagOfWords.load(tmp_path)


def test_a_foreign_bow_json_is_not_overwritten(tmp_path):
    (tmp_path / "bow.json").write_text('{"mine": 1}')
    with pytest.raises(ValueError, match="is not a saved bag of words"):
        make().save(tmp_path)
    assert (tmp_path / "bow.json").read_text() == '{"mine": 1}'


def broken(place, value, kind=sparse.csr_matrix):
    """A compressed matrix whose indices lead out of it."""
    matrix = kind(np.eye(4, dtype=np.float32))
    getattr(matrix, place)[2] = value
    return matrix


TWICE = pd.DataFrame([[1, 2]], columns=["ice", "ice"])


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (broken("indices", 999), r"damaged: its indices lead out of its shape \(4, 4\)"),
        (broken("indices", -1), "damaged"),
        (broken("indptr", 0), "damaged"),
        (broken("indices", 999, sparse.csc_matrix), "damaged"),
        ([[1, 2], [3]], r"got \[\[1, 2\], \[3\]\] of type list"),
        (np.ma.masked_array([[1, 2]], [[False, True]]), "1 values of the matrix are masked"),
        (np.array([["2020"]], dtype="M8[Y]"), "array of type datetime64"),
        (np.zeros(2, dtype=[("a", int)]), "array of type"),
        (TWICE, "several columns are called 'ice'"),
        (sparse.coo_array(np.ones(3)), "2-D"),
        (None, "2-D"),
        ({"a": [1]}, "2-D"),
        ([], "2-D"),
    ],
)
def test_matrices_that_are_none(matrix, message):
    with pytest.raises(ValueError, match=message) as error:
        as_counts(matrix)
    assert one_line(error)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_of_numpy_is_a_matrix():
    assert as_counts(np.matrix([[1, 0], [0, 1]]))[0].toarray().tolist() == [[1, 0], [0, 1]]


def test_duplicates_are_summed_before_they_are_judged():
    rows, columns = [0, 0, 1], [0, 0, 1]
    counts, _ = as_counts(sparse.coo_matrix(([3, -1, 2], (rows, columns)), (2, 2)))
    assert counts.toarray().tolist() == [[2, 0], [0, 2]]
    with pytest.raises(ValueError, match="row 0, column 0 holds -2"):
        as_counts(sparse.coo_matrix(([1, -3, 2], (rows, columns)), (2, 2)))


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.float16, bool, object, np.longdouble])
def test_numbers_of_any_type_are_counts(kind):
    matrix = np.array([[1, 0], [0, 1]], dtype=kind)
    for form in (matrix, matrix.tolist(), pd.DataFrame(matrix, index=["x", "x"])):
        assert as_counts(form)[0].toarray().tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"vocabulary": None}, "vocabulary=None: expected a collection of words"),
        ({"vocabulary": "abcde"}, "vocabulary='abcde'"),
        ({"vocabulary": [1, 2, 3, 4, 5]}, "expected words, got 1"),
        ({"labels": ["x"] * 6}, r"labels=.*: expected a list with one whole number per document"),
        ({"labels": [0.5] * 6}, "labels="),
        ({"doc_ids": 3}, "doc_ids=3"),
        ({"doc_ids": ["a"] * 6}, "doc_ids="),
        ({"label_names": 3}, "label_names=3"),
        ({"label_names": [None]}, "label_names: expected texts, got None"),
        ({"tokens": 3}, "tokens=3: expected a pair of arrays"),
        ({"tokens": ([1], [0, 1])}, "tokens="),
        ({"vectorizer": 3}, "vectorizer=3"),
        ({"name": 3}, "name=3"),
    ],
)
def test_parts_of_a_wrong_kind_are_named(parts, message):
    with pytest.raises((ValueError, TypeError), match=message) as error:
        BagOfWords(**{"counts": np.ones((6, 5)), "vocabulary": list("abcde"), **parts})
    assert one_line(error)


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ((float("nan"), 0.5, 0.5), "train=nan: expected a fraction"),
        (("0.8", 0.1, 0.1), "train='0.8': expected a fraction"),
        ((None, 0.5, 0.5), "train=None"),
        ((float("inf"), 0, 0), "expected fractions ≥ 0 that sum to 1"),
        ((0.5, 0.1, 0.1), "these sum to 0.7"),
        ((2, -1, 0), "expected fractions ≥ 0"),
    ],
)
def test_fractions_that_make_no_split(fractions, message):
    with pytest.raises(ValueError, match=message) as error:
        make().split(*fractions)
    assert one_line(error)


@pytest.mark.parametrize("seed", [-1, 0.5, None, "0", [1, 2], True])
def test_what_is_no_seed_of_a_split(seed):
    with pytest.raises(ValueError, match=r"^seed="):
        make().split(seed=seed)


@pytest.mark.parametrize("rows", [99, -99, "a", None, 1.5, [99], [0.5], [True], [[0]], slice("a")], ids=repr)
def test_rows_that_are_not_there(rows):
    with pytest.raises(IndexError, match="there are 7 documents") as error:
        make()[rows]
    assert one_line(error)
