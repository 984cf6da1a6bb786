/** The kernel behind a view, and the notebook around it, as far as the host shows them: JupyterLab and Notebook 7 do, a saved page does not. */

/** Told of a change; the second argument is what it changed to. */
type Slot = (sender: unknown, now: string) => void;

interface Signal {
  connect(slot: Slot): unknown;
  disconnect(slot: Slot): unknown;
}

interface Kernel {
  statusChanged: Signal;
  connectionStatusChanged: Signal;
  disposed: Signal;
}

interface Output {
  data?: Record<string, { model_id?: string } | undefined>;
}

interface SharedNotebook {
  cells: { getOutputs?(): Output[] }[];
  insertCell(at: number, cell: object): unknown;
}

/** The part of the host's widget manager that is used here; all of it may be missing. */
interface Manager {
  kernel?: Kernel | null;
  context?: { model?: { sharedModel?: SharedNotebook } };
}

function managerOf(model: object): Manager | undefined {
  return (model as { widget_manager?: Manager }).widget_manager;
}

export type Connection = "connected" | "lost" | "ended";

const ENDED = new Set(["restarting", "autorestarting", "terminating", "dead"]);

/** Tell when the kernel ends or restarts, and when the connection to it is lost and found; returns the way to stop. */
export function watchKernel(model: object, tell: (now: Connection) => void): () => void {
  const kernel = managerOf(model)?.kernel;
  if (kernel === null) {
    const soon = setTimeout(() => tell("ended"), 0); // when the view stands in the page
    return () => clearTimeout(soon);
  }
  if (!kernel?.statusChanged) return () => undefined;
  let ended = false;
  const end = () => {
    ended = true;
    tell("ended");
  };
  const status: Slot = (_, now) => { if (ENDED.has(now)) end(); };
  const connection: Slot = (_, now) => { if (!ended) tell(now === "connected" ? "connected" : "lost"); };
  kernel.statusChanged.connect(status);
  kernel.connectionStatusChanged.connect(connection);
  kernel.disposed.connect(end);
  return () => {
    kernel.statusChanged.disconnect(status);
    kernel.connectionStatusChanged.disconnect(connection);
    kernel.disposed.disconnect(end);
  };
}

const WIDGET = "application/vnd.jupyter.widget-view+json";

/** A way to put a code cell below the one that shows the widget `id`, or last; null where the host has no notebook to add to. */
export function cellsBelow(model: object, id: string): ((source: string) => void) | null {
  const notebook = managerOf(model)?.context?.model?.sharedModel;
  if (typeof notebook?.insertCell !== "function") return null;
  return (source) => {
    const shows = notebook.cells.findIndex((cell) => cell.getOutputs?.().some((output) => output.data?.[WIDGET]?.model_id === id));
    notebook.insertCell(shows < 0 ? notebook.cells.length : shows + 1, { cell_type: "code", source, metadata: { trusted: true } });
  };
}
