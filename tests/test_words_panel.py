"""The words panel without a browser: its answers, choices that stick, code that gives the same counts, files and variables."""

import json
import threading
import time

import numpy as np
import pandas as pd
import pytest
from leaks import leaks
from support import HOSTILE, mails, until
from traitlets import TraitError

from ntm_widgets.data.corpus import Corpus, load_corpus
from ntm_widgets.data.vectorize import BowVectorizer
from ntm_widgets.ui.words_data import FILTERS, SORTS
from ntm_widgets.ui.words_documents import DocumentsView, Upload, peek, variables
from ntm_widgets.ui.words_panel import VectorizerPanel, WordsView
from ntm_widgets.ui.workbench import NotReady, Workbench


def made(**settings):
    bench = Workbench()
    bench.corpus = Corpus(mails(), np.arange(300) % 3, ["a", "b", "c"], name="mails")
    panel = VectorizerPanel(bench)
    panel.settings = {"tokenizer": "regex", **settings}
    panel.words.table()
    return panel


def words_in(panel):
    return set(panel.vocabulary.query("status == 'in'").term)


def rows(panel, **asked):
    value, buffers = panel.words.answer_rows(**asked)
    return value, *(np.frombuffer(buffer, np.float64) for buffer in buffers)


def turn(panel, word):
    """What a click on a word says; a change is answered with the rows that come of it."""
    value, _ = panel.words.answer_turn(word=word, rows={"find": word})
    assert value["in"][value["words"].index(word)] == (word in words_in(panel)) and value["version"] == panel.words.state["version"]
    return value["said"]


@pytest.mark.parametrize("change", [{"min_df": 4}, {"max_df": 0.4}, {"stop_words": None}, {"vocab_size": 5}, {"tokenizer": "stem"}, {"ngram_range": (1, 2)}])
def test_a_choice_sticks_through_every_other_change(change):
    panel = made()
    panel.choose("the", "in")
    panel.choose("edu", "out")
    panel.settings = change
    assert "the" in words_in(panel) and "edu" not in words_in(panel)
    bow = panel.apply()
    assert "the" in bow.vocabulary and "edu" not in bow.vocabulary and set(bow.vocabulary) == words_in(panel)
    scope = {"corpus": panel.bench.corpus}
    exec(panel.code(), scope)
    assert scope["bow"].vocabulary == bow.vocabulary and (scope["bow"].counts != bow.counts).nnz == 0


def test_own_stop_words_and_a_split_are_in_the_code():
    panel = made()
    panel.words.answer_set(name="own", value="hockey, key\norbit", rows={})
    panel.words.answer_set(name="split", value="80/10/10", rows={})
    bow = panel.apply()
    assert not {"hockey", "key", "orbit", "the"} & set(bow.vocabulary)
    assert "stop_list(add=['hockey', 'key', 'orbit'])" in panel.code()
    scope = {"corpus": panel.bench.corpus}
    exec(panel.code(), scope)
    assert scope["bow"].vocabulary == bow.vocabulary
    assert [part.num_documents for part in scope["split"]] == [part.num_documents for part in panel.bench.split]
    assert panel.words.form["changed"] == ["tokenizer", "own", "split"]
    panel.words.answer_reset(rows={})
    assert panel.words.form["changed"] == [] and panel.split == ()


def test_own_stop_words_are_separated_in_any_way_and_those_in_no_document_are_named():
    panel = made()
    panel.words.answer_set(name="own", value="hockey; Max;\nspace,qqzz  nasa", rows={})
    panel.words.table()
    assert panel.words.state["unseen"] == ["max", "qqzz"]
    assert not {"hockey", "space", "nasa"} & words_in(panel)
    panel.words.answer_set(name="ngram_range", value="1-2", rows={})
    panel.words.table()
    assert panel.words.state["unseen"] == []  # tokens are not known then, only terms


