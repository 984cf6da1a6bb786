"""The comparison with peers: its contract with adapters, what its tables say, and that nothing else is quoted."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bench import choose, gpu, quick, tables
from bench.cells import RESULTS, SEEDS, TASKS, Cell, all_cells, figures
from bench.exchange import (
    WORDS,
    Answer,
    Meter,
    Problem,
    best_words,
    mixture_nll,
    read_answer,
    read_problem,
    write_answer,
    write_problem,
)
from bench.full import as_now, key_of
from bench.peers import PEERS, tomotopy_texts, tomotopy_words
from bench.tables import ROWS, Value
from ntm_widgets.core.inference import halves
from ntm_widgets.core.settings import resolve

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def problem(tiny_bow) -> Problem:
    """A small corpus in the form in which peers get one; one test document has a single word."""
    counts = tiny_bow.counts
    train, test = counts[:-60], counts[-60:].copy()
    test.data[test.indptr[3] : test.indptr[4]] = 0
    test.data[test.indptr[3]] = 1
    test.eliminate_zeros()
    first, second = halves(test, seed=0)
    ids = np.repeat(train.indices, train.data.astype(int))
    starts = np.concatenate([[0], np.cumsum(np.asarray(train.sum(axis=1)).ravel())]).astype(np.int64)
    return Problem(train, test, first, second, ids, starts)


@pytest.mark.parametrize("name", ["sklearn_online", "sklearn_batch", "gensim"])
def test_an_adapter_answers_as_agreed(problem, name):
    peer = PEERS[name]
    answer, measured = peer.fit(problem, 5, 0, **peer.settings | {"passes": 10})
    words, (documents, vocabulary) = answer.rankings[""], problem.test.shape
    assert words.shape == (5, WORDS)
    assert words.min() >= 0
    assert words.max() < vocabulary
    assert all(len(set(row)) == WORDS for row in words)
    assert answer.theta.shape == (documents, 5)
    assert (answer.theta >= 0).all()
    np.testing.assert_allclose(answer.theta.sum(axis=1), 1, rtol=1e-6)
    assert answer.nll.shape == (documents,)
    assert np.isfinite(answer.nll).all()
    scored = np.asarray(problem.second.sum(axis=1)).ravel() > 0
    assert (answer.nll[scored] > 0).all()
    assert (answer.nll[~scored] == 0).all()
    turned = np.roll(np.arange(documents), 1)
    others, _ = peer.fit(problem._replace(second=problem.second[turned]), 5, 0, **peer.settings | {"passes": 10})
    assert answer.nll.sum() < others.nll.sum(), (
        "a document's topics say more about its own other half than about another's"
    )
    assert {"cpu_s", "wall_s", "rss_mb"} <= measured.keys()
    assert measured["cpu_s"] > 0


PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"


@pytest.mark.skipif(not PEERS_PYTHON.exists(), reason="no environment of the peers (make peers)")
@pytest.mark.parametrize("name", ["tomotopy", "ecrtm", "etm", "prodlda", "fastopic"])
def test_a_peer_of_the_other_environment_answers_as_agreed(problem, tmp_path, name):
    write_problem(tmp_path / "problem.npz", problem)
    files = [str(tmp_path / "problem.npz"), str(tmp_path / "answer.npz")]
    told = ["--topics", "5", "--seed", "0", "--settings", '{"passes": 2}']
    run = [str(PEERS_PYTHON), "-m", "bench.peers", name, *files, *told]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    answer, took = read_answer(tmp_path / "answer.npz")
    assert all(words.shape == (5, WORDS) for words in answer.rankings.values())
    assert ("reranked" in answer.rankings) == (name == "tomotopy")
    np.testing.assert_allclose(answer.theta.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(answer.nll).all()
    assert ("vectors_cpu_s" in took) == (name in ("ecrtm", "etm", "fastopic"))
    assert all(f"{package} " in took["versions"] for package in PEERS[name].packages)


def test_the_same_seed_gives_the_same_answer(problem):
    fit, settings = PEERS["sklearn_online"].fit, {"method": "online", "passes": 1}
    first, again, other = (fit(problem, 4, seed, **settings)[0] for seed in (0, 0, 1))
    assert (first.rankings[""] == again.rankings[""]).all()
    assert (first.nll == again.nll).all()
    assert (first.nll != other.nll).any()


def test_likelihood_of_a_mixture_is_its_definition(problem):
    rng = np.random.default_rng(0)
    theta = rng.dirichlet(np.ones(3), problem.second.shape[0])
    beta = rng.dirichlet(np.ones(problem.second.shape[1]), 3)
    dense = -(problem.second.toarray() * np.log(theta @ beta)).sum(axis=1)
    np.testing.assert_allclose(mixture_nll(theta, beta, problem.second), dense)


def test_best_words_are_the_highest_scores_in_order():
    assert best_words(np.array([[0.1, 0.5, 0.2, 0.5], [3, 1, 2, 0]]), 3).tolist() == [[1, 3, 2], [0, 2, 1]]


def test_files_bring_back_what_was_written(problem, tmp_path):
    write_problem(tmp_path / "problem.npz", problem)
    found = read_problem(tmp_path / "problem.npz")
    for before, after in zip(problem[:4], found[:4], strict=True):
        assert (before != after).nnz == 0
    assert (found.ids == problem.ids).all()
    answer = Answer({"": np.arange(6).reshape(2, 3), "other": np.zeros((2, 3), int)}, np.full((4, 2), 0.5), np.ones(4))
    meter = Meter()
    with meter.running("cold_"):
        pass
    write_answer(tmp_path / "answer.npz", answer, meter.measured | {"versions": "a 1"})
    read, took = read_answer(tmp_path / "answer.npz")
    assert read.refined is None
    assert read.rankings.keys() == {"", "other"}
    assert (read.rankings[""] == answer.rankings[""]).all()
    assert took["versions"] == "a 1"
    assert took["cold_cpu_s"] >= 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["answer.npz", "problem.npz"], "no parts left behind"


def test_gibbs_reads_every_token_once(problem):
    texts = tomotopy_texts(problem.test)
    assert [len(text) for text in texts] == np.asarray(problem.test.sum(axis=1)).ravel().tolist()
    assert len(texts[3]) == 1
    again = np.zeros(problem.test.shape)
    for document, text in enumerate(texts):
        np.add.at(again[document], [int(word) for word in text], 1)
    assert (again == problem.test.toarray()).all()


class Gibbs:
    """What `tomotopy_words` asks of a model of tomotopy that knows the words 3 and 1, in this order."""

    k, eta, used_vocabs = 2, 0.01, ["3", "1"]

    def get_topic_word_dist(self, topic: int, normalize: bool) -> np.ndarray:
        assert not normalize
        return np.array([[5.01, 0.01], [0.01, 9.01]])[topic]


def test_a_word_that_no_training_document_has_gets_the_share_of_its_prior():
    beta = tomotopy_words(Gibbs(), 4)
    np.testing.assert_allclose(beta, np.array([[0.01, 0.01, 0.01, 5.01], [0.01, 9.01, 0.01, 0.01]]) / [[5.04], [9.04]])


def test_another_adapter_is_another_key_and_the_first_ones_have_none(monkeypatch):
    monkeypatch.setattr("bench.full.fingerprint", lambda corpus: "0" * 12)
    keys = {name: key_of(Cell("subjects", 20, name, 0)) for name in PEERS}
    assert {name: key.get("adapter") for name, key in keys.items() if "adapter" in key} == {"tomotopy": 2}


def test_the_accelerator_must_lie_within_the_spread_of_the_seeds():
    seeds = [{"val. loss": 6.80 + seed / 100, "NPMI": 0.30 + seed / 100} for seed in range(3)]
    assert gpu.strays({"val. loss": 6.83, "NPMI": 0.33}, seeds) == []
    (line,) = gpu.strays({"val. loss": 6.85, "NPMI": 0.33}, seeds)
    assert line.startswith("val. loss 6.8500, on the CPU 6.8100")
    assert len(gpu.strays({"val. loss": float("nan"), "NPMI": 0.2}, seeds)) == 2
    alike = [{"val. loss": 6.8, "NPMI": 0.3}] * 3
    assert gpu.strays({"val. loss": 6.809, "NPMI": 0.281}, alike) == [] != gpu.strays({"val. loss": 6.82, "NPMI": 0.3}, alike)


def test_a_value_is_better_that_wins_on_every_seed_by_more_than_the_tolerance():
    def made(value: float, chosen: bool, npmi: tuple[float, float], ppl: float) -> choose.Row:
        return choose.Row("alpha", value, chosen, np.array([[one, 0.9, 0.5, 0.5, ppl] for one in npmi]))

    chosen = made(0.45, True, (0.20, 0.22), 700.0)
    assert choose.verdict([chosen, made(0.1, False, (0.25, 0.21), 700.0)]) == ["no value beats the chosen one in any measure"]
    (line,) = choose.verdict([chosen, made(0.1, False, (0.22, 0.24), 720.0)])
    assert line == "better: alpha=0.1: NPMI 0.230 against 0.210, but worse: by document 720 against 700"


def value(mean: float, sd: float = 0.01, seeds: int = 5) -> Value:
    return Value(mean, sd, seeds)


def row(**means: float) -> dict[str, Value]:
    usual = {"npmi": 0.2, "tu": 0.95, "nmi": 0.5, "purity": 0.5, "ppl": 500.0, "cpu_s": 2.0}
    return {name: value(mean) for name, mean in (usual | means).items()}


def test_claims_name_what_does_not_hold():
    peers = {
        "tomotopy": row(npmi=0.17, tu=0.9, nmi=0.4, cpu_s=40.0),
        "etm": row(npmi=0.1, tu=0.99, nmi=0.45, cpu_s=1.0),
    }
    assert all(tables.claims({"best": row(), **peers}).values()), (
        "a peer far behind in NPMI may be distinct and quick"
    )
    peers["tomotopy"] |= {"tu": value(0.99), "cpu_s": value(1.5)}
    peers["etm"] |= {"nmi": value(0.6)}
    false = {claim for claim, true in tables.claims({"best": row(), **peers}).items() if not true}
    assert false == {
        "first in NMI",
        "TU not behind a peer whose NPMI is within .05",
        "fastest among those within .05 NPMI",
    }


def test_where_a_peer_is_ahead_is_said_plainly():
    table = {"best": row(), "best_mix": row(npmi=0.9), "gensim": row(ppl=400.0), "etm": row(ppl=450.0, npmi=0.1)}
    (line,) = tables.behind(table)
    assert line.startswith("perplexity: gensim LDA 400 ± 0 against 500")
    cells = {"pydocs-20 gensim": [{"unigram": 900.0}]}
    text = "\n".join(tables.section("pydocs-20", {"best": row(), "gensim": row(npmi=0.1)}, cells))
    assert "Behind no peer in any measure." in text
    assert "without topics: 900" in text


def test_a_floor_is_met_within_one_standard_error():
    table = {"best": row(npmi=0.159, tu=0.89)}
    npmi, tu = tables.floors("ng_official-100", table)
    assert npmi.endswith(", met"), "0.159 + 0.01 / √5 reaches .16"
    assert tu.endswith("**not met**")


def test_floors_that_peers_meet_too_are_replaced_and_the_reason_stands_below():
    table = {name: {key: value(usual.mean) for key, usual in row().items()} for name in ("best", "gensim")}
    table["best"] |= {"ppl_doc": value(715.0), "ppl_refined_doc": value(690.0)}
    text = "\n".join(tables.section("ng_seed-20", table, {"ng_seed-20 best": [{"unigram": 807.0}]}))
    assert "by document 744: 715 ± 0, met; refined by document 724: 690 ± 0, met" in text
    assert "The floors of perplexity are those by document." in text


def test_overlap_pairs_topics_one_to_one():
    topics = ["a b c d", "e f g h"]
    assert tables.overlap(topics, topics[::-1]) == 1
    assert tables.overlap(topics, ["a b x y", "p q r s"]) == pytest.approx((2 / 6) / 2)


def test_drift_is_what_leaves_the_committed_spread():
    known = {"best": row(ppl=500.0)}
    assert quick.drifts({"best": row(npmi=0.225, ppl=509.0)}, known) == []
    lines = quick.drifts({"best": row(npmi=0.16, ppl=560.0)}, known)
    assert [line.split(":")[0] for line in lines] == ["best NPMI", "best perplexity"]


# ---- what is committed


def test_every_cell_that_is_kept_is_complete():
    known = {cell.path: cell for cell in all_cells()}
    kept = sorted((RESULTS / "cells").rglob("*.json"))
    assert kept, "bench/results/cells is empty: run `make bench-full`"
    for path in kept:
        found, cell = json.loads(path.read_text(encoding="utf-8")), known[path]
        assert {name: found["key"][name] for name in cell._fields} == cell._asdict()
        if "error" not in found:
            assert {"npmi", "c_v", "tu", "td", "nmi", "purity", "used", "ppl", "ppl_doc"} <= found["scores"].keys()
            assert {"cpu_s", "rss_mb"} <= found["took"].keys()
            assert len(found["words"]) == cell.topics
            assert all(len(topic.split()) == 10 for topic in found["words"])
            assert np.isfinite([*found["scores"].values()]).all()


def test_all_cells_of_a_corpus_saw_the_same_documents():
    for corpus in {corpus for corpus, _ in TASKS}:
        cells = [figures(cell) for cell in all_cells() if cell.corpus == corpus]
        assert len({cell["key"]["data"] for cell in cells if cell}) <= 1, f"{corpus}: run `make bench-full`"


def test_the_tables_are_those_of_their_cells_and_say_what_is_missing():
    cells, failed = tables.cells_of_the_tables()
    for name, text in tables.written(cells, failed).items():
        assert (RESULTS / name).read_text(encoding="utf-8") == text, f"{name} is old: python -m bench.tables"
    text = (RESULTS / "quality.md").read_text(encoding="utf-8")
    here, models = sum(map(len, cells.values())), [name for name in ROWS if ":" not in name]
    assert f"{here} of {len(TASKS) * len(models) * len(SEEDS)} cells" in text
    assert {cell.model for cell in all_cells()} == set(models)
    assert (RESULTS / "quality.svg").read_text(encoding="utf-8").count("<svg") == 1


PEER_NAMES = re.compile(r"tomotopy|gensim|scikit-learn LDA|ECRTM|ProdLDA|\bETM\b|FASTopic|Gibbs LDA", re.IGNORECASE)
DECIMAL = re.compile(r"(?<![\w.])[-−]?\d*\.\d+(?![\w.]*\d)|(?<![\w.])\d+(?= ?%)")
NOT_FIGURES = re.compile(r"(?:λ|alpha|eta)\s*=\s*[\d.]+|\d+\.\d+\.\d+|\b(?:Python|torch|numpy|scikit-learn|NLTK|gensim) \d+\.\d+")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    RESULTS / "README.md",
    *sorted((ROOT / "nbs").glob("*.ipynb")),
    *sorted((ROOT / "nbs").glob("*/*.ipynb")),
]


def paragraphs(path: Path, code: bool = False) -> list[str]:
    """Paragraphs of prose and tables of a page; with `code` also the paragraphs of a notebook's code, for docstrings and comments."""
    if path.suffix == ".md":
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    else:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        kinds = ("markdown", "code") if code else ("markdown",)
        text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] in kinds)
    return re.split(r"\n\s*\n", text)


