"""One scorer for all models: what a model says goes in, every figure of the comparison comes out.

NPMI and C_V with gensim's counting, as papers have them (and exactly counted NPMI beside it), on the training documents; TU of
the ten and TD of the twenty-five first words; NMI and purity of the heaviest topic of each test document against its label;
perplexity by document completion.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from bench.corpora import Task
from ntm_widgets.core.inference import halves
from ntm_widgets.core.metrics import c_v, nmi, npmi, purity, topic_diversity, topic_uniqueness


class Said(NamedTuple):
    """What a model says about a task.

    ranking : (K, 25) word numbers, best first
    theta : (D, K) topics of the held-out documents
    nll : (D,) −log p(half 2 | topics of half 1) of each held-out document, in nats
    refined : the same with the model's own refinement of the topics, or None
    """

    ranking: np.ndarray
    theta: np.ndarray
    nll: np.ndarray
    refined: np.ndarray | None = None


def completion(task: Task) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """The two halves of every held-out document's tokens, the same for all models."""
    return halves(task.held_out.counts, seed=0)


def perplexities(nll: np.ndarray, second: sparse.csr_matrix) -> tuple[float, float]:
    """Perplexity over all tokens of the second halves, and as a mean over documents first."""
    length = np.asarray(second.sum(axis=1, dtype=np.float64)).ravel()
    some = length > 0
    return float(np.exp(nll.sum() / length.sum())), float(np.exp((nll[some] / length[some]).mean()))


def topic_scores(ranking: np.ndarray, task: Task) -> dict[str, float]:
    """Coherence and distinctness of topics."""
    ten = ranking[:, :10]
    return {
        "npmi": npmi(ten, task.train, window=10, counting="gensim"),
        "npmi_exact": npmi(ten, task.train, window=10),
        "c_v": c_v(ten, task.train),
        "tu": topic_uniqueness(ten),
        "td": topic_diversity(ranking, n=25),
    }


def score(said: Said, task: Task) -> dict[str, Any]:
    """Every figure of one model on one task; perplexities in words, the rest between −1 and 1."""
    second = completion(task)[1]
    found: dict[str, Any] = topic_scores(said.ranking, task)
    labels = task.held_out.labels
    found |= {"nmi": nmi(said.theta, labels), "purity": purity(said.theta, labels)}
    found["used"] = len(np.unique(said.theta.argmax(axis=1)))
    found["ppl"], found["ppl_doc"] = perplexities(said.nll, second)
    if said.refined is not None:
        found["ppl_refined"], found["ppl_refined_doc"] = perplexities(said.refined, second)
    return found
