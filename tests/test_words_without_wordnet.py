"""The words panel on a machine without WordNet: what it says, and its two ways out."""

import hashlib
import io
import zipfile
from urllib.error import URLError

import pytest
from support import mails, until

from ntm_widgets.data import tokenize
from ntm_widgets.data.corpus import Corpus
from ntm_widgets.ui.words_panel import VectorizerPanel
from ntm_widgets.ui.workbench import Workbench


@pytest.fixture
def without_wordnet(tmp_path, monkeypatch):
    """A machine without NLTK's data or a network; the function that it gives connects it to a server with a tiny WordNet."""
    import nltk

    server: dict[str, bytes] = {}

    def ask(url, timeout=None):
        name = url.rpartition("/")[2]
        if name not in server:
            raise URLError("Name or service not known")
        return io.BytesIO(server[name])

    def connect():
        packed, files = io.BytesIO(), {"index.noun": "game n 1\nrocket n 1\n", "noun.exc": "geese goose\n"}
        with zipfile.ZipFile(packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(f"wordnet/{name}", text)
        content = server["wordnet.zip"] = packed.getvalue()
        about = (f'id="wordnet" name="WordNet" subdir="corpora" url="https://raw.githubusercontent.com/nltk/wordnet.zip" unzip="1" '
                 f'size="{len(content)}" unzipped_size="{sum(map(len, files.values()))}" checksum="{hashlib.md5(content).hexdigest()}" '
                 f'sha256_checksum="{hashlib.sha256(content).hexdigest()}"')
        server["index.xml"] = f"<nltk_data><packages><package {about}/></packages><collections/></nltk_data>".encode()

    monkeypatch.setattr(nltk.downloader, "urlopen", ask)
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    for cached in (tokenize._nouns, tokenize.noun_lemma):
        cached.cache_clear()
    yield connect
    for cached in (tokenize._nouns, tokenize.noun_lemma):
        cached.cache_clear()


@pytest.fixture
def lacking(without_wordnet):
    """The words of a panel that has just been shown, and lacks WordNet."""
    bench = Workbench()
    bench.corpus = Corpus(mails(), name="mails")
    view = VectorizerPanel(bench).words
    view.answer_show()
    until(lambda: view.problem)
    assert view.problem == "NLTK's WordNet is not on this machine."
    assert view.lacking == {"what": "WordNet", "package": "wordnet"} and view.work == {"phase": "idle"}
    return view


def test_missing_data_are_fetched_and_the_words_counted(lacking, without_wordnet):
    without_wordnet()
    phases = []
    lacking.observe(lambda change: phases.append(change["new"]), "work")
    lacking.answer_fetch()
    until(lambda: lacking.state.get("version") and lacking.problem == "" and lacking.lacking == {})
    assert any(work["phase"] == "fetching" and work["done"] for work in phases) and phases[-1] == {"phase": "idle"}
    assert "rocket" in set(lacking.answer_rows(number=100)[0]["words"])
    lacking.answer_fetch()  # nothing is lacking: nothing happens
    assert lacking.form["changed"] == []


def test_without_a_network_one_line_says_so_and_the_offer_stands(lacking, without_wordnet):
    lacking.answer_fetch()
    until(lambda: "could not be fetched" in lacking.problem)
    assert "\n" not in lacking.problem and lacking.lacking["package"] == "wordnet"
    until(lambda: lacking.work == {"phase": "idle"})
    without_wordnet()
    lacking.answer_fetch()
    until(lambda: lacking.state.get("version") and lacking.problem == "" and lacking.lacking == {})


def test_a_download_can_be_cancelled(lacking, without_wordnet):
    without_wordnet()
    lacking.observe(lambda _: lacking.answer_cancel(), "work")
    lacking.answer_fetch()
    until(lambda: lacking.cancelled.is_set() and lacking.work == {"phase": "idle"})
    assert lacking.problem and lacking.lacking and lacking.state == {"version": 0}


def test_without_the_data_the_regex_tokenizer_goes_on(lacking):
    lacking.answer_set(name="tokenizer", value="regex", rows={})
    until(lambda: lacking.state.get("version") and lacking.problem == "" and lacking.lacking == {})
    assert "tokenizer='regex'" in lacking.code() and "rockets" in lacking.apply().vocabulary