def numbers_in(text: str) -> np.ndarray:
    """Every number of a text."""
    found = re.findall(r"[-−]?\d[\d,]*\.?\d*|\.\d+", text)
    return np.array([float(number.replace(",", "").replace("−", "-")) for number in found])


def blocks() -> dict[str, str]:
    """What each bench printed, by its name: the blocks of `bench/results/README.md` under the heading that has its command."""
    text = (RESULTS / "README.md").read_text(encoding="utf-8")
    sections = (part for part in re.split(r"^## ", text, flags=re.MULTILINE) if "python -m bench." in part)
    return {
        re.search(r"python -m bench\.(\w+)", part)[1]: "\n".join(re.findall(r"^```text\n(.*?)^```", part, re.M | re.S))
        for part in sections
    }


def printed(number: str, known: np.ndarray) -> bool:
    """Whether a number is among those known, to as many places as it has."""
    places = len(number.partition(".")[2])
    return bool(np.abs(known - float(number.replace(",", "").replace("−", "-"))).min() <= 0.5 * 10**-places + 1e-9)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_number_about_peers_that_the_bench_does_not_print(path):
    tables_ = (RESULTS / "quality.md").read_text(encoding="utf-8").partition("\n## ")[2]
    known = numbers_in("\n".join([tables_, *blocks().values()]))
    for paragraph in paragraphs(path):
        if PEER_NAMES.search(paragraph):
            for quoted in DECIMAL.findall(NOT_FIGURES.sub("", paragraph)):
                assert printed(quoted, known), f"{quoted} in {path.name} is not in bench/results: {paragraph[:200]}"


