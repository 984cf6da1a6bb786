"""Classical peers, and the program that runs any peer: one fit in this process, from counts to an answer.

    python -m bench.peers tomotopy problem.npz answer.npz --topics 20 --seed 0

Runs in the peers' environment (`bench/peers_setup.sh`), started by `bench.full` on one thread. The seconds are those of the training
call alone: neither imports nor putting the counts into the package's own format count. θ is inferred by each package's own method.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from bench.exchange import (
    Answer,
    Meter,
    Problem,
    best_words,
    fit_arguments,
    mixture_nll,
    normalised,
    read_problem,
    write_answer,
)

Said = tuple[Answer, dict[str, Any]]


def mixture_answer(beta: np.ndarray, infer: Callable[[sparse.csr_matrix], np.ndarray], problem: Problem) -> Answer:
    """Answer of a model with p(w|d) = θβ: words by probability."""
    beta = normalised(beta.astype(np.float64))
    theta, completing = normalised(infer(problem.test)), normalised(infer(problem.first))
    return Answer({"": best_words(beta)}, theta, mixture_nll(completing, beta, problem.second))


def sklearn_lda(problem: Problem, topics: int, seed: int, method: str, passes: int) -> Said:
    """scikit-learn's variational Bayes, its defaults otherwise."""
    from sklearn.decomposition import LatentDirichletAllocation

    model = LatentDirichletAllocation(topics, learning_method=method, max_iter=passes, random_state=seed, n_jobs=1)
    meter = Meter()
    with meter.running():
        model.fit(problem.train)
    return mixture_answer(model.components_, model.transform, problem), meter.measured


def gensim_lda(problem: Problem, topics: int, seed: int, passes: int) -> Said:
    """gensim's online variational Bayes, both priors learned."""
    from gensim.matutils import Sparse2Corpus
    from gensim.models import LdaModel

    def documents(counts: sparse.csr_matrix) -> list[list[tuple[int, float]]]:
        return [
            [(int(w), float(n)) for w, n in document] for document in Sparse2Corpus(counts, documents_columns=False)
        ]

    texts, words = documents(problem.train), {i: str(i) for i in range(problem.train.shape[1])}
    meter = Meter()
    with meter.running():
        model = LdaModel(texts, topics, id2word=words, passes=passes, alpha="auto", eta="auto", random_state=seed)
    answer = mixture_answer(model.get_topics(), lambda counts: model.inference(documents(counts))[0], problem)
    return answer, meter.measured


def tomotopy_texts(counts: sparse.csr_matrix) -> list[list[str]]:
    """Every document as word numbers in text, each as often as it is counted."""
    names = np.array([str(i) for i in range(counts.shape[1])])
    words = np.repeat(names[counts.indices], counts.data.astype(np.int64))
    starts = np.concatenate([[0], np.cumsum(counts.data.astype(np.int64))])[counts.indptr]
    return [words[a:b].tolist() for a, b in pairwise(starts)]


def tomotopy_words(model: Any, words: int) -> np.ndarray:
    """p(w|k) over all `words`: counts and the prior η. A word that no training document has is unknown to the model and gets η's share."""
    beta = np.full((model.k, words), float(model.eta))
    known = [int(word) for word in model.used_vocabs]
    beta[:, known] = [model.get_topic_word_dist(k, normalize=False) for k in range(model.k)]
    return normalised(beta)


def tomotopy_lda(problem: Problem, topics: int, seed: int, passes: int) -> Said:
    """Gibbs sampling in C++, priors optimised as by default; the same run also with words ranked by p(w|k) p(k|w)."""
    import tomotopy

    model, meter = tomotopy.LDAModel(k=topics, seed=seed), Meter()
    for text in tomotopy_texts(problem.train):
        if text:
            model.add_doc(text)
    with meter.running():
        model.train(passes, workers=1)
    beta = tomotopy_words(model, problem.train.shape[1])
    prior = normalised(np.asarray(model.alpha, dtype=np.float64).reshape(1, -1) * np.ones((1, topics)))

    def infer(counts: sparse.csr_matrix) -> np.ndarray:
        theta = np.repeat(prior, counts.shape[0], axis=0)
        for row, text in enumerate(tomotopy_texts(counts)):
            if document := model.make_doc(text) if text else None:
                theta[row] = model.infer(document, workers=1)[0]
        return theta

    answer = mixture_answer(beta, infer, problem)
    joint = beta * np.asarray(model.get_count_by_topics(), dtype=np.float64)[:, None]
    answer.rankings["reranked"] = best_words(beta * joint / joint.sum(axis=0))
    return answer, meter.measured


def neural_peer(problem: Problem, topics: int, seed: int, **settings: Any) -> Said:
    """A peer of `bench.neural_peers`, imported when it runs."""
    from bench import neural_peers

    return neural_peers.run(problem, topics, seed, **settings)


class Peer(NamedTuple):
    """An adapter, what it is told, the packages whose versions count, and a number that is raised when the adapter changes its answers."""

    fit: Callable[..., Said]
    settings: dict[str, Any]
    packages: tuple[str, ...]
    adapter: int = 1


PEERS = {
    "tomotopy": Peer(tomotopy_lda, {"passes": 1000}, ("tomotopy",), adapter=2),
    "gensim": Peer(gensim_lda, {"passes": 10}, ("gensim",)),
    "sklearn_online": Peer(sklearn_lda, {"method": "online", "passes": 10}, ("scikit-learn",)),
    "sklearn_batch": Peer(sklearn_lda, {"method": "batch", "passes": 10}, ("scikit-learn",)),
    "ecrtm": Peer(neural_peer, {"name": "ecrtm", "passes": 200}, ("topmost", "torch", "gensim")),
    "prodlda": Peer(neural_peer, {"name": "prodlda", "passes": 200}, ("topmost", "torch")),
    "fastopic": Peer(neural_peer, {"name": "fastopic", "passes": 200}, ("fastopic", "torch", "scikit-learn")),
    "etm": Peer(neural_peer, {"name": "etm", "passes": 200}, ("topmost", "torch", "gensim")),
}


def installed(model: str) -> str:
    """Versions of the packages that a peer runs on, without what a build adds to them."""
    return ", ".join(f"{name} {version(name).partition('+')[0]}" for name in (*PEERS[model].packages, "numpy"))


def main() -> int:
    parser = fit_arguments("Fit one peer on one problem.", PEERS)
    parser.add_argument("--settings", default="{}", help="JSON that goes over the usual settings")
    given = parser.parse_args()
    peer = PEERS[given.model]
    settings = peer.settings | json.loads(given.settings)
    answer, measured = peer.fit(read_problem(given.problem), given.topics, given.seed, **settings)
    write_answer(given.answer, answer, measured | {"versions": installed(given.model)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
