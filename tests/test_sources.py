"""Folders, text files, tables and remote stores: what cannot be read is named, nothing is lost."""


import bz2
import gzip
import importlib
import io
import os
import re
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from support import one_line, write

from ntm_widgets import load_corpus
from ntm_widgets.data import files, tables

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
    ("t.tsv", "text\tlabel\none\tx\ntwo\ty\n"), ("t.csv.gz", gzip.compress(b"text,label\none,x\ntwo,y\n", mtime=0)),
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


def test_nesting_without_end_is_one_line(tmp_path):
    file = write(tmp_path, {"deep.json": "[" * 100_000}) / "deep.json"
    with pytest.raises(ValueError, match=r"deep\.json: .*recursion") as error:
        load_corpus(str(file))
    assert one_line(error)


@pytest.mark.parametrize("encoding", ["nope", "rot13", "", 3, "a\0b", b"utf-8", ["utf-8"]])
def test_no_encoding_is_named(tmp_path, encoding):
    file = write(tmp_path, {"a.txt": "one\ntwo"}) / "a.txt"
    if encoding == "":
        assert len(load_corpus(str(file), encoding=encoding)) == 2
        return
    with pytest.raises(ValueError, match=r"^encoding=.*: there is no such encoding") as error:
        load_corpus(str(file), encoding=encoding)
    assert one_line(error)


@pytest.mark.parametrize(("content", "texts", "bad"), [
    ("id,text\n1,Great, would come again\n2,Slow, rude, never\n3,Fine\n", ["Fine"], 2),  # the first rows are wide
    ("id,text\n3,Fine\n1,Great, would come again\n", ["Fine"], 1),
    ("sep=;\nid;text\n1;one, two\n", ["one, two"], 0),
    ("id;text\n1;Gut; gerne wieder\n2;Na ja\n", ["Na ja"], 1),
    ("id,text\n1,one,\n2,two,\n", ["one", "two"], 0),  # an empty column behind the last
    ('id,text\n1,"two\nlines, quoted", too\n2,"two\nlines, quoted"\n', ["two\nlines, quoted"], 1),
    ('id,text\n1,"He said \\"hi\\", ok"\n2,"x"\n', ['He said "hi", ok', "x"], 0),
    ('id,text\n1,"ends with \\"\n2,"He said ""hi"", ok"\n', ["ends with \\", 'He said "hi", ok'], 0),
])  # fmt: skip
def test_no_text_is_cut_where_a_row_is_too_wide(tmp_path, content, texts, bad):
    path = write(tmp_path, {"t.csv": content.encode()}) / "t.csv"
    assert list(tables.first_rows(path).columns)[:2] == ["id", "text"]
    corpus = load_corpus(path, text="text")
    assert corpus.texts == texts and len(corpus.report.unreadable) == bad
    assert all("fields, found" in line for line in corpus.report.unreadable)


def test_letters_and_their_accents_are_put_together():
    apart = "u\u0308ber Ko\u0308ln"
    assert load_corpus([apart, "über Köln"]).texts == ["über Köln"] * 2 and load_corpus([apart]).texts[0] != apart
