"""The topic browser: what Python and the page read out of it, labels everywhere, limits, hostile text, an orderly end."""

import numpy as np
import pytest
import traitlets
from leaks import leaks
from support import HOSTILE, one_line

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.corpus import load_corpus
from ntm_widgets.data.vectorize import BowVectorizer
from ntm_widgets.ui.cloud_layout import CLOUD
from ntm_widgets.ui.clouds import cloud, cloud_font, cloud_svg
from ntm_widgets.ui.parts import answer
from ntm_widgets.ui.topic_answers import TopicAnswers
from ntm_widgets.ui.topic_browser import PLAIN_LIMIT, TopicBrowser
from ntm_widgets.ui.topic_data import (
    agreement,
    divergences,
    find_candidates,
    least_stress,
    merged_rare,
    scaled,
    squared_distances,
    topic_data,
)
from ntm_widgets.ui.workbench import Workbench

THEMES = ["hockey team goalie season ice puck", "orbit moon launch rocket shuttle nasa", "church faith bible gospel prayer heaven"]
TEXTS = [f"{theme} {theme} number{i % 9} {HOSTILE} \U0001f680 zero\u200bwidth" for i in range(60) for theme in THEMES]


@pytest.fixture(scope="module")
def made():
    """A model of labelled documents with hostile text."""
    corpus = load_corpus(TEXTS, name=HOSTILE)
    corpus.labels, corpus.label_names = np.arange(len(corpus)) % 3, ["sports", HOSTILE, "religion"]
    bow = BowVectorizer(tokenizer="regex", min_doc_words=1).fit_transform(corpus)
    return NTM(num_topics=3, epochs=4).fit(bow), bow, corpus


@pytest.fixture
def browser(made):
    view = TopicBrowser(*made)
    yield view
    view.close()


def asked(view, op, **arguments):
    """What the page gets for a request, as it would ask."""
    sent = []
    view.send = lambda content, buffers=None: sent.append((content, buffers))
    answer(view, op, 1, arguments)
    return sent[0]


@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
def test_candidates_are_enough_for_every_relevance(tiny_bow, recipe):
    model = NTM(num_topics=6, epochs=2, recipe=recipe).fit(tiny_bow)
    found = find_candidates(model.fitted_)
    for relevance in np.linspace(0, 1, 37):
        for k, best in enumerate(model.top_word_ids(30, relevance)):
            own = slice(*found.starts[k : k + 2])
            assert set(best) <= set(found.columns[found.words[own]])


def test_probabilities_are_the_models(made):
    found = find_candidates(made[0].fitted_)
    expected = made[0].components_[found.topics, found.columns[found.words]]
    assert np.allclose(np.exp(found.scores), expected, rtol=1e-4)


def test_distances_are_drawn_as_they_are():
    points = np.array([[0, 0], [3, 0], [0, 4.0]])
    squared = ((points[:, None] - points) ** 2).sum(axis=2)
    for places in (scaled(squared), least_stress(np.sqrt(squared))):
        assert np.allclose(squared_distances(places), squared, atol=1e-4)
        assert agreement(np.sqrt(squared), places) == pytest.approx(1)
    for K in (1, 2, 5):
        distances = np.sqrt(divergences(np.full((K, 5), 0.2, np.float32)))
        places = least_stress(distances)
        assert places.shape == (K, 2) and np.isfinite(places).all() and agreement(distances, places) == 1


def test_one_topic_unlike_all_others_leaves_the_others_room():
    distances = np.full((12, 12), 0.6)
    distances[0] = distances[:, 0] = 0.8
    np.fill_diagonal(distances, 0)
    distances[3, 5] = distances[5, 3] = 0.4

    def nearest(places):
        gaps = np.sqrt(squared_distances(places))[np.triu_indices(12, 1)]
        return gaps.min() / gaps.max()

    places = least_stress(distances)
    assert nearest(places) > 2 * nearest(scaled(distances**2)) and np.array_equal(places, least_stress(distances))
    assert agreement(distances, places) > 0


def test_rare_words_together_lose_less_than_they_weigh():
    rng = np.random.default_rng(0)
    beta = rng.dirichlet(np.full(400, 0.05), size=12).astype(np.float32)
    few = merged_rare(beta, 50)
    assert few.shape == (12, 51) and np.allclose(few.sum(axis=1), 1, atol=1e-5)
    lost = divergences(beta) - divergences(np.ascontiguousarray(few))
    assert lost.min() > -1e-5 and lost.max() <= few[:, -1].max() * np.log(2) + 1e-5


def test_a_cloud_has_every_word_once_and_none_overlap(made):
    font = cloud_font(made[0].vocabulary_)
    one = cloud(made[0], 1, 20, 0.4, font)
    assert len(set(one.words)) == 20 and cloud(made[0], 1, 20, 0.4, font) is one
    assert (one.places[:, 0] >= -2).all() and (one.places[:, 0] + one.places[:, 3] <= CLOUD[0] + 2).all()


def test_a_missing_glyph_names_the_font(made):
    notice = cloud_font(["hockey", "𒀀"]).notice
    assert "Noto Sans Cuneiform" in notice and "\n" not in notice


def test_hostile_words_are_text_in_svg():
    font = cloud_font([HOSTILE])
    model = NTM(num_topics=2, epochs=1).fit(np.ones((8, 3)))
    model.vocabulary_ = [HOSTILE, "a\u200bb", "</text>"]
    svg = cloud_svg(cloud(model, 0, 3, 0.5, font), 0)
    assert "<img" not in svg and "</text><" in svg and svg.count("<text ") == 3


