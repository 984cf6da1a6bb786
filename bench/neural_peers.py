"""Neural peers: TopMost's ProdLDA, ETM and ECRTM with TopMost's defaults, and FASTopic.

TopMost's ETM and ECRTM start from word vectors, as published: skip-gram vectors of 200 numbers of the same training
texts, since the papers' GloVe vectors are a download; their seconds are kept apart (`vectors_cpu_s`) and count. FASTopic
is published with document vectors of a pretrained sentence encoder; here it reads 384 numbers of latent semantic
analysis, which is **not its published configuration**.
"""

import sys
import types
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from bench.exchange import Answer, Meter, Problem, best_words, mixture_nll, normalised, read, write

VECTORS = Path(__file__).parent / ".cache" / "vectors"
BATCH = 200


def stand_ins() -> None:
    """Empty modules for what topmost and fastopic import for plots, downloads and sentence encoders, unused here."""
    for name, held in {
        "sentence_transformers": ["SentenceTransformer"],
        "torchvision": [],
        "torchvision.datasets": [],
        "torchvision.datasets.utils": ["download_url"],
        "plotly": [],
        "plotly.figure_factory": [],
        "plotly.graph_objects": [],
        "plotly.subplots": ["make_subplots"],
    }.items():
        module = types.ModuleType(name)
        for attribute in held:
            setattr(module, attribute, None)
        sys.modules[name] = module


def word_vectors(problem: Problem, size: int = 200, epochs: int = 20) -> tuple[np.ndarray, float]:
    """Skip-gram vectors of the training texts and their processor seconds, made once a corpus."""
    path = VECTORS / f"{zlib.crc32(problem.ids.tobytes()):08x}-{problem.train.shape[0]}-{size}-{epochs}.npz"
    if not path.exists():
        from gensim.models import Word2Vec

        meter, bounds = Meter(), zip(problem.starts[:-1], problem.starts[1:], strict=True)
        texts = [[str(word) for word in problem.ids[a:b]] for a, b in bounds]
        with meter.running():
            model = Word2Vec(texts, vector_size=size, window=5, min_count=1, sg=1, workers=1, seed=0, epochs=epochs)
        vectors = np.zeros((problem.train.shape[1], size), np.float32)
        for word in model.wv.index_to_key:
            vectors[int(word)] = model.wv[word]
        write(path, {"vectors": vectors, "cpu_s": np.asarray(meter.measured["cpu_s"])})
    arrays = read(path)
    return arrays["vectors"], float(arrays["cpu_s"])


class Data(NamedTuple):
    """What TopMost's trainer asks of a dataset."""

    train_data: Any
    train_dataloader: Any
    vocab: list[str]


def dense(counts: sparse.csr_matrix) -> Any:
    """Counts as a dense tensor, as TopMost trains on."""
    import torch

    return torch.from_numpy(counts.toarray().astype(np.float32))


def topmost_theta(trainer: Any, counts: sparse.csr_matrix) -> np.ndarray:
    """Topics of documents; an empty one, which ETM divides by zero, gets equal shares."""
    theta = np.asarray(trainer.test(dense(counts)), dtype=np.float64)
    theta[~np.isfinite(theta).all(axis=1)] = 1 / theta.shape[1]
    return normalised(theta)


def product_nll(model: Any, weights: np.ndarray, theta: np.ndarray, counts: sparse.csr_matrix) -> np.ndarray:
    """−Σ x log p of a product of experts: softmax of the batch-normalised sum, batch norm in evaluation mode."""
    import torch

    model.eval()
    found = np.zeros(counts.shape[0])
    with torch.no_grad():
        for start in range(0, counts.shape[0], 512):
            rows = slice(start, start + 512)
            logits = model.decoder_bn(torch.from_numpy((theta[rows] @ weights).astype(np.float32)))
            log_p = torch.log_softmax(logits, dim=1).numpy()
            found[rows] = -np.asarray(counts[rows].multiply(log_p).sum(axis=1)).ravel()
    return found


