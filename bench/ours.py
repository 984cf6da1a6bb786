"""Our model as one cell of the comparison: fitted twice in a process of its own, so that seconds are those of a warm process.

    python -m bench.ours best problem.npz answer.npz --topics 20 --seed 0

`cold_cpu_s` is the first fit of the process, with what libraries do on first use. Vectors, k-means and all else from counts to model count.
"""

import sys
from importlib.metadata import version
from typing import Any

from scipy import sparse

from bench.exchange import WORDS, Answer, Meter, Problem, fit_arguments, read_problem, write_answer

MODELS: dict[str, dict[str, Any]] = {
    "best": {"recipe": "best"},
    "best_mix": {"recipe": "best", "decoder": "mix"},
    "sagemaker": {"recipe": "sagemaker"},
}


def settings(model: str, topics: int, counts: sparse.csr_matrix) -> dict[str, Any]:
    """All settings that one of our models would train with on these counts: the key of its cells."""
    from ntm_widgets.core.estimator import NTM

    return NTM(topics, device="cpu", **MODELS[model]).trainer(counts).hyperparameters.to_dict()


def run(model: str, problem: Problem, topics: int, seed: int) -> tuple[Answer, dict[str, Any]]:
    """Fit twice and keep the second: its words as shown, and by plain probability (λ = 1)."""
    from ntm_widgets.core.estimator import NTM
    from ntm_widgets.core.inference import negative_log_likelihood, theta

    meter = Meter()
    for name in ("cold_", ""):
        fitting = NTM(topics, device="cpu", threads=1, seed=seed, **MODELS[model])
        with meter.running(name):
            fitting.fit(problem.train)
    fitted = fitting.fitted_
    nll, refined = (
        negative_log_likelihood(fitted, theta(fitted, problem.first, refine), problem.second)
        for refine in (False, True)
    )
    rankings = {"": fitting.top_word_ids(WORDS), "plain": fitting.top_word_ids(WORDS, relevance=1.0)}
    measured = meter.measured | {"passes": len(fitting.history_)}
    return Answer(rankings, theta(fitted, problem.test), nll, refined), measured


def main() -> int:
    given = fit_arguments("Fit one of our models on one problem.", MODELS).parse_args()
    answer, measured = run(given.model, read_problem(given.problem), given.topics, given.seed)
    names = ("ntm-widgets", "torch", "numpy", "scipy", "scikit-learn")
    versions = ", ".join(f"{name} {version(name).partition('+')[0]}" for name in names)
    write_answer(given.answer, answer, measured | {"versions": versions})
    return 0


if __name__ == "__main__":
    sys.exit(main())
