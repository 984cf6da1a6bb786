"""Everything people hand to `load_corpus`, the wrong things above all."""

import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import HOSTILE, one_line, write

import ntm_widgets
from ntm_widgets import Corpus, load_corpus
from ntm_widgets.data import sources
from ntm_widgets.data.cleaning import CorpusReport, code_labels
from ntm_widgets.data.corpus import StreamingCorpus

# ---- values in memory


@pytest.mark.parametrize("source", [
    ["one", "two"], ("one", "two"), np.array(["one", "two"]), np.array(["one", "two"], dtype=object),
    pd.Series(["one", "two"]), pd.DataFrame({"text": ["one", "two"]}), iter(["one", "two"]), [b"one", "two"],
])  # fmt: skip
def test_texts_in_memory(source):
    corpus = load_corpus(source)
    assert corpus.texts == ["one", "two"] and len(corpus) == 2 and list(corpus) == corpus.texts
    assert all(type(text) is str for text in corpus.texts)
    assert corpus.labels is None and corpus.report.documents == 2


def test_every_kind_of_hole_is_counted():
    values = ["a text", None, float("nan"), pd.NA, pd.NaT, "", " \n\t ", "a text", 3, 2.5, True, b"caf\xe9", "half \ud83d"]
    report = load_corpus(values).report
    assert report == CorpusReport(documents=13, kept=7, missing=4, blank=2, duplicates=1, converted=3, decoding_errors=2)
    for said in ("13 documents, 7 kept", "4 missing dropped", "2 blank dropped", "1 exact duplicate kept", "3 values", "2 documents with"):
        assert said in report.line
    assert "\n" not in report.line


def test_drop_duplicates_keeps_the_first():
    corpus = load_corpus(["a", "b", "a", "c", "b"], drop_duplicates=True, label=[1, 2, 3, 4, 5])
    assert corpus.texts == ["a", "b", "c"] and corpus.doc_ids == ["0", "1", "3"]
    assert corpus.report.dropped_duplicates == 2 and corpus.report.duplicates == 0
    assert [corpus.label_names[code] for code in corpus.labels] == ["1", "2", "4"]


@pytest.mark.parametrize("source, message", [
    ([], "no documents"), ([None, ""], "no documents are left: 2 documents, 0 kept; 1 missing dropped; 1 blank"),
    ([1, 2, 3], "none of the values is text (the first is 1)"), ([["to", "kens"]], "document 0 is a list"),
    (["fine", {"a": 1}], "document 1 is a dict"), ([np.array([1, 2])], "document 0 is a ndarray"),
    ({"a", "b"}, "sorted("), ({"id": "text"}, "values()"), (b"bytes", "decode"), (np.ones((3, 4)), "3×4"),
    (np.array("scalar"), "expected a list of texts"), (42, "expected a name"), (None, "expected a name"),
    (pd.DataFrame(), "no column holds strings"), (pd.DataFrame({"text": []}), "no documents are left"),
])  # fmt: skip
def test_useless_values_say_so(source, message):
    with pytest.raises((ValueError, TypeError)) as error:
        load_corpus(source)
    assert message in one_line(error)


def test_sparse_counts_are_refused():
    from scipy import sparse

    with pytest.raises(TypeError, match=r"NTM\.fit"):
        load_corpus(sparse.eye(3, format="csr"))


def test_generator_is_read_and_said():
    corpus = load_corpus(str(i) + " text" for i in range(3))
    assert len(corpus) == 3 and "generator" in corpus.report.line


def test_a_corpus_comes_back_itself():
    corpus = load_corpus(["a"])
    assert load_corpus(corpus) is corpus and load_corpus(corpus, name="other").name == "other"


# ---- data frames and their columns


def test_columns():
    frame = pd.DataFrame({"Body": ["one", "two"], "title": ["x", "y"], "year": [1, 2]}, index=["p", "q"])
    assert load_corpus(frame).texts == ["one", "two"]  # a telling name
    assert "'Body'" in load_corpus(frame).report.line
    assert load_corpus(frame, text="title").texts == ["x", "y"]
    corpus = load_corpus(frame, label="year")
    assert corpus.doc_ids == ["p", "q"] and corpus.label_names == ["1", "2"]
    assert load_corpus(frame[["title", "year"]]).texts == ["x", "y"]  # the only column of strings
    assert load_corpus(frame, label=["u", "v"]).label_names == ["u", "v"]