def topmost(name: str, problem: Problem, topics: int, seed: int, epochs: int) -> tuple[Answer, dict[str, Any]]:
    """One of TopMost's models with TopMost's trainer."""
    import torch
    from topmost.models.basic.ECRTM.ECRTM import ECRTM
    from topmost.models.basic.ETM import ETM
    from topmost.models.basic.ProdLDA import ProdLDA
    from topmost.trainers.basic.basic_trainer import BasicTrainer

    measured: dict[str, Any] = {}
    given: dict[str, Any] = {}
    if name != "prodlda":
        given["pretrained_WE"], measured["vectors_cpu_s"] = word_vectors(problem)
    counts, words = dense(problem.train), problem.train.shape[1]
    torch.manual_seed(seed)
    loader = torch.utils.data.DataLoader(counts, batch_size=BATCH, shuffle=True)
    model = {"prodlda": ProdLDA, "etm": ETM, "ecrtm": ECRTM}[name](words, num_topics=topics, **given)
    trainer = BasicTrainer(model, Data(counts, loader, [str(i) for i in range(words)]), epochs=epochs, batch_size=BATCH)
    meter = Meter()
    with meter.running():
        trainer.train()
    weights = np.asarray(trainer.get_beta(), dtype=np.float64)
    theta, completing = topmost_theta(trainer, problem.test), topmost_theta(trainer, problem.first)
    if name == "etm":
        nll = mixture_nll(completing, normalised(weights), problem.second)
    else:
        nll = product_nll(model, weights, completing, problem.second)
    return Answer({"": best_words(weights)}, theta, nll), measured | meter.measured


class Counted(NamedTuple):
    """Stands where FASTopic expects its preprocessing: the counts are made already."""

    counts: sparse.csr_matrix

    def preprocess(self, docs: list[str]) -> dict[str, Any]:
        """Counts and words in FASTopic's form."""
        return {"train_bow": self.counts, "vocab": [str(i) for i in range(self.counts.shape[1])]}


def fastopic(problem: Problem, topics: int, seed: int, epochs: int) -> tuple[Answer, dict[str, Any]]:
    """FASTopic on document vectors of latent semantic analysis, its own defaults otherwise."""
    import torch
    from fastopic import FASTopic
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    meter = Meter()
    with meter.running("vectors_"):
        size = min(384, min(problem.train.shape) - 1)
        reader = make_pipeline(TfidfTransformer(sublinear_tf=True), TruncatedSVD(size, random_state=0), Normalizer())
        vectors = reader.fit_transform(problem.train).astype(np.float32)
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  FASTopic draws its batches from it
    model = FASTopic(topics, preprocess=Counted(problem.train), doc_embed_model=object(), device="cpu")
    with meter.running():
        model.fit_transform([""] * problem.train.shape[0], epochs=epochs, preset_doc_embeddings=vectors)
    beta = normalised(np.asarray(model.get_beta(), dtype=np.float64))

    def infer(counts: sparse.csr_matrix) -> np.ndarray:
        read = torch.from_numpy(reader.transform(counts).astype(np.float32))
        return normalised(np.asarray(model.transform(None, read), dtype=np.float64))

    nll = mixture_nll(infer(problem.first), beta, problem.second)
    measured = {
        key: value for key, value in meter.measured.items() if not key.startswith(("vectors_wall", "vectors_rss"))
    }
    return Answer({"": best_words(beta)}, infer(problem.test), nll), measured


def run(problem: Problem, topics: int, seed: int, name: str, passes: int) -> tuple[Answer, dict[str, Any]]:
    """Fit a neural peer on one thread."""
    stand_ins()
    import torch

    torch.set_num_threads(1)
    if name == "fastopic":
        return fastopic(problem, topics, seed, passes)
    return topmost(name, problem, topics, seed, passes)
