"""Devices: the CPU for real; an accelerator, which cannot exist here, behind a fake of PyTorch's own door."""

import json
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bench.ui.memory import MEASURE
from ntm_widgets.core import arrays, documents
from ntm_widgets.core.devices import (
    PART,
    SMALL_TABLE,
    START_SAMPLE,
    VECTORS_KEPT,
    devices,
    lacks_bfloat16,
    memory_needed,
    pick_device,
    threads_limited,
)
from ntm_widgets.core.settings import Given, resolve
from ntm_widgets.core.training import Trainer


@pytest.fixture
def two_gpus(monkeypatch):
    """PyTorch as it answers on a machine with two CUDA devices."""
    door = torch.accelerator
    monkeypatch.setattr(door, "is_available", lambda: True)
    monkeypatch.setattr(door, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(door, "device_count", lambda: 2)
    asked = []
    gpu = SimpleNamespace(
        mem_get_info=lambda i: asked.append(i) or ((5 + i) * 2**30, 16 * 2**30), get_device_name=lambda i: f"Card {i}",
        memory_reserved=lambda i: 0, get_device_properties=lambda i: SimpleNamespace(total_memory=16 * 2**30),
    )  # fmt: skip
    monkeypatch.setattr(torch, "cuda", gpu)
    return asked


def test_accelerators_are_listed_and_chosen(two_gpus):
    found = devices()
    assert [device.name for device in found] == ["cpu", "cuda:0", "cuda:1"]
    assert (found[2].label, found[2].free_memory, found[2].total_memory) == ("Card 1", 6 * 2**30, 16 * 2**30)
    assert "Card 0, 5.0 of 16.0 GiB free" in repr(found)
    assert pick_device("auto") == torch.device("cuda:0") == pick_device("cuda")
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(ValueError, match="'auto' or one of cpu, cuda:0, cuda:1"):
        pick_device("cuda:2")


def test_only_cards_that_are_named_or_in_use_are_asked(two_gpus, monkeypatch):
    """Asking a card for its free memory takes memory there, so nobody does for a card that nobody wants."""
    pick_device("cuda:1")
    assert two_gpus == []
    found = devices(measured=["cuda:1"])
    assert [device.free_memory for device in found[1:]] == [None, 6 * 2**30] and two_gpus == [1]
    assert found[1].total_memory == 16 * 2**30
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda i: 2**20)
    assert devices(measured=[])[1].free_memory == 5 * 2**30


def test_apple(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("mps"))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 1)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: 8 * 2**30)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 2**30)
    assert devices()[1].name == "mps" and devices()[1].free_memory == 7 * 2**30
    assert pick_device("auto") == torch.device("mps")


def test_cpu_only(monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    assert pick_device("auto") == torch.device("cpu")
    with pytest.raises(ValueError, match=r"device='cuda:1' is not on this machine: expected 'auto' or one of cpu$"):
        pick_device("cuda:1")


def test_threads_come_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(KeyError), threads_limited(1 if before > 1 else 2):
        raise KeyError
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"X": 3}, "expected a 2-D matrix"),
        ({"X": np.eye(3), "num_topics": -1}, "num_topics=-1: expected an integer from 2 to 1000"),
        ({"X": np.eye(3), "num_topics": "many"}, "num_topics='many': expected an integer from 2 to 1000"),
        ({"X": np.eye(3), "recipe": "soup"}, "recipe='soup': expected 'best' or 'sagemaker'"),
        ({"measured": 3}, "measured=3: expected a collection of words"),
    ],
)
def test_wrong_questions_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        devices(**arguments)


def need(words=2000, documents=1000, distinct=50.0, device="cpu", **settings):
    given = resolve(num_documents=documents, num_words=words, words_per_document=distinct, **settings)
    return memory_needed(Given(documents, words, distinct), given, device)


def test_memory_grows_with_what_it_should():
    small = need(num_topics=20)
    assert need(num_topics=200) > small and need(documents=10**6) > small and need(words=20_000) > small
    assert need(words=50_000, num_topics=200, recipe="sagemaker") > 9 * 4 * 50_000 * (200 + 600)
    assert need(50_000, num_topics=200, optimizer="sgd") < need(50_000, num_topics=200)
    assert need(50_000, num_topics=200, num_patience_epochs=3) > need(50_000, num_topics=200)


@pytest.mark.parametrize("topics", [2, 20, 1000])
@pytest.mark.parametrize("words", [1, 100, 100_000])
@pytest.mark.parametrize("documents", [1, 100_000])
@pytest.mark.parametrize("recipe", ["best", "sagemaker"])
@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
def test_every_size_has_a_need(topics, words, documents, recipe, device):
    assert 16e6 <= need(words, documents, min(words, 3.0), device, num_topics=topics, recipe=recipe) < 1e12


def test_constants_agree_with_what_they_stand_for():
    assert (START_SAMPLE, PART, VECTORS_KEPT) == (documents.START_DOCUMENTS, documents.PART_DOCUMENTS, documents.VECTOR_BYTES)
    assert arrays.MOST_EXACT == SMALL_TABLE


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of a process is read from /proc")
def test_what_is_expected_is_what_is_used():
    """A run of some hundred megabytes, in a process of its own; `python -m bench.ui U8` has more of them."""
    case = ["20000", "50", "2000", "best", "mix"]
    done = subprocess.run([sys.executable, "-c", MEASURE, *case], capture_output=True, text=True, timeout=600, check=True)
    expected, used = json.loads(done.stdout.splitlines()[-1])
    assert 0.7 < expected / used < 1.4


@pytest.mark.parametrize(
    ("told", "precision", "warned"),
    [
        ({"avx2": True, "avx512_bf16": False}, "bfloat16", True),
        ({"avx2": True, "avx512_bf16": False}, "float32", False),
        ({"avx512_bf16": True}, "bfloat16", False),
        ({"neon": True, "bf16": True}, "bfloat16", False),
        ({}, "bfloat16", False),
    ],
)
def test_products_in_bfloat16_are_warned_of_where_the_processor_has_none(monkeypatch, told, precision, warned):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    given = resolve(num_documents=30, num_words=12_500, num_topics=20, decoder="logit", decoder_precision=precision)
    counts = np.ones((30, 12_500), np.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Trainer(counts, given, device="cpu")
    found = [str(one.message) for one in caught if "bfloat16" in str(one.message)]
    assert len(found) == warned and all(len(text.splitlines()) == 1 and "'float32' is faster here" in text for text in found)


def test_a_pytorch_that_does_not_tell_its_instructions_is_believed(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not lacks_bfloat16(torch.device("cpu"))