@pytest.mark.parametrize("options, message", [
    ({"text": "titel"}, "the columns are 'one', 'title', 'n'. Did you mean 'title'?"),
    ({"label": "TITEL"}, "Did you mean 'title'?"), ({"text": 5}, "there is no column 5"),
    ({}, "the columns 'one', 'title' all hold strings"), ({"text": "n"}, "none of the values is text"),
    ({"text": "title", "label": ["just one"]}, "1 labels for 2 documents"),
])  # fmt: skip
def test_wrong_columns(options, message):
    frame = pd.DataFrame({"one": ["a", "b"], "title": ["x", "y"], "n": [1, 2]})
    with pytest.raises(ValueError) as error:
        load_corpus(frame, **options)
    assert message in one_line(error)


def test_integer_and_repeated_column_names():
    assert load_corpus(pd.DataFrame([["a", 1], ["b", 2]]), text=0, label=1).texts == ["a", "b"]
    with pytest.raises(ValueError, match="several columns are called 'a'"):
        load_corpus(pd.DataFrame([["x", "y"]], columns=["a", "a"]))


def test_categories_and_missing_labels():
    frame = pd.DataFrame({"text": ["a", "b", "c"], "kind": pd.Categorical(["z", None, "y"])})
    corpus = load_corpus(frame, label="kind")
    assert corpus.label_names == ["y", "z"] and corpus.labels.tolist() == [1, -1, 0]
    assert corpus.labels.dtype == np.int64 and "1 without label" in corpus.report.line


def test_columns_of_a_list_are_refused():
    with pytest.raises(TypeError, match="name columns of a table"):
        load_corpus(["a"], text="text")


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(-5, 5))))
@settings(deadline=None, max_examples=60)
def test_label_codes_lead_back(values):
    codes, names = code_labels(values)
    for value, code in zip(values, codes, strict=True):
        blank = value is None or (isinstance(value, str) and not value.strip())
        assert code == -1 if blank else names[code] == str(value)
    assert len(set(names)) == len(names)


# ---- strings that lead nowhere


@pytest.mark.parametrize("source, message", [
    ("pydoc", "Did you mean 'pydocs'?"), ("20newsgroup", "Did you mean '20newsgroups'?"),
    ("no/such/folder/*.txt", "neither a known corpus ('20newsgroups', 'pydocs')"), ("nothing.csv", "a file, a folder, a pattern"),
    ("The moon is far away.\nVery far.", "pass a list, load_corpus([text])"), ("word " * 2000, "pass a list"),
    ("This is a document and nothing else", "pass a list"), ("", "neither"), ("null\0byte", "neither"),
    ("~nobody_of_that_name/x", "neither"), ("nope://bucket/x", "nope://bucket/x"),
])  # fmt: skip
def test_strings_that_lead_nowhere(source, message):
    with pytest.raises((OSError, ValueError, ImportError)) as error:
        load_corpus(source)
    assert message in one_line(error)


@pytest.mark.parametrize("missing, suggested", [
    ("reviews.tsv", "reviews.csv"), ("revews.csv", "reviews.csv"), ("REVIEWS.CSV", "reviews.csv"), ("survey answers.csv", ""), ("numbers.csv", "")
])  # fmt: skip
def test_a_file_is_suggested_where_its_own_name_is_near(tmp_path, missing, suggested):
    for name in ("reviews.csv", "answers 2.csv"):
        (tmp_path / name).write_text("text\nhello\n")
    if (tmp_path / missing).exists():  # a file system without upper and lower case
        return
    with pytest.raises(FileNotFoundError) as error:
        load_corpus(str(tmp_path / missing))
    assert ("Did you mean" in one_line(error)) == bool(suggested) and f"{suggested}" in one_line(error)


