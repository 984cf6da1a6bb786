"""NPMI of 50 topics on 20 Newsgroups against gensim, time and agreement: `python -m bench.metrics`.

Both read the same token lists and the same topics (NMF, ten words each) in one process; CPU seconds, the better
of three runs of ours against one of gensim's. The claim is ≤ 1 s and agreement to 1e-3.
"""

import sys
import time
import warnings

import numpy as np

from ntm_widgets import load_corpus, metrics

TOPICS, WORDS, LIMIT_SECONDS, LIMIT_DIFFERENCE = 50, 2000, 1.0, 1e-3


def texts_and_topics() -> tuple[list[list[str]], list[list[str]]]:
    """Tokens of the commonest words of 20 Newsgroups, and ten top words of each NMF topic."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import CountVectorizer

    corpus = list(load_corpus("20newsgroups"))
    counter = CountVectorizer(max_features=WORDS, stop_words="english", min_df=2, token_pattern=r"\b[a-z]\w+\b")
    counts = counter.fit_transform(corpus)
    analyze, known, names = counter.build_analyzer(), counter.vocabulary_, counter.get_feature_names_out()
    weights = NMF(TOPICS, init="nndsvd", max_iter=30).fit(np.log1p(counts)).components_
    topics = [[str(names[i]) for i in np.argsort(-row)[:10]] for row in weights]
    return [[token for token in analyze(text) if token in known] for text in corpus], topics


def gensim_npmi(texts: list[list[str]], topics: list[list[str]]) -> np.ndarray:
    """gensim's c_npmi, window 10, in one process."""
    from gensim.corpora import Dictionary
    from gensim.models.coherencemodel import CoherenceModel

    words = Dictionary(texts)
    model = CoherenceModel(
        topics=topics, texts=texts, dictionary=words, coherence="c_npmi", topn=10, window_size=10, processes=1
    )
    return np.array(model.get_coherence_per_topic())


def timed(work, repeats: int = 1):
    """The result and the least CPU seconds of some runs."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        result = work()
        spent.append(time.process_time() - began)
    return result, min(spent)


def main() -> int:
    warnings.simplefilter("ignore")
    texts, topics = texts_and_topics()
    rows = {}
    for counting in ("gensim", "exact"):
        values, seconds = timed(
            lambda counting=counting: metrics.npmi(topics, texts, window=10, counting=counting, per_topic=True), 3
        )
        rows[f"ntm_widgets, counting={counting!r}"] = values, seconds
    rows["gensim c_npmi"] = theirs, slow = timed(lambda: gensim_npmi(texts, topics))
    print(f"{len(texts):,} documents, {sum(map(len, texts)):,} tokens, {TOPICS} topics, window 10")
    print(f"{'':32} {'CPU s':>7} {'times faster':>13} {'NPMI':>8} {'largest difference':>19}")
    for name, (values, seconds) in rows.items():
        difference = np.abs(values - theirs).max()
        print(f"{name:32} {seconds:7.2f} {slow / seconds:13.1f} {values.mean():8.4f} {difference:19.1e}")
    (ours, alike), (_, exact) = list(rows.values())[:2]
    agrees = np.abs(ours - theirs).max() <= LIMIT_DIFFERENCE
    return 0 if agrees and max(alike, exact) <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
