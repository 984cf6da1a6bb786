"""`BowVectorizer` in use: fixed vocabularies, interruptions, saved settings, conventions."""

import json

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from vectorize_support import documents, same_bag

from ntm_widgets.data import blocks
from ntm_widgets.data.vectorize import BowVectorizer


def test_transform_never_drops_a_row_and_needs_a_fit():
    fitted = BowVectorizer(tokenizer="regex", min_doc_words=3).fit(documents(50))
    assert fitted.transform(["", "nothing known", "game game"]).shape[0] == 3
    assert fitted.transform([]).shape == (0, len(fitted.vocabulary_))
    for call in (lambda v: v.transform(["a"]), lambda v: v.analyze("a"), lambda v: v.settings(), lambda v: v.vocabulary_report()):
        with pytest.raises(NotFittedError):
            call(BowVectorizer())


def test_tokenize_needs_no_fit():
    unfitted = BowVectorizer(tokenizer="stem", stop_words=["the"], ngram_range=(1, 2))
    assert unfitted.tokenize("The rockets launched") == ["rocket", "rocket launch", "launch"]
    assert unfitted.tokenize("") == []
    with pytest.raises(ValueError, match="stop='never'"):
        BowVectorizer(stop="never").tokenize("a text")


def test_a_fixed_vocabulary_needs_no_fit():
    texts = documents(20)
    ready = BowVectorizer(tokenizer="regex", vocabulary=["goal", "game", "absent"])
    fitted = clone(ready).fit(texts)
    same_bag(ready.transform(texts), fitted.transform(texts))
    assert ready.analyze("a goal, no score") == fitted.analyze("a goal, no score")
    assert list(ready.get_feature_names_out()) == ["goal", "game", "absent"]
    with pytest.raises(ValueError, match="without its corpus"):
        ready.vocabulary_report()


def test_a_fixed_vocabulary():
    texts = documents(30)
    for vocabulary in (["goal", "game", "absent"], {"game": 1, "goal": 0, "absent": 2}):
        bow = BowVectorizer(tokenizer="regex", vocabulary=vocabulary, min_doc_words=None).fit_transform(texts)
        counts = CountVectorizer(vocabulary=["goal", "game", "absent"]).fit_transform(texts)
        assert bow.vocabulary == ["goal", "game", "absent"]
        assert (bow.counts != counts).nnz == 0


def test_conventions_of_scikit_learn():
    vectorizer = BowVectorizer(tokenizer="regex", vocab_size=7)
    assert clone(vectorizer).get_params() == vectorizer.get_params()
    assert vectorizer.fit(documents(30)) is vectorizer
    assert list(vectorizer.get_feature_names_out()) == sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    pipeline = make_pipeline(BowVectorizer(tokenizer="regex", min_doc_words=None), FunctionTransformer(lambda bow: bow.counts))
    assert pipeline.fit_transform(documents(30)).shape[0] == 30


def test_parameters_set_after_the_fit_wait_for_the_next_one():
    fitted = BowVectorizer(tokenizer="regex", stop_words=None, min_doc_words=0).fit(documents(30))
    before = fitted.tokenize("the game")
    fitted.set_params(stop_words=["game"], tokenizer="stem")
    assert fitted.tokenize("the game") == before == ["the", "game"]


@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_interrupted_is_unchanged(method, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 20)

    def interrupt(done, total):
        if done >= 60:
            raise KeyboardInterrupt

    fresh = BowVectorizer(tokenizer="regex")
    fitted = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(50, seed=1))
    before = dict(vars(fitted))
    for vectorizer in (fresh, fitted):
        with pytest.raises(KeyboardInterrupt):
            getattr(vectorizer, method)(documents(100), progress=interrupt)
    assert not hasattr(fresh, "vocabulary_")
    assert vars(fitted) == before


def test_too_short_everywhere_leaves_the_fit_unchanged():
    vectorizer = BowVectorizer(tokenizer="regex", min_doc_words=10_000)
    with pytest.raises(ValueError, match="min_doc_words"):
        vectorizer.fit_transform(documents(30))
    assert not hasattr(vectorizer, "vocabulary_")


def test_progress_counts_documents(monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_SIZE", 10)
    seen = []
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(95), progress=lambda *numbers: seen.append(numbers))
    assert seen[-1] == (95, 95) and seen == sorted(seen) and len(seen) <= 5
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit(lambda: iter(documents(95)), progress=lambda *n: seen.append(n))
    assert seen[-1] == (95, None)
    BowVectorizer(tokenizer="regex", min_doc_words=0).fit_transform(lambda: iter(documents(95)), progress=lambda *n: seen.append(n))
    assert seen[-1] == (95, 95)  # the second reading knows how many there are


@pytest.mark.parametrize("tokenizer", ["regex", "stem", pytest.param("lemma", marks=pytest.mark.data)])
def test_settings_travel_as_json(tokenizer):
    fitted = BowVectorizer(tokenizer=tokenizer, min_doc_words=0, stop_words=["the"], ngram_range=(1, 2)).fit(documents(60))
    text = json.dumps(fitted.settings())
    again = BowVectorizer.from_settings(json.loads(text), list(fitted.vocabulary_))
    for sample in documents(10, seed=5):
        assert again.analyze(sample) == fitted.analyze(sample)
    same_bag(again.transform(documents(20)), fitted.transform(documents(20)))
    assert again.settings() == fitted.settings()
    with pytest.raises(ValueError, match="without its corpus"):
        again.vocabulary_report()


def test_settings_of_a_callable_need_it_again():
    fitted = BowVectorizer(tokenizer=str.split, min_doc_words=0).fit(documents(60))
    with pytest.raises(ValueError, match=r"builtins.str.split: hand it in"):
        BowVectorizer.from_settings(fitted.settings(), list(fitted.vocabulary_))
    again = BowVectorizer.from_settings(fitted.settings(), list(fitted.vocabulary_), tokenizer=str.split)
    assert again.analyze("game Game") == fitted.analyze("game Game")


@pytest.mark.parametrize("damage", [{"tokenizer": 3}, {"stop": "x"}, {"stop_words": "german"}, {"ngram_range": [1]}, {"ngram_range": None}])
def test_damaged_settings_are_refused(damage):
    settings_ = BowVectorizer(tokenizer="regex", min_doc_words=0).fit(documents(60)).settings()
    with pytest.raises(ValueError, match=r"expected|damaged"):
        BowVectorizer.from_settings({**settings_, **damage}, ["game"])
    with pytest.raises(ValueError, match="damaged or foreign"):
        BowVectorizer.from_settings({}, ["game"])


def test_spacy_as_tokenizer():
    spacy = pytest.importorskip("spacy")
    texts = ["We don't play.", "They play hockey."]
    bow = BowVectorizer(tokenizer=spacy.blank("en"), min_df=1, max_df=1.0, min_doc_words=0).fit_transform(texts)
    assert {"play", "n't", "hockey", "."} <= set(bow.vocabulary)