def test_a_server_that_does_not_answer_is_no_missing_file():
    pytest.importorskip("aiohttp")
    with pytest.raises(OSError) as error:
        load_corpus("http://127.0.0.1:9/x.csv?signature=secret")
    assert "http://127.0.0.1:9/x.csv: it cannot be reached" in one_line(error) and "secret" not in one_line(error)


def test_named_corpora_have_no_columns():
    with pytest.raises(TypeError, match="no table"):
        load_corpus("pydocs", text="text")


# ---- streams


def test_stream_reports_after_a_pass():
    stream = load_corpus(lambda: iter(["one", None, " ", "two", 5]), name="letters")
    assert isinstance(stream, StreamingCorpus) and stream.report is None and stream.labels is None
    assert list(stream) == ["one", "two", "5"] == list(stream)
    assert stream.report.documents == 5 and stream.report.kept == 3 and stream.report.duplicates is None
    assert "read as a stream" in stream.report.line and stream.name == "letters"


def test_stream_keeps_nothing():
    alive = 0

    class Text(str):
        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    def texts():
        nonlocal alive
        for number in range(1000):
            alive += 1
            yield Text(f"text {number}")

    most = max(alive for _ in load_corpus(texts))
    assert most <= 3


def test_interrupted_pass_leaves_no_report():
    stream = load_corpus(lambda: iter(["one", "two"]))
    next(iter(stream))
    assert stream.report is None


@pytest.mark.parametrize("function, message", [
    (lambda: "a text", "returned a str"), (lambda: None, "returned a NoneType"), (lambda: iter([]), "no documents"),
    (lambda: iter([["list"]]), "document 0 is a list"),
])  # fmt: skip
def test_useless_streams(function, message):
    with pytest.raises((TypeError, ValueError)) as error:
        list(load_corpus(function))
    assert message in one_line(error)


def test_used_up_stream_is_noticed():
    only = iter(["one"])
    stream = load_corpus(lambda: only)
    list(stream)
    with pytest.raises(ValueError, match="fresh iterator"):
        list(stream)


def test_stream_has_no_columns():
    with pytest.raises(TypeError, match="do not apply"):
        load_corpus(list, text="x")


# ---- options of a wrong kind, or for something else


@pytest.mark.parametrize("source", [3, None, 2.5, float("nan"), object(), np, np.float32(1), True])
def test_what_holds_no_documents_is_named(source):
    with pytest.raises(TypeError, match=r"^.+ is of type \w+: expected a name, a path, a URL, a list of texts") as error:
        load_corpus(source)
    assert one_line(error)


@pytest.mark.parametrize("options, message", [
    ({"name": 3}, "name=3: expected a text"), ({"progress": 3}, "progress=3: expected a function"),
    ({"drop_duplicates": "no"}, "drop_duplicates='no': expected True or False"),
    ({"label": 2.5}, "label=2.5: expected the name of a column, or a list"), ({"label": float("nan")}, "label=nan: expected"),
    ({"label": {"a": 1, "b": 2}}, "label={'a': 1, 'b': 2}: expected"), ({"label": {1, 2}}, "label={1, 2}: expected"),
    ({"label": np.zeros((2, 2))}, "expected the name of a column"), ({"label": print}, "expected the name of a column"),
])  # fmt: skip
@pytest.mark.parametrize("source", [["a text", "another"], pd.DataFrame({"text": ["a text", "another"]})], ids=["list", "frame"])
def test_options_of_a_wrong_kind_are_named(source, options, message):
    with pytest.raises(TypeError) as error:
        load_corpus(source, **options)
    assert message in one_line(error)


@pytest.mark.parametrize("options", [{"encoding": "cp1252"}, {"remove": ("headers",)}])
def test_options_that_mean_nothing_are_refused_and_not_ignored(options):
    with pytest.raises(TypeError, match=f"{next(iter(options))}= do not apply"):
        load_corpus(["a text"], **options)


@pytest.mark.parametrize("options", [{"text": "text"}, {"label": ["x"]}, {"drop_duplicates": True}, {"encoding": "utf-8"}])
def test_a_corpus_that_is_there_is_not_loaded_in_another_way(options, tmp_path):
    corpus = load_corpus(["a text"])
    for source in (corpus, corpus.save(tmp_path / "saved.jsonl"), lambda: iter(["a text"])):
        with pytest.raises(TypeError, match=f"{next(iter(options))}= do not apply"):
            load_corpus(source, **options)


