"""`BowVectorizer("lemma")` against its definition applied token by token in CountVectorizer, on all of 20 Newsgroups.

    python -m bench.vectorize

One process, one core; seconds are CPU seconds of this process. Asserts that vocabulary and matrix are equal. *cold*:
nothing remembered; *warm*: the same corpus again (fit and count, then only count). Also: the time of a vocabulary report.
Needs NLTK's WordNet and the 20 Newsgroups cache of scikit-learn.
"""

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from nltk import word_tokenize
from nltk.stem import WordNetLemmatizer
from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from ntm_widgets.data.blocks import thread_memo
from ntm_widgets.data.tokenize import noun_lemma, stop_list
from ntm_widgets.data.vectorize import BowVectorizer

TARGET_COLD, TARGET_WARM, TARGET_REPORT = 5.0, 12.0, 0.100
WORD = re.compile(r"(?u)\b\w\w+\b")


class Definition:
    """Token by token: NLTK's tokens, full stops stripped, stop words out, WordNet lemma, stop words out."""

    def __init__(self) -> None:
        self.lemmatizer = WordNetLemmatizer()
        self.lemmatizer.lemmatize("words")  # loads WordNet outside of the measured time

    def __call__(self, text: str) -> list[str]:
        tokens = (token.rstrip(".") for token in word_tokenize(text.lower(), preserve_line=True))
        words = (t for t in tokens if len(t) >= 2 and t[0].isalpha() and WORD.match(t))
        lemmas = (self.lemmatizer.lemmatize(word) for word in words if word not in ENGLISH_STOP_WORDS)
        return [lemma for lemma in lemmas if lemma not in ENGLISH_STOP_WORDS]


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of this process, and the result."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def row(what: str, seconds: float, baseline: float, documents: int) -> None:
    print(f"{what:44} {seconds:8.2f} s {documents / seconds:10,.0f} docs/s {baseline / seconds:7.1f}×")


def reports(vectorizer: BowVectorizer) -> float:
    """Print the time of reports under several changes at 50,000 terms or more; the slowest."""
    changes: list[dict[str, Any]] = [
        {"stop_words": stop_list(add=["does", "like", "just"])}, {"stop_words": None}, {"stop": "after"},
        {"min_df": 5}, {"max_df": 0.1}, {"vocab_size": 500}, {"min_doc_words": 50},
    ]  # fmt: skip
    vectorizer.vocabulary_report()
    slowest = 0.0
    for change in changes:
        seconds = min(timed(lambda change=change: vectorizer.vocabulary_report(**change))[0] for _ in range(3))
        terms = len(vectorizer.vocabulary_report(**change))
        print(f"report after a change of {next(iter(change)):20} {1000 * seconds:8.0f} ms {terms:12,} terms")
        slowest = max(slowest, seconds)
    return slowest


def main() -> None:
    texts = fetch_20newsgroups(subset="all", remove=("headers", "footers", "quotes")).data
    ours = BowVectorizer(min_doc_words=None)
    BowVectorizer(min_df=1, max_df=1.0).fit(["warm up the imports"]).vocabulary_report()
    thread_memo().clear()
    noun_lemma.cache_clear()
    cold, bow = timed(lambda: ours.fit_transform(texts))
    warm_fit, again = timed(lambda: ours.fit_transform(texts))
    warm_transform, transformed = timed(lambda: ours.transform(texts))

    plain = CountVectorizer(analyzer=Definition(), min_df=2, max_df=0.95)
    baseline, counts = timed(lambda: plain.fit_transform(texts))
    baseline_transform, _ = timed(lambda: plain.transform(texts))
    chosen = np.sort(np.argsort(-np.asarray(counts.sum(axis=0)).ravel(), kind="stable")[:2000])
    assert bow.vocabulary == list(plain.get_feature_names_out()[chosen])
    counts = counts[:, chosen]
    for bag in (bow, again, transformed):
        assert (bag.counts != counts).nnz == 0

    print(f"{len(texts):,} documents, {sum(map(len, texts)) / 1e6:.0f} M characters, equal vocabulary and matrix\n")
    row("definition in CountVectorizer, fit + count", baseline, baseline, len(texts))
    row("BowVectorizer, cold, fit + count", cold, baseline, len(texts))
    row("BowVectorizer, warm, fit + count", warm_fit, baseline, len(texts))
    row("definition in CountVectorizer, count", baseline_transform, baseline_transform, len(texts))
    row("BowVectorizer, warm, count", warm_transform, baseline_transform, len(texts))
    print()
    fifty = BowVectorizer(min_doc_words=None).fit(_up_to(texts, 50_000))
    slowest = reports(fifty)
    verdict = {"cold": baseline / cold >= TARGET_COLD, "warm": baseline_transform / warm_transform >= TARGET_WARM}
    verdict["report"] = slowest <= TARGET_REPORT
    print("\ntargets: cold 5×, warm 12×, report 100 ms:", ", ".join(f"{k} {'met' if v else 'MISSED'}" for k, v in verdict.items()))


def _up_to(texts: list[str], terms: int) -> list[str]:
    """As many documents, from the first, as hold about that many terms (found by halving)."""
    low, high = 0, len(texts)
    while high - low > len(texts) // 50:
        middle = (low + high) // 2
        names = len(BowVectorizer(min_doc_words=None).fit(texts[:middle]).vocabulary_report())
        low, high = (middle, high) if names < terms else (low, middle)
    return texts[: int(np.ceil(high))]


if __name__ == "__main__":
    main()
