"""The report: one file, nothing fetched, nothing run but its own script, everything from documents escaped."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.shards import ShardedBagOfWords
from ntm_widgets.data.vectorize import BowVectorizer
from ntm_widgets.ui.report import loss_chart, report
from ntm_widgets.ui.workbench import NotReady, Workbench

EVIL = "<script>alert(1)</script> & \"quoted\" <img src=x onerror=alert(1)>"
TEXTS = [f"{theme} {theme} game number{i % 7} {EVIL}" for i in range(60) for theme in ("hockey team", "space orbit")]


class Tags(HTMLParser):
    """The tags of a page, and whether they are closed."""

    void = frozenset({"meta", "img", "br", "hr", "input", "line", "polyline"})

    def __init__(self):
        super().__init__()
        self.seen, self.open = set(), []

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        assert not any(name.startswith("on") for name, _ in attributes), attributes
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.void:
            assert self.open.pop() == tag


@pytest.fixture(scope="module")
def fitted():
    corpus = load_corpus(TEXTS, name=EVIL)
    bow = BowVectorizer(tokenizer="regex", min_doc_words=1).fit_transform(corpus)
    return NTM(num_topics=3, epochs=2).fit(bow, validation=bow[:20]), bow, corpus


def test_nothing_hostile_and_nothing_remote(fitted, tmp_path):
    model, bow, corpus = fitted
    path = report(model, tmp_path / "r.html", bow=bow, corpus=corpus)
    page = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert not tags.open
    assert not tags.seen & {"img", "link", "iframe", "object"}
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in page and "default-src &#x27;none&#x27;" in page
    assert "<" not in data and json.loads(data)["answers"]["documents 0"]["value"]["documents"]
    still = page.replace(script, "").replace(data, "").replace("src=x", "").replace("url(data:font/woff;base64,", "")
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", still)
    assert "&lt;script&gt;" in page and "most typical documents" in page
    assert page.count("<polyline") == 2, "training and validation loss"
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.html"]


def test_a_model_alone_is_enough(fitted, tmp_path):
    page = report(fitted[0], tmp_path / "r.html", title="Only <topics>").read_text(encoding="utf-8")
    assert "<title>Only &lt;topics&gt;</title>" in page and "most typical" not in page


def test_fifty_topics_stay_small(newsgroups_like, tmp_path):
    bow, corpus = newsgroups_like
    model = NTM(num_topics=50, epochs=1).fit(bow)
    assert report(model, tmp_path / "r.html", bow=bow, corpus=corpus).stat().st_size < 2e6


@pytest.fixture(scope="module")
def newsgroups_like(pydocs):
    corpus = pydocs[::8]
    return BowVectorizer(tokenizer="regex", vocab_size=1000).fit_transform(corpus), corpus


def test_a_missing_folder_is_made_and_a_file_in_the_way_is_named(fitted, tmp_path):
    assert report(fitted[0], tmp_path / "new" / "r.html").is_file()
    (tmp_path / "taken").write_text("not a folder")
    with pytest.raises(OSError, match="taken"):
        report(fitted[0], tmp_path / "taken" / "r.html")
    assert (tmp_path / "taken").read_text() == "not a folder"


@pytest.mark.parametrize(("train", "validation", "curves"), [([], [], 0), ([7.0], [], 1), ([7.0, 6.0], [7.1, 6.2], 2), ([7, 7], [7, 7], 2)])
def test_the_chart_of_any_history(train, validation, curves):
    assert loss_chart(train, validation).count("<polyline") == curves


def test_a_folder_is_no_file(fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (".", tmp_path):
        with pytest.raises(ValueError, match=r"is a folder: expected a file, such as .*report\.html"):
            report(fitted[0], path)


def test_counts_in_shards_are_counted_and_named_not_read(fitted, tmp_path):
    """A report needs no matrix of everything; the browser in it says why it has no documents."""
    model, bow, corpus = fitted
    shards = ShardedBagOfWords.write(tmp_path / "shards", [bow], vocabulary=bow.vocabulary)
    page = report(model, tmp_path / "r.html", bow=shards, corpus=corpus).read_text(encoding="utf-8")
    assert f"{len(bow):,} documents counted</p>" in page
    data = json.loads(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)[0])
    assert "bow.sample" in data["answers"]["overview"]["value"]["without"]


@pytest.fixture
def bench():
    Workbench.clear_instance()
    yield Workbench.instance()
    Workbench.clear_instance()


def test_a_path_alone_is_about_the_workbench(fitted, bench, tmp_path, monkeypatch):
    model, bow, corpus = fitted
    bench.corpus, bench.bow, bench.model_ = corpus, bow, model
    asked = report(model, tmp_path / "asked.html", bow=bow, corpus=corpus).read_bytes()
    assert report(tmp_path / "shared.html").read_bytes() == asked
    assert report(str(tmp_path / "shared.html")).read_bytes() == asked
    monkeypatch.chdir(tmp_path)
    assert report().read_bytes() == asked and (tmp_path / "report.html").is_file()


def test_a_path_alone_without_a_model_is_refused(bench, tmp_path):
    with pytest.raises(NotReady, match=r"^no model yet: .*%ntm train[^\n]*$"):
        report(tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("a.html", "b.html"), {}, "model='a.html': expected a fitted NTM, or the path alone"),
        ((3, "r.html"), {}, "model=3: expected a fitted NTM"),
        ((NTM(3), "r.html"), {}, "expected a fitted NTM"),
        ((None, 3), {}, "path=3: expected the name of a file"),
        ((" ",), {}, "path=' ': expected the name of a file"),
        (("r.html",), {"bow": "counts"}, "bow='counts': expected counts"),
        (("r.html",), {"corpus": ["a", "b"]}, "expected a Corpus"),
    ],
)
def test_wrong_things_are_named_in_one_line(arguments, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError)) as error:
        report(*arguments, **options)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_title_is_a_text(fitted, tmp_path):
    with pytest.raises(TypeError, match="title=3: expected a text, or None"):
        report(fitted[0], tmp_path / "r.html", title=3)
