"""What several tests of the vectoriser use: random documents, equal bags, scikit-learn's counts."""

import random

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from ntm_widgets.data.tokenize import TOKENIZERS, stop_list, terms_of

WORDS = [
    *("game", "games", "goal", "goals", "was", "has", "does", "wa", "ha", "the", "not", "it's", "don't", "cannot", "hockey."),
    *("Rockets", "rocket", "launch", "launched", "mice", "mouse", "women", "men", "us", "über", "東京", "ice,hockey"),
    *("(space)", '"orbit"', "news", "x", "3rd", "U.S."),
]


def documents(number: int, seed: int = 0, length: int = 12) -> list[str]:
    """Texts of words with very different frequencies and many ties."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(WORDS))]
    return [" ".join(rng.choices(WORDS, weights, k=rng.randrange(length + 1))) for _ in range(number)]


def same_bag(one, other):
    assert one.vocabulary == other.vocabulary
    assert (one.counts != other.counts).nnz == 0
    np.testing.assert_array_equal(one.doc_ids, other.doc_ids)


def peer(tokenizer, stop="before", stop_words=None, **parameters):
    """CountVectorizer over the plain definition of a tokenizer."""
    stops = stop_list() if stop_words is None else stop_words
    return CountVectorizer(
        tokenizer=lambda text: terms_of(text, TOKENIZERS[tokenizer], stops, stop), token_pattern=None, lowercase=False, **parameters
    )


def most_frequent(vectorizer, texts, size):
    """Words and counts of a fitted CountVectorizer without `max_features`; of equally frequent ones the first in the alphabet."""
    counts = vectorizer.fit_transform(texts)
    chosen = np.sort(np.argsort(-np.asarray(counts.sum(axis=0)).ravel(), kind="stable")[:size])
    return list(vectorizer.get_feature_names_out()[chosen]), counts[:, chosen]


def report_of(vectorizer, **changes):
    frame = vectorizer.vocabulary_report(**changes)
    return frame.astype({"status": str, "reason": str}).sort_values("term").reset_index(drop=True), frame.attrs
