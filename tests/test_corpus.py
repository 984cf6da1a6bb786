"""Everything people hand to `load_corpus`, the wrong things above all."""

import bz2
import gzip
import importlib
import io
import json
import os
import re
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

import ntm_widgets
from ntm_widgets import Corpus, load_corpus
from ntm_widgets.data import files, sources, tables
from ntm_widgets.data.cleaning import CorpusReport, code_labels
from ntm_widgets.data.corpus import StreamingCorpus

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert('x')</script> & \"quotes\""


def write(folder: Path, contents: dict[str, str | bytes]) -> Path:
    """Write files below a folder and return the folder."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def one_line(error: pytest.ExceptionInfo) -> str:
    """The message, which must be one line."""
    text = str(error.value)
    assert "\n" not in text and text
    return text


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


def test_named_corpora_have_no_columns():
    with pytest.raises(TypeError, match="no table"):
        load_corpus("pydocs", text="text")


# ---- folders and text files


def test_folder_with_subfolders_as_labels(tmp_path):
    write(tmp_path, {"b/2.txt": "two", "a/1": "one", "a/deep/3.txt": "three", "0.txt": "zero"})
    corpus = load_corpus(tmp_path, name="posts")
    assert corpus.doc_ids == ["0.txt", "a/1", "a/deep/3.txt", "b/2.txt"] and corpus.name == "posts"
    assert corpus.label_names == ["a", "a/deep", "b"] and corpus.labels.tolist() == [-1, 0, 1, 2]


def test_folder_without_subfolders_has_no_labels(tmp_path):
    assert load_corpus(write(tmp_path, {"1.txt": "one"})).labels is None


def test_packed_and_oddly_encoded_files(tmp_path):
    write(tmp_path, {
        "a.txt.gz": gzip.compress(b"packed"), "b.txt.bz2": bz2.compress(b"packed too"), "c.txt": "\ufeffwith mark",
        "d.txt": "naïve".encode("cp1252"), "e.txt": "utf sixteen".encode("utf-16"),
    })  # fmt: skip
    corpus = load_corpus(str(tmp_path))
    assert corpus.texts == ["packed", "packed too", "with mark", "na\ufffdve", "utf sixteen"]
    assert corpus.report.decoding_errors == 1
    (tmp_path / "e.txt").unlink()
    assert load_corpus(tmp_path, encoding="cp1252").texts[3] == "naïve"
    with pytest.raises(ValueError, match="there is no such encoding"):
        load_corpus(tmp_path, encoding="nonsense")


def test_unreadable_files_name_themselves(tmp_path):
    write(tmp_path, {"fine.txt": "fine", "picture.png": b"\x89PNG\0\0", "torn.gz": gzip.compress(os.urandom(1000))[:500]})
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    report = load_corpus(tmp_path).report
    assert time.monotonic() - started < 10  # the pipe was not waited for
    assert [line.partition(" ")[0] for line in report.unreadable] == ["gone.txt", "picture.png", "pipe", "torn.gz"]
    assert "4 unreadable: gone.txt (" in report.line and "and 1 more" in report.line


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file(tmp_path):
    write(tmp_path, {"fine.txt": "fine", "secret.txt": "secret"})
    (tmp_path / "secret.txt").chmod(0)
    assert "secret.txt (Permission denied)" in load_corpus(tmp_path).report.line


def test_forbidden_file_as_the_operating_system_says_it(tmp_path, monkeypatch):
    write(tmp_path, {"fine.txt": "fine", "secret.txt": "secret"})
    read = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "secret.txt":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert load_corpus(tmp_path).report.unreadable == ("secret.txt (Permission denied)",)


def test_all_unreadable_is_an_error(tmp_path):
    write(tmp_path, {"a.bin": b"\0\0", "b.bin": b"\0\0"})
    with pytest.raises(ValueError) as error:
        load_corpus(tmp_path)
    assert "nothing could be read: a.bin (binary data" in one_line(error)


def test_empty_and_hidden_folders(tmp_path):
    with pytest.raises(ValueError, match="this folder holds no files"):
        load_corpus(tmp_path)
    write(tmp_path, {".git/config": "x", ".DS_Store": "y"})
    with pytest.raises(ValueError, match="2 hidden files or folders skipped"):
        load_corpus(tmp_path)
    with pytest.raises(ValueError, match="no documents are left"):
        load_corpus(write(tmp_path, {"empty.txt": ""}))


def test_links_in_a_circle(tmp_path):
    write(tmp_path, {"a/1.txt": "one"})
    for name in ("again", "more"):
        (tmp_path / "a" / name).symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    corpus = load_corpus(tmp_path)
    assert corpus.texts == ["one"] and "linked folders not followed: again, more" in corpus.report.line
    assert load_corpus(f"{tmp_path}/**/*.txt").texts == ["one"]


def test_glob(tmp_path):
    write(tmp_path, {"x/1.txt": "one", "y/2.txt": "two", "y/3.md": "three", "y/.h.txt": "hidden"})
    corpus = load_corpus(f"{tmp_path}/*/*.txt")
    assert corpus.doc_ids == ["x/1.txt", "y/2.txt"] and corpus.label_names == ["x", "y"]
    assert load_corpus(f"{tmp_path}/y/*").doc_ids == ["2.txt", "3.md"]


def test_single_text_file_is_read_by_lines(tmp_path):
    corpus = load_corpus(write(tmp_path, {"book.txt": "one\n\ntwo\r\n"}) / "book.txt")
    assert corpus.texts == ["one", "two"] and corpus.doc_ids == ["1", "3"] and corpus.report.blank == 1
    assert "each of its 3 lines is a document" in corpus.report.line


def test_long_names_are_cut_on_screen_only():
    name = "letters of " + "a very long correspondence " * 9
    corpus, stream = load_corpus(["a", "b"], name=name), load_corpus(lambda: iter(["a", "b"]), name=name)
    assert corpus.name == stream.name == name
    for shown in (repr(corpus), corpus._repr_html_(), repr(stream)):
        assert "…" in shown and name not in shown
    assert "not read yet" in repr(stream)
    list(stream)
    assert "2 documents" in repr(stream)


def test_one_huge_document(tmp_path):
    huge = "word " * 2_000_000
    write(tmp_path, {"huge.csv": f"text,n\n{huge},1\nsmall,2\n", "huge/1.txt": huge})
    assert len(load_corpus(tmp_path / "huge.csv").texts[0]) > 9_000_000
    corpus = load_corpus(tmp_path / "huge")
    assert len(corpus) == 1 and len(corpus._repr_html_()) < 2000 and len(repr(corpus)) < 500


def test_progress_over_files(tmp_path):
    seen = []
    load_corpus(write(tmp_path, {"1": "a", "2": "b"}), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_table_among_texts_is_named(tmp_path):
    corpus = load_corpus(write(tmp_path, {"1.txt": "one", "index.csv": "text\nx\n"}))
    assert corpus.texts == ["one"] and corpus.report.unreadable[0].startswith("index.csv (a table among")


# ---- tables in files


def test_csv_with_line_breaks_holes_and_bad_lines(tmp_path):
    content = 'id,text,label\n1,"two\nlines, one comma",x\n2,,y\n3,a,b,c,d\n4,"say ""hi""",\n'
    corpus = load_corpus(write(tmp_path, {"t.csv": content}) / "t.csv", label="label")
    assert corpus.texts == ["two\nlines, one comma", 'say "hi"'] and corpus.doc_ids == ["0", "2"]
    assert corpus.report.missing == 1 and corpus.report.unlabelled == 1
    assert corpus.report.unreadable == ("t.csv row 4 (expected 3 fields, found 5)",)


