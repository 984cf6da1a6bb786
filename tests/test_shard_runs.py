"""Runs on shards: nothing is copied, a resumed run goes on with the same documents, changed ones are refused."""

import shutil

import numpy as np
import pytest
from scipy import sparse
from support import one_line

from ntm_widgets.core.estimator import NTM
from ntm_widgets.data.shards import ShardedBagOfWords
from ntm_widgets.runs.runs import Run, start_run


def counts(rows=300, seed=0):
    rng = np.random.default_rng(seed)
    rates = rng.dirichlet(np.full(5, 0.2), rows) @ (np.kron(np.eye(5), np.ones(10)) * 3) + 0.05
    return sparse.csr_matrix(rng.poisson(rates).astype(np.float32))


def small(**given):
    return NTM(5, epochs=3, vector_size=16, device="cpu", **given)


def test_a_run_on_shards_is_resumed_with_the_same_documents(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "shards", [counts()], shard_documents=70)
    parts = bag.split(0.5, 0.5, 0.0, seed=4).train.split(0.8, 0.2, 0.0, seed=1)
    run = start_run(small(), parts.train, validation=parts.validation, folder=tmp_path / "runs", background=False)
    assert run.status == "finished" and not (tmp_path / "runs" / "data").exists()
    plain = small().fit(parts.train, validation=parts.validation)
    assert np.array_equal(run.model.components_, plain.components_)
    again = Run.open(run.path).resume(epochs=1, background=False)
    assert again.epoch == 4 and again.model.history_["validation_loss"].notna().all()


def test_shards_that_changed_or_went_away(tmp_path):
    bag = ShardedBagOfWords.write(tmp_path / "shards", [counts()])
    run = start_run(small(), bag, folder=tmp_path / "runs", background=False)
    shutil.rmtree(tmp_path / "shards")
    with pytest.raises(ValueError, match=r"holds no shards\.json") as error:
        run.resume(epochs=1, background=False)
    one_line(error)
    ShardedBagOfWords.write(tmp_path / "shards", [counts(seed=1)])
    with pytest.raises(ValueError, match="holds other documents than when the run was started"):
        run.resume(epochs=1, background=False)
    assert run.model.transform(counts()).shape == (300, 5)