def test_the_page_gets_little_and_reads_it_back(browser):
    content, buffers = asked(browser, "overview")
    starts = np.frombuffer(buffers[0], np.uint32)
    assert len(starts) == 4 and len(buffers[2]) == 4 * starts[-1] and len(buffers[4]) == 8 * 3
    assert content["value"]["documents"] == len(TEXTS) and content["value"]["labelled"]
    content, buffers = asked(browser, "proof")
    assert content["value"]["labels"][1] == HOSTILE and len(buffers[3]) == 4 * 9
    content, _ = asked(browser, "documents", topic=1)
    row = content["value"]["documents"][0]["row"]
    content, buffers = asked(browser, "text", row=row, topic=1)
    raw = content["value"]["text"].encode("utf-16-le")
    starts, ends = (np.frombuffer(part, np.uint32) for part in buffers[:2])
    words = [raw[2 * a : 2 * b].decode("utf-16-le") for a, b in zip(starts, ends, strict=True)]
    assert set(THEMES[0].split()) <= set(words) or set(THEMES[1].split()) <= set(words) or set(THEMES[2].split()) <= set(words)


@pytest.mark.parametrize(("op", "arguments"), [("clouds", {"topics": [0], "relevance": 3}), ("rename", {"topic": 9, "label": "x"}), ("rename", {"topic": 0, "label": " "})])
def test_bad_requests_are_answered_in_one_line(browser, op, arguments):
    content, _ = asked(browser, op, **arguments)
    assert "expected" in content["error"] and "\n" not in content["error"]


def test_labels_go_everywhere(made, browser):
    other = TopicBrowser(*made)
    asked(browser, "rename", topic=2, label=HOSTILE)
    assert made[0].topic_labels[2] == other.labels[2] == browser.labels[2] == HOSTILE
    other.labels = ["one", "two", "three"]
    assert made[0].topic_labels == browser.labels == ["one", "two", "three"]
    other.close()
    made[0].rename_topic(0, "after")
    assert browser.labels[0] == "after" and other.labels[0] == "one"


@pytest.mark.parametrize("empty", ["", None])
def test_without_a_name_a_topic_has_its_first_words(made, browser, empty):
    words = ", ".join(made[0].top_words(3)[2])
    made[0].rename_topic(2, "orbits")
    asked(browser, "rename", topic=2, label=empty)
    assert browser.labels[2] == made[0].topic_labels[2] == words
    made[0].topic_labels = {1: "given", 2: "given"}
    made[0].topic_labels = {2: empty}
    assert browser.labels[1:] == ["given", words]


@pytest.mark.parametrize(("trait", "value", "expected"), [
    ("topic", 3, "None or a number from 0 to 2"), ("topic", -1, "from 0 to 2"), ("relevance", -0.1, "from 0"),
    ("labels", ["a"], "3 topics"), ("labels", ["a", "", "c"], "some text"), ("sort", "size", "number"), ("pane", "list", "clouds"),
])
def test_what_cannot_be_is_refused(browser, trait, value, expected):
    before = getattr(browser, trait)
    with pytest.raises(traitlets.TraitError) as error:
        setattr(browser, trait, value)
    assert expected in one_line(error) and getattr(browser, trait) == before


def test_selections_come_back_as_tables(made, browser):
    model, bow, _ = made
    assert set(browser.words["topic"]) == {0, 1, 2}
    browser.topic, browser.relevance = 1, 1.0
    words = browser.words
    assert words["word"].tolist()[:5] == model.top_words(5, 1.0)[1] and (words["claimed"] <= words["total"] * 1.001).all()
    documents = browser.documents
    assert documents["weight"].is_monotonic_decreasing and documents["weight"][0] == pytest.approx(model.transform(bow)[:, 1].max(), abs=1e-6)
    across = browser.word(words["word"][0])
    assert across["topic"][0] == 1 and across["rank"][0] == 1
    with pytest.raises(ValueError, match="not a word of this model"):
        browser.word("unheard")


def test_it_follows_the_bench(made):
    model, bow, corpus = made
    bench = Workbench()
    view = TopicBrowser(bench=bench)
    assert view.status["state"] == "empty" and "corpus" in view.status["message"] and view.plain()["text/plain"]
    bench.corpus, bench.bow = corpus, bow
    assert view.status["offer"] == "train"
    bench.model_ = model
    assert view.status["state"] == "ready" and len(view.labels) == 3
    view.topic = 2
    bench.model_ = None
    assert (view.topic, view.labels, view.status["state"]) == (None, [], "empty")
    view.close()
    bench.model_ = model
    assert view.labels == []


def test_the_plain_output_is_small_and_harmless(made, browser):
    made[0].rename_topic(1, HOSTILE)
    html = browser.plain()["text/html"]
    assert len(html) <= PLAIN_LIMIT and "<script" not in html and html.count("<img") == 1 and "data:image/png" in html


def test_two_hundred_topics_stay_under_the_limit(tiny_bow):
    model = NTM(num_topics=200, epochs=1).fit(tiny_bow)
    view = TopicBrowser(model, tiny_bow)
    assert len(view.plain()["text/html"]) <= PLAIN_LIMIT
    assert sum(array.nbytes for array in topic_data(model).arrays()) < 1_000_000
    view.close()


def test_other_documents_do_not_take_part(made, tiny_bow):
    answers = TopicAnswers(made[0], tiny_bow)
    assert answers.bow is None and answers.proof().value["unit"] == "per thousand words"


def test_a_bare_matrix_has_numbers_for_words():
    counts = np.random.default_rng(0).integers(0, 3, (30, 12))
    view = TopicBrowser(NTM(num_topics=2, epochs=1).fit(counts))
    assert view.words["word"].str.isdigit().all()
    view.close()


def test_nothing_is_left_behind(made):
    assert leaks(lambda: TopicBrowser(*made)) == []
