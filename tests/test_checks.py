"""Wrong values in one line: what a message says of them, and that no message is longer than a person reads."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import one_line

import ntm_widgets as ntm
from ntm_widgets.data import checks
from ntm_widgets.data.checks import as_codes, as_path, as_real, as_rows, as_whole, as_words, said

HUGE = "x" * 10**6
TEXTS = [f"{theme} {theme} game word{i % 5}" for i in range(30) for theme in ("hockey team", "space orbit")]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_value_is_said_in_one_short_line(value):
    assert "\n" not in said(value) and len(said(value)) < 3000


@pytest.mark.parametrize("value", [HUGE, [HUGE] * 1000, {HUGE: HUGE}, pd.DataFrame({"a": range(1000)}), np.zeros((100, 100)), Path(HUGE)], ids=lambda v: type(v).__name__)
def test_large_values_are_cut(value):
    assert "\n" not in said(value) and len(said(value)) < 700


@given(st.integers(-(2**62), 2**62))
def test_numbers_of_numpy_and_python_are_the_same(number):
    assert as_whole("n", np.int64(number), -(2**62)) == number and type(as_whole("n", np.int64(number), -(2**62))) is int
    assert as_real("x", np.float64(number), -float("inf")) == float(number)


@pytest.mark.parametrize("value", [True, np.True_, None, "3", 2.0, [3], np.array(3), float("nan"), b"3", -1])
def test_what_is_no_whole_number(value):
    with pytest.raises(ValueError, match=r"^n=.*: expected a whole number of at least 0") as error:
        as_whole("n", value, 0)
    assert one_line(error)


@pytest.mark.parametrize("value", [True, None, "0.5", float("nan"), float("inf"), 10**400, 2, -0.1, [0.5], np.array(0.5), 1j])
def test_what_is_no_share(value):
    with pytest.raises(ValueError, match=r"^share=.*: expected a number from 0 to 1"):
        as_real("share", value, 0, 1)


@pytest.mark.parametrize("value", ["word", b"word", 3, None, [3], ["a", None], [["a"]], np.zeros((2, 2)), pd.DataFrame({"a": ["b"]})], ids=repr)
def test_what_is_no_collection_of_words(value):
    with pytest.raises(ValueError, match=r"^keep") as error:
        as_words("keep", value)
    assert one_line(error)


@given(st.one_of(st.integers(-5, 5), st.lists(st.integers(-3, 2)), st.lists(st.booleans(), min_size=3, max_size=3), st.slices(3)))
def test_rows_are_those_of_numpy(rows):
    index = np.asarray(rows, dtype=np.int64) if isinstance(rows, list) and not rows else rows
    try:
        expected = np.atleast_1d(np.arange(3)[index])
    except IndexError:
        with pytest.raises(IndexError, match="there are 3 documents"):
            as_rows(rows, 3)
    else:
        assert as_rows(rows, 3).tolist() == expected.tolist()


def test_codes_may_be_written_as_floats():
    assert as_codes("labels", [1.0, -1.0]).tolist() == [1, -1]


@pytest.mark.parametrize("value", [[0.5], ["a"], [None], [[0]], [[0], [1, 2]], 3, "ab", [float("inf")]], ids=repr)
def test_what_is_no_code(value):
    with pytest.raises(ValueError, match=r"^labels=.*: expected a list with one whole number per document"):
        as_codes("labels", value)


PATHS = {
    "Corpus.save": lambda path: ntm.load_corpus(TEXTS).save(path),
    "Corpus.load": ntm.Corpus.load,
    "BagOfWords.save": lambda path: ntm.BagOfWords(np.eye(2), ["a", "b"]).save(path),
    "BagOfWords.load": ntm.BagOfWords.load,
    "ShardedBagOfWords.write": lambda path: ntm.ShardedBagOfWords.write(path, [np.eye(2)]),
    "ShardedBagOfWords.open": ntm.ShardedBagOfWords.open,
    "load_model": ntm.load_model,
    "Run.open": ntm.Run.open,
    "list_runs": ntm.list_runs,
    "Sweep.open": ntm.Sweep.open,
}


@pytest.mark.parametrize("value", [None, 3, b"name", ["name"], "", " ", "a\0b"], ids=repr)
@pytest.mark.parametrize("name", PATHS)
def test_no_path_is_said_as_such_and_nothing_is_written(name, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError), match=r"^(path|folder)=.*: expected the name of a file or folder") as error:
        PATHS[name](value)
    assert one_line(error) and not list(tmp_path.iterdir())


def test_a_home_that_is_not_there_is_a_name():
    assert as_path("~nobody_of_that_name/x") == Path("~nobody_of_that_name/x")


def test_a_file_cannot_take_the_place_of_a_folder(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError, match="is a folder: expected the name of a file"):
        ntm.load_corpus(TEXTS).save(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def bow():
    return ntm.BowVectorizer(tokenizer="regex", min_doc_words=0).fit_transform(TEXTS)


@pytest.fixture(scope="module")
def model():
    return ntm.NTM(2, epochs=1, device="cpu").fit(bow())


CALLS = {
    "NTM": lambda model, value: ntm.NTM(value).fit(bow()),
    "recipe": lambda model, value: ntm.NTM(2, recipe=value).fit(bow()),
    "seed": lambda model, value: ntm.NTM(2, seed=value).fit(bow()),
    "threads": lambda model, value: ntm.NTM(2, threads=value).fit(bow()),
    "device": lambda model, value: ntm.NTM(2, device=value).fit(bow()),
    "decoder": lambda model, value: ntm.NTM(2, decoder=value).fit(bow()),
    "topics": lambda model, value: model.topics(value),
    "relevance": lambda model, value: model.topics(3, value),
    "rename": lambda model, value: model.rename_topic(value, "a"),
    "perplexity": lambda model, value: model.perplexity(bow(), seed=value),
    "refine": lambda model, value: model.transform(bow(), refine=value),
    "npmi window": lambda model, value: ntm.metrics.npmi(model.top_words(3), bow(), window=value),
    "npmi counting": lambda model, value: ntm.metrics.npmi(model.top_words(3), bow(), counting=value),
    "seeds": lambda model, value: ntm.stability(bow(), 2, value),
    "devices": lambda model, value: ntm.devices(bow(), value),
    "start": lambda model, value: ntm.guided_start(bow(), np.zeros(60, int), value),
    "load_model": lambda model, value: ntm.load_model("x", tokenizer=value),
    "column": lambda model, value: ntm.load_corpus(pd.DataFrame({"a": TEXTS}), text=value),
    "split": lambda model, value: bow().split(seed=value),
    "stop_list": lambda model, value: ntm.stop_list(value),
    "run name": lambda model, value: ntm.start_run(ntm.NTM(2), bow(), name=value),
    "vocab_size": lambda model, value: ntm.BowVectorizer(value).fit(TEXTS),
    "tokenizer": lambda model, value: ntm.BowVectorizer(tokenizer=value).fit(TEXTS),
    "stop": lambda model, value: ntm.BowVectorizer(stop=value).fit(TEXTS),
    "ngram_range": lambda model, value: ntm.BowVectorizer(ngram_range=value).fit(TEXTS),
    "keep": lambda model, value: ntm.BowVectorizer(keep=value).fit(TEXTS),
    "executor": lambda model, value: ntm.BowVectorizer(executor=value).fit(TEXTS),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_value_of_a_million_characters_is_refused_in_a_short_line(name, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, TypeError)) as error:
        CALLS[name](model, HUGE)
    assert "x" * 20 in one_line(error) and len(str(error.value)) < 700 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [np.array([1, 2]), pd.DataFrame({"a": [1, 2]}), object(), ["a"], {"a": 1}], ids=lambda v: type(v).__name__)
@pytest.mark.parametrize("name", sorted(CALLS.keys() - {"stop_list", "keep", "seeds", "ngram_range"}))
def test_things_of_a_wrong_kind_are_refused_by_name(name, value, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, TypeError)) as error:
        CALLS[name](model, value)
    assert re.search("expected|there is no|is not on this machine", one_line(error)), str(error.value)
    assert not list(tmp_path.iterdir())


def test_every_check_is_used():
    """A check that nobody shares belongs to the room that needs it."""
    rooms = [file.read_text(encoding="utf-8") for file in Path(checks.__file__).parent.parent.glob("*/*.py") if file.name != "checks.py"]
    for name in checks.__all__:
        assert sum(bool(re.search(rf"\b{name}\(", room)) for room in rooms) > 0, f"{name} is used nowhere"