def test_parts_to_remove_may_be_one_word_and_nothing_else_than_words():
    assert sources.parts_to_remove("headers") == ("headers",) and sources.parts_to_remove(None) == ()
    for wrong in (3, ["headers", None], b"headers"):
        with pytest.raises(ValueError, match=r"^remove"):
            sources.parts_to_remove(wrong)


# ---- the corpus itself


def test_slices_lead_back():
    corpus = load_corpus(["a", None, "b", "c"], label=list("xyxy"))
    part = corpus[1:]
    assert part.texts == ["b", "c"] and part.doc_ids == ["2", "3"] and part.labels.tolist() == [0, 1]
    assert corpus[-1] == "c" and corpus[np.int64(0)] == "a" and corpus[[2, 0]].texts == ["c", "a"]
    assert corpus[np.array([True, False, True])].doc_ids == ["0", "3"] and len(corpus[[]]) == 0
    assert "2 of 3 documents" in repr(part)
    for rows in (5, -4, "a", None, 1.5, [9], [True], [[0]], slice("a")):
        with pytest.raises(IndexError, match=r"there are 3 documents, and .* chooses none: expected") as error:
            corpus[rows]
        assert one_line(error)


@pytest.mark.parametrize("arguments, message", [
    ({"texts": "a text"}, "texts='a text': expected a collection of texts"), ({"texts": 3}, "texts=3: expected"),
    ({"texts": [3]}, "texts: expected texts, got 3 of type int"), ({"texts": ["a", None]}, "got None"),
    ({"texts": ["a"], "labels": ["x"]}, "labels=['x']: expected a list with one whole number per document"),
    ({"texts": ["a"], "labels": [0.5]}, "labels=[0.5]"), ({"texts": ["a"], "labels": [float("nan")]}, "labels=[nan]"),
    ({"texts": ["a"], "labels": [[0]]}, "labels=[[0]]"), ({"texts": ["a"], "name": 3}, "name=3: expected a text"),
    ({"texts": ["a"], "report": 3}, "report=3: expected a CorpusReport"),
])  # fmt: skip
def test_parts_of_a_wrong_kind_are_named(arguments, message):
    with pytest.raises((TypeError, ValueError)) as error:
        Corpus(**arguments)
    assert message in one_line(error)


def test_ids_become_texts():
    assert Corpus(["a", "b"], doc_ids=[7, 8]).doc_ids == ["7", "8"] and "<b>7</b>" in Corpus(["a"], doc_ids=[7])._repr_html_()


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="3 doc_ids for 1 documents"):
        Corpus(["a"], doc_ids=["1", "2", "3"])


def test_hostile_text_is_escaped():
    corpus = load_corpus(pd.DataFrame({"text": [HOSTILE], "y": [HOSTILE]}, index=[HOSTILE]), label="y", name=HOSTILE)
    shown = corpus._repr_html_()
    assert "<img" not in shown and "<script" not in shown and "</script" not in shown and shown.count("&lt;img") >= 3
    assert corpus.texts == [HOSTILE]


def test_hostile_file_names_are_escaped(tmp_path):
    write(tmp_path, {"fine.txt": "fine", "<img src=x onerror=alert(1)>": b"\0"})
    assert "<img" not in load_corpus(tmp_path)._repr_html_()


def test_empty_selection_has_reprs():
    empty = load_corpus(["a"])[[]]
    assert "0 of 1 document" in repr(empty) and empty._repr_html_()


@given(st.lists(st.text(min_size=1).filter(lambda text: not text.isspace()), min_size=1, max_size=5))
@settings(deadline=None, max_examples=50)
def test_saved_corpus_is_the_same(texts):
    import tempfile

    corpus = load_corpus(texts, label=[text[:1] or None for text in texts], name="saved")
    with tempfile.TemporaryDirectory() as folder:
        path = corpus.save(Path(folder, "c.jsonl"))
        for again in (Corpus.load(path), load_corpus(path)):
            assert (again.texts, again.doc_ids, again.label_names) == (corpus.texts, corpus.doc_ids, corpus.label_names)
            assert (again.labels == corpus.labels).all() and again.report == corpus.report and again.name == "saved"


