"""Shards: what is written is read again, exactly; what is damaged says so; splits, samples and passes lose no document."""

import json
import os
import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from support import HOSTILE, one_line

from ntm_widgets.data import shard_files, shards
from ntm_widgets.data.bow import BagOfWords
from ntm_widgets.data.shards import ShardedBagOfWords, ShuffledPass

pytestmark = pytest.mark.filterwarnings("ignore:the matrix holds fractional")


def matrix(documents=1000, words=50, seed=0):
    rng = np.random.default_rng(seed)
    return sparse.csr_matrix(rng.poisson(0.3, (documents, words)).astype(np.float32))


def read(bag):
    return sparse.vstack(list(bag.blocks()), format="csr")


def equal(one, other):
    return one.shape == other.shape and (one != other).nnz == 0


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of 16 documents, four of them shuffled together."""
    monkeypatch.setattr(shards, "BLOCK", 16)
    monkeypatch.setattr(shards, "POOL", 4)


@settings(max_examples=30, deadline=None)
@given(
    dense=hnp.arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 8)),
                     elements=st.sampled_from([0, 0, 1, 3, 255, 256, 65_535, 65_536, 0.5])),
    size=st.integers(1, 50), part=st.integers(1, 50),
)  # fmt: skip
def test_every_value_comes_back(dense, size, part, tmp_path_factory):
    X = sparse.csr_matrix(dense)
    pieces = [X[start : start + part] for start in range(0, X.shape[0], part)]
    bag = ShardedBagOfWords.write(tmp_path_factory.mktemp("shards"), pieces, shard_documents=size)
    assert equal(read(bag), X) and bag.shape == X.shape
    assert [shard.documents for shard in bag.store.shards[:-1]] == [size] * ((X.shape[0] - 1) // size)


def test_types_are_the_narrowest_that_lose_nothing(tmp_path):
    rows = np.array([[1, 255], [2, 256], [3, 65_536], [0.25, 1]], np.float32)
    bag = ShardedBagOfWords.write(tmp_path / "a", [rows], shard_documents=1)
    assert [shard.counts for shard in bag.store.shards] == ["uint8", "uint16", "float32", "float32"]
    wide = sparse.csr_matrix(([3.0], ([0], [65_536])), shape=(2, 65_537), dtype=np.float32)
    bag = ShardedBagOfWords.write(tmp_path / "b", [wide])
    assert bag.store.shards[0].ids == "uint32" and read(bag)[0, 65_536] == 3


def test_everything_else_comes_back(tmp_path):
    bow = BagOfWords(matrix(90, 3), ["ice", HOSTILE, "é"], np.arange(90) % 3 - 1, ["a", "b"], vectorizer={"x": 1}, name=HOSTILE)
    bag = ShardedBagOfWords.write(tmp_path / "x", (bow[start : start + 25] for start in range(0, 90, 25)), shard_documents=40)
    again = ShardedBagOfWords.open(tmp_path / "x")
    for name in ("vocabulary", "label_names", "vectorizer", "name"):
        assert getattr(again, name) == getattr(bow, name)
    assert np.array_equal(again.labels, bow.labels) and again.num_documents == len(again) == 90
    assert equal(again.shard(2), bow.counts[80:]) and again.fingerprint() == bag.fingerprint()
    assert "<img" not in again._repr_html_() and "90 documents × 3 words in 3 shards" in repr(again)
    with pytest.raises(IndexError, match="there are 3"):
        again.shard(3)


def test_plain_reads_where_there_is_no_preadv(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "preadv", raising=False)
    X = matrix(300)
    assert equal(read(ShardedBagOfWords.write(tmp_path / "x", [X], shard_documents=70)), X)


@pytest.mark.parametrize(
    ("parts", "options", "message"),
    [
        ([], {}, "no parts"),
        ([np.zeros((0, 3))], {}, "no part holds a document"),
        ([np.ones((2, 3)), np.ones((2, 4))], {}, "4 columns, expected 3"),
        ([np.ones((2, 3))], {"vocabulary": ["a", "b"]}, "2 words .* for 3 columns"),
        ([np.ones((2, 3))], {"vocabulary": ["a", "b", "a"]}, "2 different"),
        ([np.ones((2, 3))], {"shard_documents": 0}, "shard_documents=0"),
        ([-np.ones((2, 3))], {}, "Negative"),
        ([BagOfWords(np.ones((2, 1)), ["a"]), BagOfWords(np.ones((2, 1)), ["b"])], {}, "another vocabulary"),
        ([BagOfWords(np.ones((2, 1)), ["a"], [0, 1]), np.ones((2, 1))], {}, "labels"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(parts, options, message, tmp_path):
    with pytest.raises(ValueError, match=message) as error:
        ShardedBagOfWords.write(tmp_path / "x", parts, **options)
    one_line(error)
    assert not list((tmp_path / "x").iterdir())


def test_an_interrupted_writer_leaves_nothing_that_opens(tmp_path, monkeypatch):
    def interrupted():
        yield matrix(100)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ShardedBagOfWords.write(tmp_path / "x", interrupted(), shard_documents=30)
    with pytest.raises(ValueError, match="not written to its end"):
        ShardedBagOfWords.open(tmp_path / "x")
    monkeypatch.setattr(shard_files, "clear_leftovers", lambda folder: None)  # as if the machine had stopped
    with pytest.raises(KeyboardInterrupt):
        ShardedBagOfWords.write(tmp_path / "x", interrupted(), shard_documents=30)
    assert (tmp_path / "x" / "shard-00002.bin").exists()
    monkeypatch.undo()
    assert equal(read(ShardedBagOfWords.write(tmp_path / "x", [matrix(20)])), matrix(20))
    assert not (tmp_path / "x" / "shard-00002.bin").exists()


def test_a_written_folder_is_not_overwritten(tmp_path):
    ShardedBagOfWords.write(tmp_path / "x", [matrix(20)])
    with pytest.raises(FileExistsError, match="holds shards already"):
        ShardedBagOfWords.write(tmp_path / "x", [matrix(30)])
    assert len(ShardedBagOfWords.open(tmp_path / "x")) == 20


def spoil(folder, change):
    about = json.loads((folder / "shards.json").read_text())
    change(about)
    (folder / "shards.json").write_text(json.dumps(about))


DAMAGE = {
    "no json": lambda folder: (folder / "shards.json").write_text("{"),
    "no text": lambda folder: (folder / "shards.json").write_bytes(b"\xff\xfe\x00"),
    "a list": lambda folder: (folder / "shards.json").write_text("[]"),
    "foreign": lambda folder: spoil(folder, lambda about: about.update(format="other")),
    "newer": lambda folder: spoil(folder, lambda about: about.update(version=2)),
    "no vocabulary": lambda folder: spoil(folder, lambda about: about.pop("vocabulary")),
    "short vocabulary": lambda folder: spoil(folder, lambda about: about["vocabulary"].pop()),
    "numbers as words": lambda folder: spoil(folder, lambda about: about.update(vocabulary=[1] * 50)),
    "a path": lambda folder: spoil(folder, lambda about: about["shards"][0].update(file="../shard-00000.bin")),
    "a type": lambda folder: spoil(folder, lambda about: about["shards"][0].update(counts="object")),
    "a size": lambda folder: spoil(folder, lambda about: about["shards"][0].update(documents=-1)),
    "other keys": lambda folder: spoil(folder, lambda about: about["shards"][0].update(extra=1)),
    "shards no list": lambda folder: spoil(folder, lambda about: about.update(shards=7)),
    "a missing file": lambda folder: (folder / "shard-00001.bin").unlink(),
    "a cut file": lambda folder: (folder / "shard-00001.bin").write_bytes((folder / "shard-00001.bin").read_bytes()[:-3]),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_folders_do_not_open(name, tmp_path):
    ShardedBagOfWords.write(tmp_path / "x", [matrix(100)], shard_documents=60)
    DAMAGE[name](tmp_path / "x")
    with pytest.raises(ValueError, match="x") as error:
        ShardedBagOfWords.open(tmp_path / "x")
    assert len(one_line(error)) < 400


def test_no_folder(tmp_path):
    with pytest.raises(ValueError, match=r"holds no shards\.json"):
        ShardedBagOfWords.open(tmp_path / "nowhere")


@pytest.mark.parametrize("section", ["offsets", "ids", "counts"])
@pytest.mark.parametrize("honest", [True, False])
def test_changed_content_is_noticed(section, honest, tmp_path):
    """A flipped byte is found by the checksum; where that was adapted, what cannot be is found nevertheless."""
    bag = ShardedBagOfWords.write(tmp_path / "x", [matrix(100) * 0.5])
    file, shard = tmp_path / "x" / "shard-00000.bin", bag.store.shards[0]
    content = bytearray(file.read_bytes())
    start = shard_files.sections(shard)[section].position
    content[start : start + 4] = b"\xff\xff\xff\xff"
    file.write_bytes(content)
    if not honest:
        spoil(tmp_path / "x", lambda about: about["shards"][0].update(crc32=zlib.crc32(content)))
    with pytest.raises(ValueError, match="is damaged") as error:
        read(ShardedBagOfWords.open(tmp_path / "x"))
    one_line(error)


def test_a_folder_that_goes_away(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "x", [matrix(100)])
    (tmp_path / "x" / "shard-00000.bin").unlink()
    with pytest.raises(ValueError, match="No such file"):
        read(bag)


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.5, 0.0, 0.5), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1 / 3, 1 / 3, 1 / 3)])
def test_splits_are_exact_and_spread(fractions, tmp_path, small_blocks):
    X = matrix(1003)
    bag = ShardedBagOfWords.write(tmp_path / "x", [X], shard_documents=100)
    parts = bag.split(*fractions, seed=3)
    assert np.array_equal(np.sort(np.concatenate([part.doc_ids for part in parts])), np.arange(1003))
    for part, fraction in zip(parts, fractions, strict=True):
        assert abs(len(part) - 1003 * fraction) <= 1.5
        assert abs(np.count_nonzero(part.doc_ids < 500) - 500 * fraction) <= 3
        if len(part):
            assert equal(read(part), X[part.doc_ids]) and part.mask.nbytes == 1003
    again, other = bag.split(*fractions, seed=3), bag.split(*fractions, seed=4)
    assert [part.fingerprint() for part in again] == [part.fingerprint() for part in parts]
    assert parts.test.fingerprint() != other.test.fingerprint()


def test_a_split_of_a_split(tmp_path, small_blocks):
    X = matrix(500)
    bag = ShardedBagOfWords.write(tmp_path / "x", [X], shard_documents=64)
    first = bag.split(0.5, 0.5, 0.0).validation
    inner = first.split(0.5, 0.25, 0.25, seed=1)
    assert sum(map(len, inner)) == len(first) and set(inner.test.doc_ids) < set(first.doc_ids)
    assert equal(read(inner.train), X[inner.train.doc_ids])
    with pytest.raises(ValueError, match="sum to 1"):
        bag.split(0.5, 0.6, 0.0)


def test_few_documents_keep_one_to_train(tmp_path):
    parts = ShardedBagOfWords.write(tmp_path / "x", [matrix(1)]).split()
    assert [len(part) for part in parts] == [1, 0, 0]


@pytest.mark.parametrize("batch_size", [1, 7, 64, 5000])
def test_a_pass_brings_every_document_once(batch_size, tmp_path, small_blocks):
    X = matrix(300)
    part = ShardedBagOfWords.write(tmp_path / "x", [X], shard_documents=70).split(seed=1).train
    batches = list(part.batches(batch_size, seed=5, epoch=2))
    assert {batch.shape[0] for batch in batches[:-1]} <= {batch_size}
    order = ShuffledPass(part, [5, 2])
    rows = order[0 : len(order)]
    assert equal(sparse.vstack(batches, format="csr"), X[part.doc_ids[rows]])
    assert np.array_equal(np.sort(rows), np.arange(len(part)))
    assert not np.array_equal(rows, ShuffledPass(part, [5, 3])[0 : len(part)])
    assert len(ShuffledPass(part, 0, most=33)[0:100]) == 33


def test_sorted_corpora_give_mixed_batches(tmp_path, small_blocks):
    classes = np.repeat(np.arange(4), 256)
    bow = BagOfWords(np.ones((1024, 1)), ["a"], classes)
    bag = ShardedBagOfWords.write(tmp_path / "x", [bow], shard_documents=256)
    order = ShuffledPass(bag, 0)
    seen = [len(set(classes[order[start : start + 64]])) for start in range(0, 1024, 64)]
    assert np.mean(seen) > 1.8  # one class after the other would be 1


def test_samples(tmp_path, small_blocks):
    bow = BagOfWords(matrix(1000), [f"w{w}" for w in range(50)], np.arange(1000) % 7, name="n", vectorizer={"tokenizer": "regex"})
    bag = ShardedBagOfWords.write(tmp_path / "x", [bow], shard_documents=90)
    part = bag.split(seed=2).train
    few = part.sample(100, seed=1)
    assert len(few) == 100 and len(set(few.doc_ids)) == 100 and set(few.doc_ids) <= set(part.doc_ids)
    assert equal(few.counts, bow.counts[few.doc_ids]) and np.array_equal(few.labels, bow.labels[few.doc_ids])
    assert np.abs(np.bincount(few.doc_ids // 100) - 10).max() <= 2 and few.vectorizer == bow.vectorizer
    assert len(part.sample(10**9)) == 800 and not np.array_equal(part.sample(100, seed=2).doc_ids, few.doc_ids)


@pytest.mark.parametrize("call", [
    lambda bag: bag.sample(0), lambda bag: bag.sample(1.5), lambda bag: bag.sample("5"), lambda bag: bag.sample(5, seed=-1),
    lambda bag: list(bag.batches(0)), lambda bag: list(bag.batches(-1)), lambda bag: list(bag.batches(8, epoch=-1)),
    lambda bag: bag.split(seed=-1), lambda bag: bag.split(seed=0.5),
])  # fmt: skip
def test_numbers_that_make_no_sense_are_named(call, tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "x", [matrix(10)])
    with pytest.raises(ValueError, match=r"^(n|seed|batch_size|epoch)=.*: expected a whole number of at least [01]$"):
        call(bag)


def test_an_empty_view_has_no_sample(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "x", [matrix(10)])
    with pytest.raises(ValueError, match="this view is empty"):
        bag.split(1.0, 0.0, 0.0).test.sample(3)


def test_there_is_no_matrix(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "x", [matrix(10)])
    assert not hasattr(bag, "counts")
    with pytest.raises(AttributeError, match="use sample"):
        _ = bag.counts
    with pytest.raises(TypeError, match="no array"):
        np.asarray(bag)
    with pytest.raises(TypeError):
        iter(bag)


@pytest.mark.parametrize("parts", [None, 3, np.eye(3), pd.DataFrame(np.eye(3))], ids=lambda value: type(value).__name__)
def test_one_matrix_is_no_list_of_parts(parts, tmp_path):
    with pytest.raises(ValueError, match=r"^parts=.*: expected a list or generator of bags of words") as error:
        ShardedBagOfWords.write(tmp_path / "x", parts)
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())
