"""HTML in documents: seen where it is, taken out when that is asked for, and text that only looks like it left alone."""

import sys

import pandas as pd
import pytest

import ntm_widgets.ui.words_documents as documents_room
from ntm_widgets import BowVectorizer, load_corpus
from ntm_widgets.data.markup import has_html, without_html
from ntm_widgets.ui.words_documents import DocumentsView, with_html
from ntm_widgets.ui.workbench import Workbench

REVIEWS = ["One of the best.<br /><br />Really!", "Fish &amp; chips", "a <b>bold</b> film", "<p></p>", "no markup, 3 < 4 & 5 > 2"]


@pytest.mark.parametrize("text", [
    "<br>", "</P>", "<a href='x'>y</a>", "<img src=x onerror=alert(1)>", "a&nbsp;b", "&#39;", "&#x27;", "<H1 class=\"x\">", "<hr/>",
])  # fmt: skip
def test_markup_is_seen(text):
    assert has_html(f"before {text} after")


@pytest.mark.parametrize("text", [
    "a < b", "a<b and c>d", "<ada@example.org>", "<grin>", "AT&T", "R&D; more", "x && y", "<3", "->", "vector<int>", "<", "&", "",
])  # fmt: skip
def test_what_only_looks_like_markup_is_text(text):
    assert not has_html(text)


@pytest.mark.parametrize(("text", "shown"), [
    ("one<br>two", "one\ntwo"), ("<li>one</li><li>two</li>", "one\n\ntwo"), ("<b>un</b>happy", "unhappy"), ("<td>a</td><td>b</td>", "a\n\nb"),
    ("&lt;br&gt; &eacute; &#128578;", "<br> é 🙂"), ("x<!-- <p>no</p> -->y", "xy"), ("<script>if (a < b) x('</p>')</script>z<p>", "z"),
    ("<style>p {}</style>z", "z"), ("<ada@example.org><br>z", "<ada@example.org>\nz"), ("<![CDATA[kept]]><p>z", "kept\nz"),
    ("if a < b<br>c > d", "if a < b\nc > d"), ("<![foo", "<![foo"),
])  # fmt: skip
def test_the_text_is_what_a_browser_shows(text, shown):
    assert without_html(text) == shown


def test_a_corpus_without_html_says_so():
    kept, stripped = load_corpus(REVIEWS), load_corpus(REVIEWS, strip_html=True)
    assert kept.texts == REVIEWS and "HTML" not in kept.report.line
    assert stripped.texts == ["One of the best.\n\nReally!", "Fish & chips", "a bold film", REVIEWS[-1]]
    assert stripped.doc_ids == ["0", "1", "2", "4"], "what was markup alone is blank"
    assert stripped.report.blank == 1 and stripped.report.line.endswith("HTML taken out of 4 documents")
    count = BowVectorizer(tokenizer="regex", min_df=1, max_df=1.0, min_doc_words=0, stop_words=None).fit
    assert {"br", "amp"} <= set(count(kept).vocabulary_) and not {"br", "amp"} & set(count(stripped).vocabulary_)


@pytest.mark.parametrize("source", [load_corpus(["a text"]), lambda: iter(["a text"])])
def test_it_is_for_documents_that_are_being_read(source):
    with pytest.raises(TypeError, match="strip_html= do not apply"):
        load_corpus(source, strip_html=True)
    with pytest.raises(TypeError, match="strip_html='yes': expected True or False"):
        load_corpus(["a text"], strip_html="yes")


def test_how_many_have_markup():
    assert with_html(REVIEWS) == "4" and with_html(["plain"] * 200 + ["<br>"]) == with_html([]) == ""
    assert with_html(["<br>", "plain", "plain"] * 3_000) == "about 3,000", "of many, from some of them"


def test_the_studio_reads_them_again(tmp_path, monkeypatch):
    path = tmp_path / "reviews.csv"
    pd.DataFrame({"review": REVIEWS, "kind": list("xxyyz")}).to_csv(path, index=False)
    bench = Workbench()
    view = DocumentsView(bench)
    view.answer_load(str(path), text="review", label="kind")
    assert view.glance["html"] == "4"
    assert view.answer_again(strip_html=True) == {"documents": 4}
    assert view.glance["html"] == "" and [None, "HTML taken out of 4 documents"] in view.glance["report"]
    assert bench.corpus.label_names == ["x", "y", "z"]
    assert "strip_html=True" in bench.journal.python() and bench.journal.magics()[-1].endswith("--strip-html")

    monkeypatch.setattr(sys.modules["__main__"], "reviews", REVIEWS, raising=False)
    monkeypatch.setattr(documents_room, "user_names", lambda: vars(sys.modules["__main__"]))
    bench.load_corpus(REVIEWS)
    assert view.answer_again(strip_html=True) == {"documents": 4}
    with pytest.raises(ValueError, match="not from a file: load what they come from with encoding='cp1252'"):
        view.answer_again("cp1252")
    bench.load_corpus(["in memory <br>"])
    with pytest.raises(ValueError, match="cannot be read again from here: load them with strip_html=True"):
        view.answer_again(strip_html=True)
    view.close()
