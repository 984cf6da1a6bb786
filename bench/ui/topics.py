"""Words, topics and questions at full size (U9, U10, U11, U12, U13)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.ui.goals import Figure, p95
from bench.ui.lab import Stopwatch

DOCUMENTS = """import json, time
import ntm_widgets as ntm
from ntm_widgets.ui.workbench import Workbench
try:
    corpus = ntm.load_corpus("20newsgroups")
except Exception:
    corpus = ntm.load_corpus("pydocs")
bench = Workbench.instance()
bench.corpus = corpus"""
WORDS = """from ntm_widgets.ui.words_panel import VectorizerPanel
words = VectorizerPanel()
words"""
MODEL = """import itertools, json, time
import numpy as np
import ntm_widgets as ntm
rng = np.random.default_rng(0)
syllables = [first + second for first, second in itertools.product("bcdfghjklmnprstvwxyz", "aeiou")]
words = sorted({"".join(parts) for parts in rng.choice(syllables, (60_000, 3))})[:50_000]
ranks = rng.permutation(len(words))
drawn = ranks[(len(words) ** rng.random((20_000, 41))).astype(int) - 1]
corpus = ntm.load_corpus([" ".join(words[column] for column in row) for row in drawn])
bow = ntm.BowVectorizer(vocabulary=words, tokenizer="regex", stop_words=None, min_doc_words=1).fit_transform(corpus)
model = ntm.NTM(num_topics=200, recipe="sagemaker", epochs=1, mini_batch_size=1024)
model.fit(bow)
print(json.dumps([len(bow), len(bow.vocabulary), 200]))"""
BROWSER = """from ntm_widgets.ui.topic_browser import TopicBrowser
began = time.time()
browser = TopicBrowser(model, bow=bow, corpus=corpus)
browser.answer_overview()
print(json.dumps({"prepared": time.time() - began}))"""
CLOUD = """from ntm_widgets.ui.clouds import cloud_font, make_cloud
font = browser._answers.font
times = []
for k in range(20):
    began = time.perf_counter()
    made = make_cloud(model, k, 100, 0.3, font.path)
    times.append(1000 * (time.perf_counter() - began))
print(json.dumps(times))"""
FRAMES = """async kind => { // the dearest frame after one input: scripts and layout, all of it up to the paint; and what is sent
  const own = document.querySelector('.ntm-topics'), slider = own.querySelector('.tb-slider'), search = own.querySelector('.tb-search');
  const opened = [...own.querySelectorAll('.tb-open')].slice(0, 8), words = ['ba', 'bab', 'bab', 'do', 'dor', 'ze', ''];
  const enter = (field, value) => { field.value = value; field.dispatchEvent(new Event('input', {bubbles: true})); };
  const act = {lambda: at => enter(slider, String((at % 21) / 20)), topic: at => opened[at % 8].click(),
    search: at => enter(search, words[at % 7])}[kind];
  const paint = window.requestAnimationFrame.bind(window), send = WebSocket.prototype.send, times = [], whole = [], sent = [];
  let frames = new Map(), painted = new Map(), messages = 0;
  const timed = (work, at) => {
    const began = performance.now();
    work(at);
    own.getBoundingClientRect(); // laid out now, so that it is counted
    if (!frames.has(at)) { // a message posted in a frame arrives after its paint
      const channel = new MessageChannel(), into = painted;
      channel.port1.onmessage = () => into.set(at, performance.now() - began);
      channel.port2.postMessage(0);
    }
    frames.set(at, (frames.get(at) ?? 0) + performance.now() - began); };
  window.requestAnimationFrame = (work) => paint((at) => timed(work, at));
  WebSocket.prototype.send = function (...data) { messages += 1; return send.apply(this, data); };
  for (let at = 1; at <= 61; at += 1) {
    [frames, painted, messages] = [new Map(), new Map(), 0];
    const began = performance.now();
    act(at);
    const heard = performance.now() - began;
    await new Promise(paint);
    await new Promise(paint);
    sent.push(messages);
    if (kind !== 'lambda') await new Promise(done => setTimeout(done, 250)); // a click, a key
    const dearest = ([first = 0, ...later]) => Math.max(heard + first, ...later);
    times.push(dearest([...frames.values()]));
    whole.push(dearest([...painted.values()]));
  }
  [window.requestAnimationFrame, WebSocket.prototype.send] = [paint, send];
  return {times, whole, sent}; }"""
QUERY = """from ntm_widgets.ui.query_panel import QueryPanel
query = QueryPanel(model, bow=bow, corpus=corpus)
query"""
TURN = """async number => {
  const table = document.querySelector('.ntm[data-shown]'), field = document.querySelector('[data-setting=min_df]');
  const before = table.dataset.shown, began = performance.now();
  field.value = String(number);
  field.dispatchEvent(new Event('input', {bubbles: true}));
  while (table.dataset.shown === before && performance.now() - began < 20000) await new Promise(requestAnimationFrame);
  return performance.now() - began; }"""
DRAWN_AGAIN = "before => (document.querySelector('.ntm-q').dataset.drawn ?? '') !== before"
PAUSE, KNOB = 150, 200  # of the query panel and of the settings of words, after the last key


def u9(lab: Stopwatch) -> Iterator[Figure]:
    """Every knob of the vectoriser that needs no recount."""
    lab.run(DOCUMENTS, WORDS)
    lab.page.wait_for_function("() => Number(document.querySelector('.ntm[data-rows]')?.dataset.rows) > 0", timeout=180_000)
    shown = [lab.page.evaluate(TURN, number) - KNOB for number in 3 * (3, 5, 2, 8, 10, 4, 20, 6)]
    rows = int(lab.page.locator(".ntm[data-rows]").first.get_attribute("data-rows") or 0)
    yield Figure("U9", "terms in the table", rows, "")
    yield Figure("U9", "a key in min_df (200 ms pause taken off) to the new table, p95", p95(shown), "ms", 100)


def big_model(lab: Stopwatch) -> None:
    """A notebook with 200 topics of 50,000 words."""
    lab.run(MODEL, BROWSER)


def u10(lab: Stopwatch) -> Iterator[Figure]:
    """The topic browser opens."""
    documents, words, topics = lab.printed(0)
    yield Figure("U10", f"documents ({words:,} words, {topics} topics)", documents, "")
    yield Figure("U10", "topic browser prepared", lab.printed(1)["prepared"], "s", 2)
    began = time.time()
    lab.add("browser")
    lab.page.wait_for_selector(".ntm-topics[data-state=ready]", timeout=60_000)
    states = [one["at"] for one in lab.seen("ntm-topics") if one["at"] >= began]
    ready = [one["at"] for one in lab.seen("ntm-topics") if one["data"].get("state") == "ready" and one["at"] >= began]
    yield Figure("U10", "topic browser: from the cell to ready", min(ready) - began, "s", 1)
    yield Figure("U10", "topic browser: from the view to ready", min(ready) - min(states), "s")
    lab.page.wait_for_timeout(4000)
    yield Figure("U10", "moved until the first clouds and the evidence are there", lab.traffic.since(began)[1] / 1e6, "MB", 1)


@contextmanager
def page_time(lab: Stopwatch) -> Iterator[dict[str, float]]:
    """Processor seconds of the page's scripts, styles and layouts inside the block: what else the machine does is left out."""
    session, spent = lab.page.context.new_cdp_session(lab.page), dict[str, float]()
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def now() -> float:
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return sum(metrics[f"{part}Duration"] for part in ("Script", "RecalcStyle", "Layout"))

    began = now()
    yield spent
    spent["seconds"] = now() - began
    session.detach()


