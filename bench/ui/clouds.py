"""Word clouds as one sees them come: the first row, all the others, and again (U12)."""

from collections.abc import Iterator

import numpy as np

from bench.ui.goals import Figure
from bench.ui.lab import Stopwatch
from bench.ui.topics import DOCUMENTS

TRAINED = """from ntm_widgets.ui.topic_browser import TopicBrowser
bow = ntm.BowVectorizer(tokenizer="regex").fit_transform(corpus)
model = ntm.NTM(num_topics=20, epochs=2).fit(bow)
TopicBrowser(model, bow=bow, corpus=corpus)"""
AGAIN = "TopicBrowser(model, bow=bow, corpus=corpus)"
WATCH = """() => { // the browser that comes next: milliseconds from its view to the first row and to all clouds
  const known = new Set(document.querySelectorAll('.ntm-topics')), seen = window.ntmClouds = {};
  const look = () => {
    const own = seen.own ?? [...document.querySelectorAll('.ntm-topics')].find(one => !known.has(one));
    if (own) {
      const now = performance.now(), cards = [...own.querySelectorAll('.tb-card')], drawn = card => card.querySelector('.tb-cloud-svg');
      seen.own = own;
      seen.began ??= now;
      if (cards.length && cards.filter(card => card.offsetTop === cards[0].offsetTop).every(drawn)) seen.row ??= now - seen.began;
      if (cards.length === 20 && cards.every(drawn)) seen.all = now - seen.began;
    }
    if (!seen.all) requestAnimationFrame(look);
  };
  look(); }"""
SLID = """async value => { // λ let go at another place: milliseconds until the first topic's cloud is drawn anew
  const own = window.ntmClouds.own, slider = own.querySelector('.tb-slider'), before = own.querySelector('.tb-cloud-svg');
  const began = performance.now();
  slider.value = value;
  for (const kind of ['input', 'change']) slider.dispatchEvent(new Event(kind, {bubbles: true}));
  while (own.querySelector('.tb-cloud-svg') === before && performance.now() - began < 20000) await new Promise(requestAnimationFrame);
  return performance.now() - began; }"""


def watched(lab: Stopwatch) -> tuple[float, float]:
    """Show another browser; milliseconds from its view to its first row of clouds, and to all twenty."""
    lab.settle()
    lab.page.evaluate(WATCH)
    lab.add(AGAIN)
    lab.page.wait_for_function("() => window.ntmClouds.all", timeout=60_000)
    return lab.page.evaluate("() => [window.ntmClouds.row, window.ntmClouds.all]")


def u12_in_page(lab: Stopwatch) -> Iterator[Figure]:
    """Clouds of twenty topics in a browser of a kernel that has shown one before; medians of five."""
    lab.run(DOCUMENTS, TRAINED)
    lab.page.wait_for_selector(".ntm-topics[data-state=ready] .tb-card:nth-child(20) .tb-cloud-svg", timeout=120_000)
    row, everything = np.median([watched(lab) for _ in range(5)], axis=0)
    yield Figure("U12", "from the view to the first visible row of clouds, warm", row, "ms")
    yield Figure("U12", "from the view to all 20 topics, those out of sight in the background", everything, "ms")
    anew, back = [], []
    for turn in range(5):
        lab.settle()
        anew.append(lab.page.evaluate(SLID, f"{0.5 + turn / 20:.2f}"))
        lab.settle()
        back.append(lab.page.evaluate(SLID, "0.30" if turn == 0 else "0.50"))
        lab.settle()
    yield Figure("U12", "a topic at another λ: asked for and drawn", np.median(anew), "ms")
    yield Figure("U12", "a topic again, at a λ that it was drawn for before", np.median(back[1:]), "ms")