WORDS_OF_NUMBERS = "half one two three four five six seven eight nine ten eleven twelve fifteen sixteen twenty thirty fifty hundred"
VALUES = dict(zip(WORDS_OF_NUMBERS.split(), (0.5, *range(1, 13), 15, 16, 20, 30, 50, 100), strict=True)) | {"twice": 2}
NUMBER = rf"(?:\d[\d,]*(?:\.\d+)?|{'|'.join(VALUES)})"
SPEED = r"(?:as (?:fast|quick|quickly|slow|slowly|long)\b|faster|quicker|slower|sooner|longer|the speed)"
CLAIM = re.compile(
    rf"(?<![\w.])(?:(?P<low>{NUMBER})(?: to |–|-))?(?P<high>{NUMBER})(?:(?: times| ?[×x%]|) {SPEED}|"
    r" ?µs|,? ?(?:documents|docs|posts|texts|tokens)(?:/s\b| (?:per|a|each) (?:CPU )?second)|"
    r" ?% of (?:a step|the step|the time|its time|the speed|its speed|a core))"
    rf"|\b(?:an? )?(?P<part>half|third|quarter|fifth|sixth|eighth|tenth) (?:{SPEED}|of (?:a step|the time|the speed))",
    re.IGNORECASE,
)
NAMES_A_BENCH = re.compile(r"bench\.(\w+)")


