"""Fitted models for the tests of the estimator."""

import pytest
from estimator_support import quick, two_groups

from ntm_widgets.core.estimator import NTM


@pytest.fixture(scope="module")
def model():
    return quick().fit(two_groups())


@pytest.fixture(scope="module")
def reader(tiny_bow):
    return NTM(num_topics=5, epochs=3, device="cpu").fit(tiny_bow)
