"""The training panel at work: points, pace, Stop, reload, memory (U4, U5, U6, U7, U8, U20)."""

import time
from collections.abc import Iterator

from bench.ui.goals import Figure, p95
from bench.ui.lab import Stopwatch

DOCUMENTS = """import json, time
%load_ext ntm_widgets
corpus = %ntm corpus pydocs
bow = %ntm vectorize --tokenizer regex"""
START = """from ntm_widgets.runs import worker
from ntm_widgets.runs.curves import position
from ntm_widgets.ui.training_panel import TrainingPanel
steps, told = [], {"cpu": 0.0, "done": 0.0, "own": 0.0}
def timed(work):
    def timing(*arguments):
        began = time.thread_time()
        work(*arguments)
        told["cpu"] += time.thread_time() - began
    return timing
worker.Recorder.record, worker.Listeners.tell = timed(worker.Recorder.record), timed(worker.Listeners.tell)
def heard(event):
    if event.kind == "step":
        steps.append((position(event), time.time()))
        told.update(done=position(event) * event.steps, own=event.seconds)
panel = TrainingPanel()
run = panel.start(num_topics=20, epochs=100000)
run.subscribe(heard)
panel"""
POINTS = """() => { window.ntmPoints = []; let last = -1;
  const look = () => {
    const sources = Bokeh.documents.flatMap(document => [...document.all_models]).filter(model => model.type === 'ColumnDataSource');
    for (const source of sources) {
      const epochs = source.data.epoch ?? source.data.get?.('epoch');
      const newest = epochs?.length ? epochs[epochs.length - 1] : -1;
      if (newest > last) { last = newest; window.ntmPoints.push([newest, Date.now()]); }
    }
    requestAnimationFrame(look);
  }; look(); }"""
STEPS = "print(json.dumps([steps[-4000:], [thread.name for thread in __import__('threading').enumerate()]]))"
TOLD = "print(json.dumps(told))"
STOP = """began = time.time(); stopped = run.stop(30); ended = time.time()
print(json.dumps({"last": steps[-1][1] - began, "ended": ended - began, "batch": (steps[-1][1] - steps[-50][1]) / 49}))"""
MILLION = """import math
from ntm_widgets.core.events import Loss, StepStats
from ntm_widgets.runs.curves import RunCurves
from ntm_widgets.ui.train_plots import TrainingPlots
curves = RunCurves()
for step in range(1_000_000):
    loss = 6.5 + 1 / (1 + step / 1e5) + math.sin(step * step) / 20
    curves.add(StepStats(1 + step // 1000, step % 1000 + 1, 1000, Loss(loss, loss - 0.5, 0.5), step / 100, 1e4))
plots = TrainingPlots(1000)
plots.show(curves, 1000)
plots.view"""
REDRAW = """() => {
  const plots = [...Bokeh.index.query(view => view.computed_renderer_views !== undefined && view.request_repaint !== undefined)];
  const sources = Bokeh.documents.flatMap(document => [...document.all_models]).filter(model => model.type === 'ColumnDataSource');
  const times = [];
  for (let turn = 0; turn < 30; turn += 1) for (const plot of plots) {
    plot.invalidate_painters();
    const began = performance.now();
    plot.repaint();
    times.push(performance.now() - began);
  }
  return {points: sources.reduce((sum, source) => sum + source.get_length(), 0), times}; }"""
BEFORE = """import json, time
import ntm_widgets as ntm
from ntm_widgets.runs.runs import start_run
bow = ntm.BowVectorizer(tokenizer="regex").fit_transform(ntm.load_corpus("pydocs"))
whole = start_run(ntm.NTM(num_topics=20, epochs=40), bow, name="whole", background=False)
cut = start_run(ntm.NTM(num_topics=20, epochs=40), bow, name="cut")
while cut.epoch < 2:
    time.sleep(0.02)"""
RESTART = """async () => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  await kernel.restart();
  while (kernel.connectionStatus !== 'connected' || kernel.status !== 'idle') await new Promise(done => setTimeout(done, 100)); }"""
AFTER = """import json
import numpy as np
from ntm_widgets.runs.runs import Run
whole, cut = Run.open("ntm_runs/whole"), Run.open("ntm_runs/cut")
at = cut.epoch
cut.resume(background=False)
losses = [abs(one.train.total - other.train.total) for one, other in zip(whole.history, cut.history, strict=True)]
print(json.dumps({"at": at, "loss": max(losses), "weights": float(np.abs(whole.model.components_ - cut.model.components_).max())}))"""
MEMORY = """began, at = time.thread_time(), time.time()
sizes = [len(json.dumps(panel.form.answer_memory())) for _ in range(20)]
print(json.dumps({"bytes": max(sizes), "cpu": (time.thread_time() - began) / 20}))"""
TEN = """from ntm_widgets.ui.training_monitor import Monitor
others = [Monitor(run) for _ in range(9)]
for other in others:
    display(other)"""
WATCHED = 8.0