@pytest.mark.parametrize("name, content", [
    ("t.tsv", "text\tlabel\none\tx\ntwo\ty\n"), ("t.csv.gz", gzip.compress(b"text,label\none,x\ntwo,y\n")),
    ("t.jsonl", '{"text": "one", "label": "x"}\n\n{"text": "two", "label": "y"}\n'), ("t.csv", "\ufefftext,label\none,x\ntwo,y\n"),
    ("t.json", '[{"text": "one", "label": "x"}, {"text": "two", "label": "y"}]'), ("T.NDJSON", '{"text":"one","label":"x"}\r\n{"text":"two","label":"y"}'),
])  # fmt: skip
def test_kinds_of_tables(tmp_path, name, content):
    corpus = load_corpus(write(tmp_path, {name: content}) / name, label="label")
    assert corpus.texts == ["one", "two"] and corpus.label_names == ["x", "y"] and corpus.name == name


def test_jsonl_with_bad_lines(tmp_path):
    lines = ['{"text": "one"}', "{broken", '"two"', "5", "[" * 100_000, '{"other": 1}', '{"text": null}']
    corpus = load_corpus(write(tmp_path, {"t.jsonl": "\n".join(lines)}) / "t.jsonl")
    assert corpus.texts == ["one", "two"] and corpus.doc_ids == ["1", "3"] and corpus.report.missing == 2
    assert [re.match(r"t.jsonl line (\d+)", line)[1] for line in corpus.report.unreadable] == ["2", "4", "5"]


def test_windows_bytes_in_a_table(tmp_path):
    path = write(tmp_path, {"t.csv": "text,n\nnaïve,1\nplain,2\n".encode("cp1252")}) / "t.csv"
    assert load_corpus(path).report.decoding_errors == 1
    assert load_corpus(path, encoding="cp1252").texts == ["naïve", "plain"]


@pytest.mark.parametrize("name, content, message", [
    ("t.csv", "", "t.csv: the file is empty"), ("t.csv", 'a,b\n"open,1\n', "t.csv: "), ("t.csv", b"a\0b", "binary data"),
    ("t.csv", "text\n", "no documents are left"), ("t.json", "{}", "expected a JSON list"), ("t.json", "[1,", "t.json: "),
    ("t.jsonl", "{x\n{y\n", "nothing could be read: t.jsonl line 1"), ("t.parquet", b"PAR1 no", "t.parquet: "),
    ("t.csv.gz", b"no gzip", "t.csv.gz: "), ("t.csv", "a,b\nx,y\n", "name the one with the documents"),
])  # fmt: skip
def test_useless_tables(tmp_path, name, content, message):
    with pytest.raises((ValueError, OSError)) as error:
        load_corpus(write(tmp_path, {name: content}) / name)
    assert message in one_line(error)


