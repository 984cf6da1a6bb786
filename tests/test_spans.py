"""Where words stand in their text: exact for the named tokenizers, careful for functions, whatever the text holds."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import HOSTILE

from ntm_widgets.data.spans import STOP, UNKNOWN, place_surfaces, read_words, utf16_offsets
from ntm_widgets.data.tokenize import find_tokenizer
from ntm_widgets.data.vectorize import BowVectorizer

PIECES = ["can't", "cannot", '"', "''", "``", "...", "İ", "Ö", "🚀", "e\u0301", "\u200d", "\u0915\u093f", "שלום", "\n" * 500,
          "U.S.", "a--b", "x" * 300, HOSTILE, "\x00", "\ue000", "gonna", "'tis", "«ça»", "ſß", "the", "10,000", "-" * 600]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=12).map(" ".join) | st.text(max_size=60)
NAMES = ("lemma", "seed", "regex", "stem")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_spans_hold_the_tokens(name, text):
    tokenizer = find_tokenizer(name)
    placed = place_surfaces(text, tokenizer)
    assert placed.surfaces == tokenizer.split(text)
    for surface, start, end in zip(*placed, strict=True):
        assert text[start:end].lower().strip("\u0307") == surface.strip("\u0307")
    assert placed.starts == sorted(placed.starts)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, grams=st.sampled_from([(1, 1), (1, 2), (2, 3)]))
def test_reading_agrees_with_analysis(text, grams):
    words = ["can", "tis", "can tis", "gon na", "10,000", "ça"]
    vectorizer = BowVectorizer(vocabulary=words, tokenizer="lemma", ngram_range=grams, stop_words=["the", "not"], keep=["not"])
    reading = read_words(vectorizer, text)
    assert reading.tokens == vectorizer.analyze(text)
    assert (reading.starts[1:] >= reading.ends[:-1]).all() and (reading.ends > reading.starts).all()
    if grams == (1, 1):
        assert [column for column in reading.columns if column != STOP] == [
            UNKNOWN if column is None else column for _, column in reading.tokens
        ]


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_javascript_slices_the_same_words(text):
    reading = read_words(BowVectorizer(vocabulary=["x"], tokenizer="regex"), text)
    units = text.encode("utf-16-le", "surrogatepass")
    starts, ends = (utf16_offsets(text, offsets) for offsets in (reading.starts, reading.ends))
    sliced = [units[2 * a : 2 * b].decode("utf-16-le", "surrogatepass") for a, b in zip(starts, ends, strict=True)]
    assert sliced == [text[a:b] for a, b in zip(reading.starts, reading.ends, strict=True)]


def spans_of(text, tokenizer):
    placed = place_surfaces(text, find_tokenizer(tokenizer))
    return [text[a:b] if a >= 0 else None for a, b in zip(placed.starts, placed.ends, strict=True)]


def test_functions_that_leave_out_lower_stem_and_invent():
    assert spans_of("Concat the Cat", lambda text: ["cat"]) == ["Cat"]
    assert spans_of("Two studies, later studied", lambda text: ["study", "study"]) == ["studies", "studied"]
    assert spans_of("one two three", lambda text: ["one", "<pad>", "three"]) == ["one", None, "three"]
    assert spans_of("a" + "!" * 5000 + "b", lambda text: ["a", "b"]) == ["a", "b"]


def test_tokens_that_know_their_place():
    tokens = [SimpleNamespace(text="cat", idx=9), SimpleNamespace(text="cat", idx=0), SimpleNamespace(text="dog", idx=999)]
    assert spans_of("cat  and cat", lambda text: [tokens[1], tokens[0]]) == ["cat", "cat"]
    placed = place_surfaces("cat  and cat", find_tokenizer(lambda text: [tokens[0]]))
    assert placed.starts == [9]


def test_combining_marks_stay_with_their_word():
    text = "un cafe\u0301 noir"
    reading = read_words(BowVectorizer(vocabulary=["cafe"], tokenizer="regex", stop_words=None), text)
    assert [text[a:b] for a, b in zip(reading.starts, reading.ends, strict=True)] == ["un", "cafe\u0301", "noir"]


def test_a_megabyte_is_read_whole():
    text = ("The shuttle 🚀 orbits the moon. " * 35_000)[:1_000_000]
    reading = read_words(BowVectorizer(vocabulary=["moon", "shuttle"], tokenizer="lemma"), text)
    assert (reading.columns >= 0).sum() == len([1 for _, column in reading.tokens if column is not None]) > 60_000
    assert {text[a:b] for a, b in zip(reading.starts, reading.ends, strict=True)} == {"The", "the", "shuttle", "orbits", "moon", "Th"}