def test_saving_is_one_step(tmp_path, monkeypatch):
    corpus, path = load_corpus(["a", "b"]), tmp_path / "c.jsonl"
    corpus.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(json, "dumps", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError):
        corpus.save(path)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("damage, message", [
    (lambda data: data[: len(data) // 2], "is damaged"), (lambda data: b'{"text": "x"}\n', "is not a saved corpus"),
    (lambda data: data.replace(b'"version": 1', b'"version": 9'), "newer version"), (lambda data: b"", "is not a saved"),
    (lambda data: data.replace(b'"text": "two"', b'"text": 2'), "is not a string"),
    (lambda data: data.replace(b'"kept": 2', b'"kicked": 2'), "is damaged"),
    (lambda data: data.replace(b'"label": 1', b'"label": "x"'), "is damaged"), (lambda data: b"\xff" + data, "not a saved"),
    (lambda data: data.replace(b'"label": 1', b'"label": 7'), "is damaged"),
])  # fmt: skip
def test_damaged_saved_corpus(tmp_path, damage, message):
    path = load_corpus(["one", "two"], label=["a", "b"]).save(tmp_path / "c.jsonl")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError) as error:
        Corpus.load(path)
    assert message in one_line(error)


# ---- 20 Newsgroups


@pytest.mark.data
def test_newsgroups(newsgroups):
    assert newsgroups.report.documents == 18_846 and len(newsgroups.label_names) == 20 == newsgroups.labels.max() + 1
    assert "headers, footers, quotes removed" in newsgroups.report.line and len(set(newsgroups.doc_ids)) == len(newsgroups)
    assert newsgroups.report.kept + newsgroups.report.blank == 18_846


@pytest.mark.data
def test_newsgroups_notice_is_shown_once(newsgroups, monkeypatch):
    monkeypatch.setattr(sources, "_noticed", set())
    first, second = sources.read_newsgroups(("headers",)), sources.read_newsgroups(("headers",))
    assert "Usenet" in first.notes[-1] and second.notes == ["headers removed"] and len(first.texts) == 18_846


def test_unknown_part_to_remove():
    with pytest.raises(ValueError, match="remove='header': expected some of headers, footers, quotes"):
        load_corpus("20newsgroups", remove=("header",))


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "empty"))
    return monkeypatch


def test_newsgroups_offline_says_what_to_do(no_cache):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    no_cache.setattr(socket, "getaddrinfo", refuse)
    no_cache.setattr(socket.socket, "connect", refuse)
    with pytest.raises(OSError) as error:
        load_corpus("20newsgroups")
    assert "SCIKIT_LEARN_DATA" in one_line(error) and "pydocs" in one_line(error)


def test_newsgroups_never_hangs(no_cache):
    """A server that accepts the connection and then says nothing."""
    import sklearn.datasets._twenty_newsgroups as fetcher

    with socket.create_server(("127.0.0.1", 0)) as silent:
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=lambda: accepted.extend(silent.accept()[0] for _ in range(2)), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/20news.tar.gz"
        no_cache.setattr(fetcher, "ARCHIVE", fetcher.ARCHIVE._replace(url=url))
        no_cache.setattr(sources, "DOWNLOAD_TIMEOUT", 0.5)
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            no_cache.delenv(name, raising=False)
        started = time.monotonic()
        with pytest.raises(OSError, match="could not be downloaded"):
            load_corpus("20newsgroups")
        assert time.monotonic() - started < 20 and socket.getdefaulttimeout() is None
        for connection in accepted:
            connection.close()


# ---- imports


def test_corpus_needs_no_heavy_imports():
    code = (
        "import sys; from ntm_widgets import load_corpus; load_corpus(['a text']);"
        "print([name for name in ('torch', 'nltk', 'sklearn', 'pandas', 'bokeh', 'fsspec') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]" and ntm_widgets.load_corpus is load_corpus
