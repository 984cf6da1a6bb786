"""JupyterLab under the stopwatch: what goes over the kernel's websocket, and when an element changed its state."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, WebSocket, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "browser")]

from harness import FLAGS, Lab, Notebook, block_network, shut_down_kernels  # noqa: E402  (after the path is set)

from tools.check import find_browser  # noqa: E402

WATCH = """() => {
  window.ntmSeen = [];
  const note = (element, added = false) =>
    window.ntmSeen.push({at: Date.now(), name: element.className, data: {...element.dataset}, added});
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === 'attributes') { if (change.target.classList.contains('ntm')) note(change.target); continue; }
      for (const node of change.addedNodes) {
        if (!(node instanceof Element)) continue;
        for (const element of [node, ...node.querySelectorAll('.ntm')]) if (element.classList.contains('ntm')) note(element, true);
      }
    }
  }).observe(document, {subtree: true, childList: true, attributes: true});
}"""
ROUND_TRIP = """async () => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, began = performance.now();
  await kernel.requestExecute({code: '1+1', silent: true}).done;
  return performance.now() - began; }"""


ADD = """code => {
  const {content} = window.jupyterapp.shell.currentWidget, {sharedModel} = content.model, at = sharedModel.cells.length;
  sharedModel.insertCell(at, {cell_type: 'code', source: code});
  content.activeCellIndex = at;
  window.jupyterapp.commands.execute('notebook:run-cell'); }"""


class Traffic:
    """Messages between the page and the kernel: when, how many bytes, and whether they are a widget's."""

    def __init__(self, page: Page) -> None:
        self.received: list[tuple[float, int, bool]] = []
        self.sent: list[tuple[float, int, bool]] = []
        page.on("websocket", self._opened)

    def _opened(self, socket: WebSocket) -> None:
        if "/channels" in socket.url:
            socket.on("framereceived", lambda frame: self._count(self.received, frame))
            socket.on("framesent", lambda frame: self._count(self.sent, frame))

    @staticmethod
    def _count(where: list[tuple[float, int, bool]], frame: Any) -> None:
        data = frame if isinstance(frame, bytes) else str(frame).encode()
        where.append((time.time(), len(data), b"comm_" in data[:2000]))

    def since(self, began: float, sent: bool = False) -> tuple[int, int]:
        """Widget messages and their bytes since a moment."""
        found = [size for at, size, widget in (self.sent if sent else self.received) if widget and at >= began]
        return len(found), sum(found)


class Stopwatch(Notebook):
    """A notebook whose traffic and states are written down."""

    def __init__(self, page: Page, lab: Lab, outside: list[str]) -> None:
        super().__init__(page, lab)
        self.traffic, self.outside = Traffic(page), outside
        page.add_init_script(f"({WATCH})()")

    def run(self, *cells: str, seconds: float = 400) -> "Stopwatch":
        """A new notebook of these cells, run to the end; RuntimeError with the first error of a cell."""
        self.open(list(cells), name=f"bench-{time.time_ns()}.ipynb")
        self.run_all(seconds)
        if self.errors:
            raise RuntimeError(self.errors[0])
        return self

    def add(self, code: str) -> None:
        """Put a cell at the end of the notebook and start it."""
        self.page.evaluate(ADD, code)

    def answer(self, code: str, seconds: float = 240) -> dict[str, Any]:
        """Put a cell at the end of the notebook and start it; the JSON that it prints, RuntimeError if that takes too long."""
        self.add(code)
        end = time.time() + seconds
        while not any(output.get("text") for output in self.cells[-1]["outputs"]):
            if self.errors or time.time() > end:
                raise RuntimeError(self.errors[0] if self.errors else f"no answer in {seconds:.0f} s: {code.splitlines()[0]}")
            self.page.wait_for_timeout(200)
        return self.printed(-1)

    def printed(self, cell: int) -> dict[str, Any]:
        """The JSON that a cell has printed last."""
        text = "".join("".join(output.get("text", "")) for output in self.cells[cell]["outputs"])
        return json.loads(text.strip().splitlines()[-1])

    def ask(self, code: str) -> Any:
        """Run code in the kernel beside the notebook; the value of the JSON that it prints."""
        script = """async (code) => {
          const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, parts = [];
          const future = kernel.requestExecute({code});
          future.onIOPub = ({content}) => parts.push(content.text ?? (content.evalue ? 'ERROR ' + content.evalue : ''));
          await future.done;
          return parts.join(''); }"""
        text = self.page.evaluate(script, code).strip()
        if "ERROR" in text or not text:
            raise RuntimeError(f"the kernel said {text!r}")
        return json.loads(text.splitlines()[-1])

    def settle(self, seconds: float = 1.5, longest: float = 30) -> None:
        """Wait until the page has asked the kernel nothing for some seconds."""
        end = time.time() + longest
        while self.traffic.since(time.time() - seconds, sent=True)[0] and time.time() < end:
            self.page.wait_for_timeout(300)

    def seen(self, name: str) -> list[dict[str, Any]]:
        """Changes of the elements of a class: `at` in seconds, their data attributes, and whether they were `added` then."""
        found = self.page.evaluate("name => window.ntmSeen.filter(one => one.name.split(' ').includes(name))", name)
        return [{**one, "at": one["at"] / 1000} for one in found]

    def round_trips(self, number: int) -> list[float]:
        """Milliseconds that `1+1` takes in the kernel."""
        return [self.page.evaluate(ROUND_TRIP) for _ in range(number)]


@contextmanager
def started() -> Iterator[Stopwatch]:
    """JupyterLab with a page of 1400 × 1000; everything is ended afterwards."""
    executable = find_browser()
    if not executable:
        raise SystemExit("Chromium is missing (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        try:
            lab.wait()
            browser = playwright.chromium.launch(executable_path=executable, headless=True, args=list(FLAGS))
            context = browser.new_context(viewport={"width": 1400, "height": 1000})
            outside = block_network(context)
            yield Stopwatch(context.new_page(), lab, outside)
            browser.close()
        finally:
            shut_down_kernels(lab)
            lab.close()
