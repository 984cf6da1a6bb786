"""What several tests of the estimator use: two texts, two groups of documents, a model of a moment."""

import numpy as np
from scipy import sparse

from ntm_widgets.core.estimator import NTM

TEXTS = [
    *["the puck slid over the ice and the goalie saw the puck too late on the ice"] * 12,
    *["the probe left its orbit around the moon and the rocket reached another orbit"] * 12,
]


def two_groups(rows=60, words=20, seed=0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.2, size=(rows, words)).astype(np.float32)
    counts[: rows // 2, : words // 2] += rng.poisson(1.5, size=(rows // 2, words // 2))
    counts[rows // 2 :, words // 2 :] += rng.poisson(1.5, size=(rows - rows // 2, words - words // 2))
    return sparse.csr_matrix(counts)


def quick(**changes):
    return NTM(**{"num_topics": 2, "epochs": 3, "vector_size": 8, "encoder_layers": 5, "device": "cpu"} | changes)
