"""What the panels are handed: anything else is named in one line, before anything is shown or followed."""

import numpy as np
import pytest
from support import one_line

import ntm_widgets as ntm
from ntm_widgets.ui.query_panel import QueryPanel
from ntm_widgets.ui.studio import Studio
from ntm_widgets.ui.topic_browser import TopicBrowser
from ntm_widgets.ui.training_panel import TrainingPanel
from ntm_widgets.ui.words_panel import VectorizerPanel

TEXTS = ["hockey team game goal", "orbit launch rocket moon", "game goal season hockey", "moon orbit mission nasa"] * 10


@pytest.fixture(scope="module")
def made():
    corpus = ntm.load_corpus(TEXTS)
    bow = ntm.BowVectorizer(tokenizer="regex", min_doc_words=1, max_df=1.0).fit_transform(corpus)
    return ntm.NTM(num_topics=2, epochs=2).fit(bow), bow, corpus


@pytest.mark.parametrize("panel", [TopicBrowser, QueryPanel, VectorizerPanel, TrainingPanel, Studio])
def test_only_a_workbench_is_followed(panel):
    with pytest.raises(TypeError) as error:
        panel(bench=3)
    assert one_line(error).startswith("bench=3: expected a Workbench")


@pytest.mark.parametrize("panel", [TopicBrowser, QueryPanel])
@pytest.mark.parametrize(("place", "message"), [
    (0, "model=3: expected a fitted NTM"), (1, "bow=3: expected counts"), (2, "corpus=3: expected a Corpus"),
])  # fmt: skip
def test_only_a_model_and_its_documents_are_shown(made, panel, place, message):
    given = list(made)
    given[place] = 3
    with pytest.raises(TypeError) as error:
        panel(*given)
    assert one_line(error).startswith(message)
    with pytest.raises(TypeError, match="expected a fitted NTM"):
        panel(ntm.NTM())


@pytest.mark.parametrize(("given", "error", "message"), [
    ({"words": 0}, ValueError, "words=0: expected a whole number from 1"),
    ({"words": "many"}, ValueError, "words='many': expected a whole number"),
    ({"relevence": 0.5}, TypeError, "TopicBrowser() got an unexpected keyword argument 'relevence': did you mean 'relevance'?"),
])  # fmt: skip
def test_settings_of_a_browser_are_checked(made, given, error, message):
    with pytest.raises(error) as raised:
        TopicBrowser(*made, **given)
    assert one_line(raised).startswith(message)


def test_numbers_of_numpy_are_numbers(made):
    browser = TopicBrowser(*made, topic=np.int64(1), relevance=np.float32(0.5))
    assert browser.topic == 1 and browser.relevance == 0.5 and type(browser.relevance) is float
    browser.close()


def test_only_texts_are_pinned_and_only_pinned_ones_taken_away(made):
    query = QueryPanel(*made)
    for arguments, message in (((3,), "text=3: expected a text"), (("a goal", 3), "title=3: expected a text")):
        with pytest.raises(TypeError, match=message):
            query.pin(*arguments)
    with pytest.raises(IndexError, match="no text is pinned"):
        query.unpin()
    query.pin("a goal")
    for number in (1, -2, "a", None):
        with pytest.raises(IndexError, match=f"^{number!r}: expected a number from -1 to 0$"):
            query.unpin(number)
    query.unpin(np.int64(0))
    assert list(query.pinned.index) == ["This text"]
    query.close()