def test_many_tables_become_one(tmp_path):
    write(tmp_path, {"1.csv": "text,label\na,x\n", "2.jsonl": '{"text": "b", "label": "y"}', "3.csv": "other\n5\n"})
    corpus = load_corpus(f"{tmp_path}/*", label="label")
    assert corpus.texts == ["a", "b"] and corpus.doc_ids == ["1.csv:0", "2.jsonl:1"] and corpus.label_names == ["x", "y"]
    assert corpus.report.unreadable[0].startswith("3.csv (")


def test_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    pd.DataFrame({"body": ["one", None], "y": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    corpus = load_corpus(tmp_path / "t.parquet", label="y")
    assert corpus.texts == ["one"] and corpus.report.missing == 1


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    find = tables.importlib.util.find_spec
    monkeypatch.setattr(tables.importlib.util, "find_spec", lambda name: None if name == "pyarrow" else find(name))
    with pytest.raises(ImportError) as error:
        load_corpus(tmp_path / "t.parquet")
    assert 'pip install "ntm-widgets[parquet]"' in one_line(error)


# ---- remote


@pytest.fixture(scope="module")
def bucket():
    """A bucket on a local S3 server; yields (fsspec file system, bucket name)."""
    server_module = pytest.importorskip("moto.server")
    s3fs = pytest.importorskip("s3fs")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    system = s3fs.S3FileSystem()
    system.mkdir("documents")
    yield system, "documents"
    s3fs.S3FileSystem.clear_instance_cache()
    patch.undo()
    server.stop()


def test_s3(bucket):
    system, name = bucket
    packed = io.BytesIO()
    pd.DataFrame({"text": ["one", "two"]}).to_parquet(packed)
    system.pipe({
        f"{name}/posts/space/1.txt": b"the moon", f"{name}/posts/hockey/2.txt.gz": gzip.compress(b"the puck"),
        f"{name}/posts/hockey/3.txt": "naïve".encode("cp1252"), f"{name}/posts-old/4.txt": b"another folder",
        f"{name}/t.csv": b"text,y\nfirst,a\nsecond,b\n", f"{name}/t.parquet": packed.getvalue(),
    })  # fmt: skip
    corpus = load_corpus(f"s3://{name}/posts")
    assert corpus.doc_ids == ["hockey/2.txt.gz", "hockey/3.txt", "space/1.txt"] and corpus.report.decoding_errors == 1
    assert corpus.label_names == ["hockey", "space"] and corpus.name == f"s3://{name}/posts"
    assert load_corpus(f"s3://{name}/posts/*/*.txt").doc_ids == ["hockey/3.txt", "space/1.txt"]
    assert load_corpus(f"s3://{name}/t.csv", label="y").label_names == ["a", "b"]
    assert load_corpus(f"s3://{name}/t.parquet").texts == ["one", "two"]
    system.pipe(f"{name}/posts/space/5.txt", b"came later")
    assert len(load_corpus(f"s3://{name}/posts")) == 4


def test_s3_that_is_not_there(bucket):
    for url in (f"s3://{bucket[1]}/nowhere", f"s3://{bucket[1]}/*.nothing", "s3://no-such-bucket/x"):
        with pytest.raises(OSError) as error:
            load_corpus(url)
        assert url in one_line(error)


def test_remote_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    registry = importlib.import_module("fsspec.registry")
    monkeypatch.delitem(registry._registry, "s3", raising=False)
    with pytest.raises(ImportError) as error:
        load_corpus("s3://bucket/x.csv")
    assert 'pip install "ntm-widgets[remote]"' in one_line(error)


def test_passwords_and_signatures_are_not_shown():
    assert files.public_url("https://me:secret@host/a.csv?signature=x") == "https://host/a.csv"


def test_partly_failing_store(monkeypatch):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe({"/some/1.txt": b"one", "/some/2.txt": b"two"})

    def cat(paths: list[str], on_error: str) -> dict[str, bytes | Exception]:
        return {path: RuntimeError("the store\nbroke") if path.endswith("2.txt") else b"one" for path in paths}

    monkeypatch.setattr(memory, "cat", cat)
    assert load_corpus("memory://some").report.unreadable == ("2.txt (the store)",)


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


# ---- the corpus itself


def test_slices_lead_back():
    corpus = load_corpus(["a", None, "b", "c"], label=list("xyxy"))
    part = corpus[1:]
    assert part.texts == ["b", "c"] and part.doc_ids == ["2", "3"] and part.labels.tolist() == [0, 1]
    assert corpus[-1] == "c" and corpus[np.int64(0)] == "a" and corpus[[2, 0]].texts == ["c", "a"]
    assert corpus[np.array([True, False, True])].doc_ids == ["0", "3"] and len(corpus[[]]) == 0
    assert "2 of 3 documents" in repr(part)
    with pytest.raises(IndexError):
        corpus[5]


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