def test_turning_a_word_twice_leaves_no_trace():
    panel = made(min_df=3)
    for word in ("orbit", "the"):
        before = dict(panel.settings)
        was_in = word in words_in(panel)
        assert turn(panel, word) == ("out" if was_in else "in")
        assert (word in words_in(panel)) != was_in
        assert turn(panel, word) is None
        assert panel.settings == before
    panel.choose("orbit", "out")
    panel.settings = {"stop_words": ["orbit"]}  # out by the rules as well now: a click still brings it in
    panel.words.table()
    assert turn(panel, "orbit") == "in" and "orbit" in words_in(panel)


def test_undo_and_redo():
    panel = made()
    for word in ("orbit", "moon"):
        panel.choose(word, "out")
    panel.undo()
    assert panel.settings["drop"] == ["orbit"] and panel.words.form["undo"] == 1 and panel.words.form["redo"] == 1
    panel.redo()
    assert panel.settings["drop"] == ["moon", "orbit"]
    panel.undo()
    panel.choose("chip", "out")  # a new choice ends what could be made again
    panel.redo()
    assert panel.settings["drop"] == ["chip", "orbit"]
    for wrong in (("orbit", "away"), ("", "in")):
        with pytest.raises(ValueError, match="expected"):
            panel.choose(*wrong)


def test_words_given_in_capitals_are_the_words_of_the_table():
    panel = made(keep=["THE"], drop=["Edu"], stop_words=["From"])
    assert (panel.settings["keep"], panel.settings["drop"], panel.settings["stop_words"]) == (["the"], ["edu"], ["from"])
    panel.choose("THE", "out")
    panel.choose("edu", None)
    assert (panel.settings["keep"], panel.settings["drop"]) == (None, ["the"])
    panel.choose("the", "in")
    panel.bench.vectorizer = BowVectorizer(tokenizer="regex", min_doc_words=0, drop=["THE"])
    assert (panel.settings["keep"], panel.settings["drop"]) == (None, ["the"])
    panel.apply()
    assert not panel.words.stale


def test_a_step_back_that_cannot_be_changes_nothing():
    panel = made(tokenizer=str.split, keep=["The"], drop=["the"])
    panel.choose("edu", "out")
    with pytest.raises(TraitError, match="both in keep and in drop"):
        panel.settings = {"tokenizer": "regex"}
    panel.settings = {"tokenizer": "regex", "keep": None}
    with pytest.raises(TraitError, match="both in keep and in drop"):
        panel.undo()  # The and the were two words
    assert panel.settings["drop"] == ["edu", "the"] and (len(panel.words.past), len(panel.words.future)) == (1, 0)


def test_every_row_is_shown_once_under_every_order_and_filter():
    panel = made(max_df=0.9, vocab_size=12)
    panel.choose("the", "in")
    frame = panel.vocabulary.set_index("term")
    for sort in SORTS:
        for down in (True, False):
            value, tf, df = rows(panel, sort=sort, down=down, show="all", number=400)
            assert sorted(value["words"]) == sorted(frame.index) and value["total"] == len(frame)
            assert tf.tolist() == frame.loc[value["words"]].term_frequency.tolist()
            assert df.tolist() == frame.loc[value["words"]].document_frequency.tolist()
    shown = {show: set(rows(panel, show=show, number=400)[0]["words"]) for show in FILTERS}
    assert shown["in"] | shown["out"] == shown["all"] and not shown["in"] & shown["out"] and shown["yours"] == {"the"}
    assert shown["unlisted"] == shown["all"] - set(frame[frame.reason == "stop word"].index)
    assert rows(panel, sort="word", down=False)[0]["words"] == sorted(shown["unlisted"])
    assert rows(panel, find="ROCK")[0]["words"] == ["rockets"] and rows(panel, find="was")[0]["words"] == ["was"]
    assert rows(panel, start=3, number=2)[0]["words"] == rows(panel, number=400)[0]["words"][3:5]
    reasons = dict(zip(*(rows(panel, show="all", number=400)[0][key] for key in ("words", "why")), strict=True))
    assert reasons["the"] == "in: yours" and reasons["was"] == "stop word" and "not in top 12" in reasons.values()


