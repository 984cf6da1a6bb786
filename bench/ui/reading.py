"""What is read without a kernel, and by everybody: the report, plain outputs, accessibility, contrast (U17, U18)."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.ui.goals import Figure
from bench.ui.lab import FLAGS, Stopwatch, block_network, find_browser

TOPICS, WORDS = 50, 20_000
TEXT = "The team scored two goals in the last game, and the shuttle brought a new satellite into orbit. " * 40
STUDIO = """%load_ext ntm_widgets
%ntm corpus pydocs
%ntm vectorize --tokenizer regex
%ntm train --num-topics 20 --epochs 2 --wait
%ntm studio"""
STEPS = ("documents", "words", "train", "topics", "ask")
LOWEST = """() => { // contrast of every word of the clouds with what is really behind it
  const light = channel => channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  const parse = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * light(r / 255) + 0.7152 * light(g / 255) + 0.0722 * light(b / 255);
  const behind = element => { for (let at = element; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor); if (found.length === 3 || found[3] === 1) return found; }
    return [255, 255, 255]; };
  const words = [...document.querySelectorAll('.ntm-topics .tb-cloud-svg text')];
  const ratios = words.map(word => {
    const [a, b] = [luminance(parse(getComputedStyle(word).fill)), luminance(behind(word.closest('.tb-card')))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); });
  return [words.length, Math.min(...ratios)]; }"""


def prepared(folder: str) -> Any:
    """A workbench with 20 Newsgroups (or the embedded corpus), a vocabulary of 20,000 words and a model of 50 topics."""
    import ntm_widgets as ntm
    from ntm_widgets.ui.workbench import Workbench

    bench = Workbench(runs_folder=folder)
    try:
        bench.corpus = ntm.load_corpus("20newsgroups")
    except Exception as error:  # noqa: BLE001  (not downloaded: the other corpus will do)
        print(f"     pydocs instead of 20 Newsgroups: {error}", file=sys.stderr)
        bench.corpus = ntm.load_corpus("pydocs")
    bench.bow = ntm.BowVectorizer(vocab_size=WORDS, tokenizer="regex").fit_transform(bench.corpus)
    bench.train(num_topics=TOPICS, epochs=2).wait()
    return bench


def fallbacks(bench: Any) -> dict[str, int]:
    """Bytes of the plain output of each widget, by name."""
    from ntm_widgets.ui.parts import plain_bundle
    from ntm_widgets.ui.query_panel import QueryPanel
    from ntm_widgets.ui.run_view import RunView
    from ntm_widgets.ui.studio import Studio
    from ntm_widgets.ui.topic_browser import TopicBrowser
    from ntm_widgets.ui.training_panel import TrainingPanel
    from ntm_widgets.ui.words_panel import VectorizerPanel

    query = QueryPanel(bench.model_, bow=bench.bow, corpus=bench.corpus)
    query.text = TEXT
    words = VectorizerPanel(bench)
    words.settings = {"tokenizer": "regex"}
    words.words.table()
    training = TrainingPanel(bench)
    training.monitor.watch(bench.run)
    browser = TopicBrowser(bench.model_, bow=bench.bow, corpus=bench.corpus)
    shown = [words, training, RunView(bench.run), browser, query, Studio(bench)]
    sizes = {type(one).__name__: len(json.dumps(plain_bundle(one), ensure_ascii=False).encode()) for one in shown}
    for one in shown:
        one.close()
    return sizes


def opened(path: Path) -> tuple[bool, int]:
    """Whether the report's browser comes up from the file, and how many requests of other hosts it tried."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), headless=True, args=list(FLAGS))
        context = browser.new_context()
        outside, page = block_network(context), context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".ntm-topics[data-state=ready]", timeout=60_000)
        clouds = page.locator(".tb-cloud-svg").count()
        browser.close()
    return clouds > 0, len(outside)


def u17() -> Iterator[Figure]:
    """The report of a large model, and what each widget leaves in the saved notebook."""
    from ntm_widgets.ui.report import report

    with tempfile.TemporaryDirectory() as folder:
        bench = prepared(folder)
        path = report(bench.model_, Path(folder) / "report.html", bow=bench.bow, corpus=bench.corpus)
        yield Figure("U17", f"report of {TOPICS} topics, {len(bench.bow.vocabulary):,} words", path.stat().st_size / 1e6, "MB", 2)
        comes_up, outside = opened(path)
        yield Figure("U17", "its browser comes up from the file: topics drawn (1 yes)", float(comes_up), "", 1, least=True)
        yield Figure("U17", "requests to other hosts meanwhile", outside, "", 0)
        for name, size in fallbacks(bench).items():
            yield Figure("U17", f"{name}: what is left without a kernel", size / 1000, "kB", 100)


def u18(lab: Stopwatch) -> Iterator[Figure]:
    """Every step of the studio, light and dark."""
    from checks import axe

    page = lab.run(STUDIO).page
    page.wait_for_selector(".ntm-studio[data-states^='done done done']", timeout=120_000)
    for dark in (False, True):
        lab.use_theme(dark=dark)
        theme, found = "dark" if dark else "light", list[str]()
        for step in STEPS:
            page.locator(f"[role=tab][data-step={step}]").click()
            page.wait_for_selector(f".ntm-studio[data-step={step}]", timeout=30_000)
            if step == "topics":
                page.wait_for_selector(".ntm-topics[data-state=ready] .tb-card:nth-child(20) .tb-cloud-svg", timeout=60_000)
                words, lowest = page.evaluate(LOWEST)
            page.wait_for_timeout(1000)
            found += axe(page, ".ntm-studio-box")
        for problem in found:
            print(f"     {problem[:160]}", file=sys.stderr)
        yield Figure("U18", f"{theme}: serious or critical by axe, five steps of the studio", len(found), "", 0)
        yield Figure("U18", f"{theme}: lowest contrast of {words:,} words in 20 clouds", lowest, ": 1", 4.5, least=True)