def u11(lab: Stopwatch) -> Iterator[Figure]:
    """The λ slider, another topic, and a key in the search."""
    lab.page.wait_for_selector(".ntm-topics[data-proof=ready]", timeout=60_000)
    lab.page.locator(".ntm-topics .tb-open").first.click()
    lab.page.wait_for_timeout(1500)
    for kind, what, most in (("lambda", "λ moved", 0), ("topic", "another topic", None), ("search", "a key in the search", None)):
        lab.settle()
        with page_time(lab) as spent:
            found = lab.page.evaluate(FRAMES, kind)
        yield Figure("U11", f"{what}: script and layout of the dearest frame, p95", p95(found["times"]), "ms", 16)
        yield Figure("U11", f"{what}: the same up to the paint, p95", p95(found["whole"]), "ms")
        yield Figure("U11", f"{what}: their processor time, mean", 1000 * spent["seconds"] / len(found["times"]), "ms")
        yield Figure("U11", f"{what}: messages to the kernel before the paint, at most", max(found["sent"]), "", most)


def u12(lab: Stopwatch) -> Iterator[Figure]:
    """A cloud of a hundred words."""
    times = lab.ask(CLOUD)
    yield Figure("U12", "a cloud of 100 words laid out, p95", p95(times), "ms", 50)


def u13(lab: Stopwatch) -> Iterator[Figure]:
    """Typing a question."""
    lab.add(QUERY)
    field = lab.page.locator(".ntm-q textarea").first
    field.wait_for(timeout=60_000)
    words, times = lab.ask("print(json.dumps(words[::1000]))"), []
    for number in range(21):
        before = lab.page.locator(".ntm-q").first.get_attribute("data-drawn") or ""
        field.fill(" ".join(words[number : number + 25]))
        began = time.time()
        lab.page.wait_for_function(DRAWN_AGAIN, arg=before, timeout=30_000)
        drawn = [one["at"] for one in lab.seen("ntm-q") if one["at"] >= began and one["data"].get("drawn", "") != before]
        times.append(1000 * (min(drawn) - began) - PAUSE)
    yield Figure("U13", "typed text to mixture and coloured words after the pause, p95", p95(times[1:]), "ms", 150)