def test_examples_show_the_word_in_its_place():
    panel = made(tokenizer="stem")
    for word, spelt in (("rocket", "rockets"), ("launch", "launched")):
        found = panel.words.answer_examples(word)
        assert len(found) == 3 and all(part["parts"][1] == spelt for part in found)
        text = panel.bench.corpus.texts[found[0]["document"]]
        assert found[0]["parts"][0].strip(" …") in text
    panel.settings = {"ngram_range": (2, 2)}
    panel.words.table()
    pair = rows(panel)[0]["words"][0]
    assert [word.startswith(part) for word, part in zip(panel.words.answer_examples(pair)[0]["parts"][1].split()[::3], pair.split(), strict=False)]
    assert panel.words.answer_examples("nowhere") == []


def test_a_count_from_elsewhere_moves_the_controls_and_keeps_the_choices():
    panel = made()
    panel.choose("edu", "out")
    panel.bench.vectorize(tokenizer="regex", min_df=7, vocab_size=9, keep=["moon"], min_doc_words=None, split=(0.9, 0.1, 0.0))
    assert [panel.settings[name] for name in ("min_df", "vocab_size", "keep", "drop")] == [7, 9, ["moon"], ["edu"]]
    assert panel.split == (0.9, 0.1, 0.0) and panel.words.form["values"]["min_df"] == "7"
    assert panel.words.stale and panel.words.result.startswith("300 documents × 9 words")
    panel.apply()
    assert not panel.words.stale
    panel.bench.corpus = Corpus(mails(50, seed=3), name="others")
    assert panel.words.result == "" and panel.settings["drop"] == ["edu"] and panel.vocabulary.attrs["documents"] == 50


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [({"tokenizer": "words"}, "'lemma', 'seed', 'regex', 'stem'"), ({"stop": "x"}, "'before' or 'after'"), ({"vocab_size": 0}, "≥ 1"), ({"mindf": 1}, "vocab_size, tokenizer")],
)
def test_settings_are_checked_when_they_are_assigned(wrong, expected):
    panel = made()
    before = dict(panel.settings)
    with pytest.raises(TraitError, match=expected) as error:
        panel.settings = wrong
    assert "\n" not in str(error.value) and panel.settings == before
    for fractions in ((0.5, 0.9), "abc", None, 3):
        with pytest.raises(TraitError, match=r"three fractions|'split' trait"):
            panel.split = fractions
    for nothing in (None, 3, "abc"):
        with pytest.raises(TraitError, match="'settings' trait"):
            panel.settings = nothing


def test_nothing_left_says_what_to_relax():
    panel = made(max_df=2)
    assert "raise max_df" in panel.words.state["message"] and panel.words.state["in"] == 0
    with pytest.raises(ValueError, match="no word is left of"):
        panel.apply()
    panel.settings = {"max_df": 0.95, "min_doc_words": 5000}
    panel.words.table()
    assert "lower the minimum document length" in panel.words.state["message"]


def test_documents_are_missing():
    panel = VectorizerPanel(Workbench())
    with pytest.raises(NotReady, match="no documents yet"):
        panel.apply()
    assert "no documents" in repr(panel) and rows(panel)[0]["total"] == 0


def test_settings_that_cannot_be_together_are_a_problem_that_is_shown():
    panel = made()
    panel.words.answer_show()
    panel.settings = {"max_df": 1, "min_df": 5}
    until(lambda: "max_df=1" in panel.words.problem)
    panel.settings = {"max_df": 0.9}
    until(lambda: panel.words.problem == "")
    panel.words.answer_set(name="max_df", value="1", rows={})
    assert "max_df=1" in panel.words.problem
    panel.words.answer_set(name="max_df", value="90 %", rows={})  # back to what the table shows
    until(lambda: panel.words.problem == "")


def slow_words(text):
    time.sleep(0.002)
    return text.split()


def test_a_count_can_be_cancelled_and_takes_its_setting_back(monkeypatch):
    monkeypatch.setattr("ntm_widgets.data.blocks.BLOCK_SIZE", 8)
    monkeypatch.setattr("ntm_widgets.data.blocks.batches.__defaults__", (8,))
    panel = made()
    panel.words.answer_show()
    version = panel.words.state["version"]
    panel.settings = {"tokenizer": slow_words}
    until(lambda: panel.words.work.get("done"))
    assert panel.words.answer_set(name="min_df", value="3", rows={}).value["version"] == version  # does not wait for the count
    panel.words.answer_cancel()
    until(lambda: panel.settings["tokenizer"] == "regex" and panel.words.work == {"phase": "idle"})
    until(lambda: panel.words.state["version"] == version + 1)
    assert panel.settings["min_df"] == 3 and "orbit" in words_in(panel)