def begin(lab: Stopwatch) -> None:
    """A notebook with a training that goes on, and its panel."""
    lab.run(DOCUMENTS, START)
    lab.page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=60_000)
    lab.page.wait_for_function("() => Number(document.querySelector('.ntm-run')?.dataset.epoch) >= 1", timeout=60_000)


def latencies(points: list[list[float]], steps: list[list[float]]) -> list[float]:
    """Milliseconds from the step that a point stands for to the picture that shows it."""
    times = {round(place, 3): at for place, at in steps}
    nearest = [(min(times, key=lambda place, wanted=newest: abs(place - wanted)), shown) for newest, shown in points]
    return [shown - 1000 * times[place] for place, shown in nearest]


def u4(lab: Stopwatch) -> Iterator[Figure]:
    """Points on the screen, and messages for them."""
    begin(lab)
    lab.page.evaluate(POINTS)
    began, before = time.time(), lab.ask(TOLD)
    lab.page.wait_for_timeout(1000 * WATCHED)
    (messages, size), after = lab.traffic.since(began), lab.ask(TOLD)
    points, (steps, _) = lab.page.evaluate("() => window.ntmPoints.slice(2)"), lab.ask(STEPS)
    yield Figure("U4", "a step's point is on the screen after, p95", p95(latencies(points, steps)), "ms", 250)
    yield Figure("U4", "widget messages of the panel's four views, each", messages / WATCHED / 4, "1/s", 10)
    yield Figure("U4", "widget traffic of the panel", size / WATCHED / 1000, "kB/s", 20)
    cpu, done, own = (after[name] - before[name] for name in ("cpu", "done", "own"))
    yield Figure("U4", "telling and logging, on the training thread, a step", 1e6 * cpu / done, "µs", 50)
    yield Figure("U4", "its share of the training's own time", 100 * cpu / own, "%", 1)


def u5(lab: Stopwatch) -> Iterator[Figure]:
    """The curves of a very long training."""
    lab.run(MILLION)
    lab.page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=300_000)
    lab.page.wait_for_timeout(1000)
    found = lab.page.evaluate(REDRAW)
    yield Figure("U5", "points in the page after 1,000,000 steps", found["points"], "", 4000)
    yield Figure("U5", "one of its plots drawn anew, p95", p95(found["times"]), "ms", 8)


def u6(lab: Stopwatch) -> Iterator[Figure]:
    """Other cells during a training, and its end."""
    times = lab.round_trips(30)
    yield Figure("U6", "1+1 in another cell during a training, p95", p95(times), "ms", 200)
    ended = lab.ask(STOP)
    yield Figure("U6", "Stop to the last step, batches taken off", 1000 * (ended["last"] - ended["batch"]), "ms", 200)
    yield Figure("U6", "Stop to the model that is kept", 1000 * ended["ended"], "ms")


def u7(lab: Stopwatch) -> Iterator[Figure]:
    """The page is loaded again in mid-run."""
    lab.reload()
    lab.page.wait_for_selector(".ntm-bokeh[data-state=ready]", timeout=60_000)
    seen = lab.seen("ntm-bokeh")
    opened = min(one["at"] for one in seen)
    ready = min(one["at"] for one in seen if one["data"].get("state") == "ready")
    yield Figure("U7", "reload in mid-run: from the view to the whole curve", ready - opened, "s", 1)
    size = lab.ask("print(len(panel.monitor.plots.view.answer_document().buffers[0]))")
    yield Figure("U7", "the document with the whole curve", size / 1000, "kB", 100)


def u7_restarted(lab: Stopwatch) -> Iterator[Figure]:
    """The kernel is restarted in mid-run, and the run goes on in the next one: beside a run that nobody disturbed."""
    lab.run(BEFORE)
    lab.page.evaluate(RESTART)
    found = lab.ask(AFTER)
    yield Figure("U7", "kernel restarted in mid-run: epochs done of 40", found["at"], "", 39)
    yield Figure("U7", "resumed and undisturbed run: largest difference of a loss", found["loss"], "nats/word", 1e-6)
    yield Figure("U7", "resumed and undisturbed run: largest difference of a probability", found["weights"], "", 1e-6)


def u8(lab: Stopwatch) -> Iterator[Figure]:
    """Memory of the devices, once a second."""
    tick = lab.ask(MEMORY)
    yield Figure("U8", "one look at the devices", tick["bytes"] / 1000, "kB", 2)
    yield Figure("U8", "its share of a core at one look a second", 100 * tick["cpu"], "%", 1)


def u20(lab: Stopwatch) -> Iterator[Figure]:
    """Ten panels of one training."""
    begin(lab)
    lab.add(TEN)
    lab.page.wait_for_function("() => document.querySelectorAll('.ntm-bokeh[data-state=ready]').length >= 5", timeout=90_000)
    began = time.time()
    lab.page.wait_for_timeout(1000 * WATCHED)
    messages, size = lab.traffic.since(began)
    yield Figure("U20", "ten panels open while training: widget messages in total", messages / WATCHED, "1/s", 100)
    yield Figure("U20", "their traffic", size / WATCHED / 1000, "kB/s")
    lab.ask(STOP)
