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
    "&eacute;", "&mdash;", "<td nowrap>", "<!-- note -->", "<!DOCTYPE html>", "<o:p></o:p>", "<script async>",
])  # fmt: skip
def test_markup_is_seen(text):
    assert has_html(f"before {text} after")


@pytest.mark.parametrize("text", [
    "a < b", "a<b and c>d", "<ada@example.org>", "<grin>", "AT&T;", "R&D; more", "x && y", "<3", "->", "-->", "vector<int>", "<", "&", "",
    "</3", "<?", "<!", "&ptr;", "?x=1&copy=2", "<https://example.org/a>", "List<String>", "<![foo", "<p", "&#1;",
])  # fmt: skip
def test_what_only_looks_like_markup_is_text(text):
    assert not has_html(text) and without_html(text) == text


@pytest.mark.parametrize(("text", "shown"), [
    ("one<br>two", "one\ntwo"), ("<li>one</li><li>two</li>", "one\n\ntwo"), ("<b>un</b>happy", "unhappy"), ("<td>a</td><td>b</td>", "a\n\nb"),
    ("<span>Hello</span><span>World</span>", "Hello\n\nWorld"), ("&lt;br&gt; &eacute; &#128578; &copy=2", "<br> é 🙂 &copy=2"),
    ("x<!-- <p>no</p> -->y", "x\ny"), ("x <!-- <p>open", "x \n\nopen"), ("<script>if (a < b) x('</p>')</script>z<p>", "z"),
    ("<style>p {}</style>z", "z"), ("the <style> element &amp; more", "the \n element & more"), ("a --> b<br>", "a --> b"),
    ("<ada@example.org><br>z", "<ada@example.org>\nz"), ("if a<b and c>d<br>e</3", "if a<b and c>d\ne</3"),
    ("<script>x</script>a<script>b", "a\nb"), ("Hi<o:p></o:p><![if !vml]>1<![endif]>", "Hi\n\n1"), ("a<td nowrap>b", "a\nb"),
])  # fmt: skip
def test_the_text_is_what_a_browser_shows(text, shown):
    assert without_html(text) == shown


def test_a_document_cannot_stop_the_others():
    texts = ["good", f"&#{'9' * 5000}; <br>", "<td " + 200_000 * "x", 50_000 * "<!--<script>", 50_000 * "<a '", 100_000 * "&#x"]
    assert load_corpus(texts, strip_html=True).texts[0] == "good"


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
    assert view.glance["html"] == "" and [4, "with HTML, taken out"] in view.glance["report"]
    assert bench.corpus.label_names == ["x", "y", "z"]
    assert "strip_html=True" in bench.journal.python() and bench.journal.magics()[-1].endswith("--strip-html")
    assert view.answer_again("cp1252", strip_html=True) == view.answer_again(strip_html=True) == {"documents": 4}, "asked for twice"

    main = vars(sys.modules["__main__"])
    monkeypatch.setitem(main, "reviews", [*REVIEWS])
    monkeypatch.setitem(main, "kinds", list("xxyyz"))
    monkeypatch.setattr(documents_room, "user_names", lambda: main)
    bench.load_corpus(main["reviews"], label=main["kinds"])
    assert view.answer_again(strip_html=True) == {"documents": 4} and bench.corpus.label_names == ["x", "y", "z"]
    with pytest.raises(ValueError, match="not from a file: load what they come from with encoding='cp1252'"):
        view.answer_again("cp1252")
    main["reviews"][0] = "another"
    with pytest.raises(ValueError, match="reviews has other documents by now: load what they come from with strip_html=True"):
        view.answer_again(strip_html=True)
    for source in ([1000 * "long <br>"], load_corpus(REVIEWS).save(tmp_path / "saved.jsonl"), load_corpus(REVIEWS)):
        bench.load_corpus(source)
        with pytest.raises(ValueError, match=r"(cannot be read again from here|made before).*: load what they come from with strip_html=True"):
            view.answer_again(strip_html=True)
    view.close()