def test_a_stream_has_words_but_no_text_to_read():
    bench = Workbench()
    bench.load_corpus(lambda: iter(mails(40)))
    panel = VectorizerPanel(bench)
    panel.settings = {"tokenizer": "regex", "min_doc_words": 1}
    assert "orbit" in words_in(panel)
    panel.choose("was", "in")
    assert "was" in words_in(panel) and "was" in panel.apply().vocabulary
    assert panel.documents.look()["documents"] is None and panel.words.answer_examples("orbit") == []
    with pytest.raises(ValueError, match="read as a stream"):
        panel.documents.answer_document(0)


def test_hostile_and_odd_texts_stay_text():
    bench = Workbench()
    texts = [HOSTILE + " word", "word " * 30, "x" * 10_000_000, "a\u200bb word \u202eabc\u202c", "שלום עולם word 😀😀 word"] * 2
    bench.corpus = Corpus(texts, [0, 1] * 5, [HOSTILE, "b"], name=HOSTILE)
    panel = VectorizerPanel(bench)
    panel.settings = {"tokenizer": "regex", "min_doc_words": None, "min_df": 1, "max_df": 1.0}
    bow = panel.apply()
    assert "word" in bow.vocabulary
    value, *_ = rows(panel, show="all", number=400)
    assert max(map(len, value["words"])) == 200 and len(json.dumps(value)) < 20_000
    reply = panel.documents.answer_document(4)
    starts_ends = np.frombuffer(reply.buffers[0], np.int32).reshape(-1, 2)
    utf16 = reply.value["text"].encode("utf-16-le")
    assert {utf16[2 * a : 2 * b].decode("utf-16-le") for a, b in starts_ends} >= {"word", "שלום"}
    long = panel.documents.answer_document(2, whole=True).value
    assert len(long["text"]) == 300_000 and long["characters"] == 10_000_000
    html = panel.plain()["text/html"]
    assert "<img" not in html and "<script" not in html and len(html) < 100_000
    assert all(len(json.dumps(trait)) < 20_000 for trait in (panel.documents.look(), panel.words.state, panel.words.form))


def test_plain_is_small_and_counts_nothing(monkeypatch):
    panel = made()
    html = panel.plain()["text/html"]
    assert "orbit" in html and "<style" not in html and html.count("<tr>") <= 21
    monkeypatch.setattr("ntm_widgets.ui.words_form.count", lambda *_: pytest.fail("the documents were counted"))
    panel.settings = {"tokenizer": "stem"}
    assert "mails" in panel.plain()["text/plain"]