def claims_of_speed(text: str) -> list[tuple[str, list[str]]]:
    """What a text says about speed in numbers: the words, and the numbers in them; a fraction has none that could be looked up."""
    found = []
    for claim in CLAIM.finditer(text):
        said = [number for number in (claim["low"], claim["high"]) if number]
        found.append((claim[0], [str(VALUES.get(number.lower(), number)) for number in said]))
    return found


def test_what_a_claim_of_speed_is():
    said = {
        "Log is six times as fast as log1p": ["6"],
        "two to three times faster": ["2", "3"],
        "takes 14.3 µs here": ["14.3"],
        "207,000 documents/s": ["207,000"],
        "is 5.8× faster": ["5.8"],
        "at 56 to 60 % of the time": ["56", "60"],
        "is twice as fast": ["2"],
        "a quarter faster": [],
        "a third of the time": [],
    }
    for text, wanted in said.items():
        assert [numbers for _, numbers in claims_of_speed(text)] == [wanted], text
    for harmless in ("six times with 20 topics", "10 documents in a batch", "5 % of the documents", "waits 200 ms", "twice the words"):
        assert claims_of_speed(harmless) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_who_gives_a_number_of_speed_names_the_bench_that_printed_it(path):
    printed_by = blocks()
    pieces = {piece: NAMES_A_BENCH.findall(piece) for piece in paragraphs(path, code=True)}
    if path == RESULTS / "README.md":  # its prose stands above the block that it is about
        sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        pieces = {re.sub(r"^```.*?^```", "", part, flags=re.M | re.S): NAMES_A_BENCH.findall(part) for part in sections}
    for piece, benches in pieces.items():
        known = numbers_in("\n".join(printed_by.get(name, "") for name in benches) or "nan")
        for words, numbers in claims_of_speed(piece):
            assert numbers and known.size and all(printed(number, known) for number in numbers), (
                f"{path.name}: {words!r} is not in a block of bench/results/README.md whose bench is named beside it"
            )


def test_the_page_about_limits_shows_the_committed_figures():
    digest = hashlib.sha256((RESULTS / "quality.json").read_bytes()).hexdigest()[:12]
    page = (ROOT / "nbs" / "explanations" / "limits.ipynb").read_text(encoding="utf-8")
    assert f"'{digest}'" in page, "the figures changed: python tools/notebook.py explanations/limits"


def test_a_kept_cell_counts_when_our_models_have_more_settings_than_then():
    settings = resolve(num_documents=900, num_words=300).to_dict()
    then = {name: value for name, value in settings.items() if name not in ("kl_weight", "background", "vector_power")}
    key = {"model": "best", "data": "1"}
    assert as_now({**key, "settings": then}) == as_now({**key, "settings": settings}) == {**key, "settings": settings}
    assert as_now({"model": "gensim", "settings": {}}) == {"model": "gensim", "settings": {}}
