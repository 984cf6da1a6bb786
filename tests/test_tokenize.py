"""The tokenizers against their definitions, and the chunk memo against NLTK itself."""

import subprocess
import sys
import textwrap
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ntm_widgets.data import tokenize
from ntm_widgets.data.chunks import BREAK, DOUBTFUL, ChunkMemo, cut, tokens_of_chunks
from ntm_widgets.data.tokenize import (
    TOKENIZERS,
    MissingData,
    find_tokenizer,
    noun_lemma,
    split_lemma,
    split_regex,
    stop_list,
    terms_of,
)

needs_nltk_data = pytest.mark.data

PIECES = [
    *("hockey", "dog's", "dogs'", "don't", "n't", "cannot", "wanna", "gımme", "more'n", "d'ye", "'tis", "'twas", "it's", "we'll"),
    *("U.S.", "u.s.'s", "e.g", "3.5", "3,000", "a,b", "12:30", "x:y", "http://a.b/c?d=e&f", "me@here.org", "über", "ſtop", "東京", "İstanbul", "a̐b"),
    *('"', "''", "'", "``", "`", "«", "»", "“", "”", "‘", "’", "„", "(", ")", "[", "]", "{", "}", "<", ">", "*", "--", "---", "—", "―"),
    *(".", "..", "...", ",", ",,", ":", ";", "!", "?", "#", "$", "%", "&", "_", "-", "/", "\\", "|", "0", "٣", "²", "´"),
    *(" ", " ", " ", " ", "\n", "\t", "\r\n", "\x0b", "\x0c", "\x1c", "\x1f", "\x85", "\xa0", "\u2003", "\u2028", "\u3000", "\u200b", "\x00", "\x07"),
    *DOUBTFUL,
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def by_chunks(text: str) -> list[str]:
    return [token for tokens in tokens_of_chunks(cut(text.lower())) for token in tokens]


@settings(max_examples=600, deadline=None)
@given(TEXTS)
@example("")
@example('"')
@example("''tis\n''tis")
@example("the dog's.\") ")
@example("dog's' dog's'\ndog's'")
@example("x,,y z.,")
@example("at the end: dogs'")
@example("it's\x1cit's \"a\"\u2028\"b\"")
@example(f"it's {BREAK} \"here\"\n\"there\"")
def test_chunks_give_nltks_tokens(text):
    assert by_chunks(text) == split_lemma(text)


@settings(max_examples=250, deadline=None)
@given(st.text(max_size=40))
def test_chunks_give_nltks_tokens_on_any_unicode(text):
    assert by_chunks(text) == split_lemma(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(TEXTS, max_size=8), st.integers(0, 50))
def test_memo_gives_nltks_tokens_in_order(texts, limit):
    memo = ChunkMemo(limit)
    for _ in range(2):
        surfaces, tokens, starts = memo.split(texts)
        found = [[surfaces[t] for t in tokens[a:b]] for a, b in pairwise(starts)]
        assert found == [split_lemma(text) for text in texts]


@pytest.mark.data
def test_chunks_give_nltks_tokens_on_posts(newsgroups):
    texts = newsgroups.texts[:1500]
    surfaces, tokens, starts = ChunkMemo().split(texts)
    for text, a, b in zip(texts, starts, starts[1:], strict=False):
        assert [surfaces[t] for t in tokens[a:b]] == split_lemma(text)


@pytest.mark.data
def test_noun_lemma_is_nltks(newsgroups):
    from nltk.stem import WordNetLemmatizer

    wordnet = WordNetLemmatizer()
    words = {token for text in newsgroups.texts[:1500] for token in split_regex(text)} | {"", "s", "men", "ab.cs", "n't"}
    assert len(words) > 10_000
    assert {word: noun_lemma(word) for word in words} == {word: wordnet.lemmatize(word) for word in words}


@pytest.mark.data
@pytest.mark.parametrize("name", ["lemma", "seed"])
def test_stop_before_drops_stop_words_and_their_lemmas(name):
    words = frozenset({"was", "has", "dog", "games"})
    text = "was has dogs games mice"
    assert terms_of(text, TOKENIZERS[name], words, "before") == ["mouse"]
    assert terms_of(text, TOKENIZERS[name], words, "after") == ["wa", "ha", "game", "mouse"]


@pytest.mark.parametrize("name", ["lemma", "seed"])
def test_missing_data_is_one_line_at_once(name, tmp_path):
    code = f"""
    import nltk, sys
    nltk.data.path[:] = [{str(tmp_path)!r}]
    from ntm_widgets.data.tokenize import MissingData, find_tokenizer
    try:
        find_tokenizer({name!r}).split("A text.")
    except MissingData as error:
        sys.exit(str(error))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "nltk.download('wordnet')" in done.stderr and "tokenizer='regex'" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.data
def test_missing_sentence_splitter_is_one_line(monkeypatch):
    import nltk

    def absent(*_args, **_kwargs):
        raise LookupError("Resource punkt_tab not found")

    monkeypatch.setattr(nltk, "word_tokenize", absent)
    with pytest.raises(MissingData, match="punkt_tab"):
        find_tokenizer("seed").split("A text.")


def test_callables_and_spacy():
    assert find_tokenizer(str.split).split("Ice hockey") == ["Ice", "hockey"]
    assert find_tokenizer(str.split).name == "callable:builtins.str.split"
    spacy = pytest.importorskip("spacy")
    tokenizer = find_tokenizer(spacy.blank("en"))
    assert tokenizer.split("We don't play.") == ["We", "do", "n't", "play", "."]
    for wrong in (lambda text: text, lambda text: [1, 2]):
        with pytest.raises(ValueError, match="returned"):
            find_tokenizer(wrong).split("a b")


def test_wrong_names():
    with pytest.raises(ValueError, match="expected one of 'lemma'"):
        find_tokenizer("word")
    with pytest.raises(ValueError, match=r"expected 'english', None or a collection"):
        stop_list("german")
    with pytest.raises(ValueError, match="stop_words: expected words, got 1"):
        stop_list([1])
    assert stop_list(None) == frozenset()


def test_module_needs_no_nltk_to_be_imported():
    code = "import sys, ntm_widgets.data.tokenize, ntm_widgets.data.chunks; sys.exit('nltk' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
    assert tokenize.split_regex("A few words") == ["few", "words"]