def test_a_file_comes_in_pieces(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bench = Workbench()
    view = DocumentsView(bench)
    table = pd.DataFrame({"id": range(60), "story": mails(60), "kind": ["x", "y"] * 30})
    data = table.to_csv(index=False).encode()
    half = len(data) // 2
    assert view.answer_upload("news.csv", len(data), 0, buffers=[memoryview(data[:half])]) == {"done": half}
    last = view.answer_upload("news.csv", len(data), half, buffers=[memoryview(data[half:])])
    assert last["columns"] == ["id", "story", "kind"] and last["text"] == "story" and last["path"] == "uploads/news.csv"
    view.answer_load(last["path"], text="story", label="kind")
    assert len(bench.corpus) == 60 and bench.corpus.label_names == ["x", "y"]
    assert view.glance["documents"] == 60 and view.glance["labels"]["counts"] == [30, 30]
    for name, size, at, message in (("a.exe", 5, 0, "expected a file of the kind"), ("a.csv", 10**12, 0, "expected up to 500"), ("a.csv", 9, 4, "its beginning is missing")):
        with pytest.raises(ValueError, match=message):
            view.answer_upload(name, size, at, buffers=[b"1234"])
    (tmp_path / "uploads").rename(tmp_path / "elsewhere")
    (tmp_path / "uploads").write_text("a file where the folder should be")
    upload = Upload("b.txt", 4)
    upload.add(0, b"one\n")
    assert upload.path.read_bytes() == b"one\n" and upload.path.suffix == ".txt"


def test_a_file_of_windows_is_read_once_more(tmp_path):
    """Letters that are not UTF-8 are counted; read as Windows has them they are there, and the code says so."""
    path = tmp_path / "mails.csv"
    pd.DataFrame({"Beiträge": ["Müller fährt über die Brücke"] * 3 + ["plain words"], "kind": list("xxyy")}).to_csv(path, index=False, encoding="cp1252")
    bench = Workbench()
    view = DocumentsView(bench)
    view.answer_load(str(path), text=peek(str(path))["columns"][0], label="kind")
    assert "\ufffd" in bench.corpus.texts[0] and view.glance["damaged"] == 3
    assert 'encoding="cp1252"' in bench.corpus.report.line
    assert view.answer_again("cp1252") == {"documents": 4}
    assert bench.corpus.texts[0] == "Müller fährt über die Brücke" and view.glance["damaged"] == 0
    assert bench.corpus.label_names == ["x", "y"]
    assert bench.journal.python().count("load_corpus(") == 1 and "encoding='cp1252'" in bench.journal.python()
    bench.load_corpus(["in memory"])
    with pytest.raises(ValueError, match="load what they come from with encoding='cp1252'"):
        view.answer_again("cp1252")


@pytest.mark.parametrize(("name", "write"), [("a.tsv", lambda f, p: f.to_csv(p, sep="\t", index=False)), ("a.jsonl", lambda f, p: f.to_json(p, orient="records", lines=True)), ("a.json", lambda f, p: f.to_json(p, orient="records"))])
def test_columns_are_known_before_loading(tmp_path, name, write):
    frame = pd.DataFrame({"headline": ["a", "b"], "Body": ["long text", "longer text"], "Section": ["x", "y"]})
    write(frame, tmp_path / name)
    assert peek(str(tmp_path / name)) == {"columns": ["headline", "Body", "Section"], "text": "Body", "label": "Section"}
    assert load_corpus(tmp_path / name, text="Body", label="Section").label_names == ["x", "y"]


def test_only_texts_are_offered_as_variables():
    names = {"t": ["a", "b"], "n": [1, 2], "s": pd.Series(["a", "b"]), "f": pd.DataFrame({"x": ["a"]}), "empty": [], "_h": ["a", "b"], "c": Corpus(["a"])}
    assert {one["name"]: one["kind"] for one in variables(names)} == {"t": "texts", "s": "texts", "f": "table", "c": "texts"}


def test_closing_leaves_no_observer_and_no_thread():
    bench = Workbench()
    bench.corpus = Corpus(mails(30))
    threads = threading.active_count()
    before = {name: len(kinds.get("change", [])) for name, kinds in bench._trait_notifiers.items()}
    panel = VectorizerPanel(bench)
    panel.words.answer_show()
    until(lambda: panel.words.made is not None or panel.words.problem)
    panel.close()
    panel.close()
    assert {name: len(kinds.get("change", [])) for name, kinds in bench._trait_notifiers.items() if kinds.get("change") or name in before} == before
    until(lambda: threading.active_count() <= threads + 1)


def test_views_work_by_themselves():
    bench = Workbench()
    bench.corpus = Corpus(mails(30), name="thirty")
    words, documents = WordsView(bench), DocumentsView(bench)
    words.settings = {"tokenizer": "regex", "min_doc_words": 5}
    assert words.apply().num_documents == 30 and documents.look()["name"] == "thirty"
    assert documents.answer_document(3).value["text"] == bench.corpus.texts[3]


def test_nothing_is_left_of_closed_panels():
    bench = Workbench()
    bench.corpus = Corpus(mails(), name="mails")

    def used():
        panel = VectorizerPanel(bench)
        panel.settings = {"tokenizer": "regex"}
        panel.words.answer_show()
        panel.documents.answer_show()
        panel.words.table()
        panel.words.answer_rows()
        return panel

    assert leaks(used) == []
