/** The one live output of a training: progress, losses, current topic words and Stop. Mirrors ntm_widgets/ui/run_view.py. */
import { make, setText } from "./lib/dom";
import { duration, loss, rate } from "./lib/format";
import { watchTheme } from "./lib/theme";

/** What Python tells about the run; a small dict that is replaced as a whole. */
export interface RunState {
  name: string;
  phase: "starting" | "training" | "stopping" | "finished" | "stopped" | "failed";
  epoch: number;
  epochs: number;
  fraction: number;
  left: number | null;
  train: number | null;
  validation: number | null;
  rate: number | null;
  topics: string[];
  message: string;
}

/** The part of an anywidget model that the view uses. */
export interface Model {
  get(name: "state"): RunState;
  get(name: "colors"): [string, string][];
  on(name: string, callback: () => void): void;
  off(name: string, callback: () => void): void;
  send(content: { op: string }): void;
}

const PHASES: Record<RunState["phase"], string> = {
  starting: "getting ready",
  training: "",
  stopping: "stopping after this step",
  finished: "finished",
  stopped: "stopped",
  failed: "failed",
};

/** "epoch 3 of 10 · 12 s left", or what the run is doing instead. */
export function where(state: RunState): string {
  const parts = [PHASES[state.phase]];
  if (state.epoch > 0) parts.push(`epoch ${state.epoch} of ${state.epochs}`);
  if (state.phase === "training" && state.left !== null) parts.push(`${duration(state.left)} left`);
  return parts.filter((part) => part !== "").join(" · ");
}

function figure(list: HTMLElement, label: string): HTMLElement {
  const pair = list.appendChild(make("div"));
  pair.append(make("span", "", label));
  return pair.appendChild(make("b", "", "–"));
}

/** The elements of the view, made once; `update` only changes their text. */
export class RunView {
  readonly root = make("div", "ntm-run");
  private readonly title = make("span", "ntm-run-title");
  private readonly where = make("span", "ntm-run-where");
  readonly stop = make("button", "ntm-run-stop", "Stop");
  private readonly bar = make("div", "ntm-run-bar");
  private readonly filled = make("div");
  private readonly numbers = make("div", "ntm-run-numbers");
  private readonly train = figure(this.numbers, "training loss per word");
  private readonly validation = figure(this.numbers, "validation loss per word");
  private readonly rate = figure(this.numbers, "documents/s");
  private readonly topics = make("ol", "ntm-run-topics");
  private readonly message = make("p", "ntm-run-message");
  private readonly said = make("div", "ntm-run-said");
  private dark = false;
  private saidAt = "";

  constructor(private readonly colors: [string, string][]) {
    this.stop.type = "button";
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", "training progress");
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", "100");
    this.said.setAttribute("aria-live", "polite");
    this.topics.setAttribute("aria-label", "topic words so far");
    this.bar.append(this.filled);
    const head = make("div", "ntm-run-head");
    head.append(this.title, this.where, this.stop);
    this.root.append(head, this.bar, this.numbers, this.topics, this.message, this.said);
    colors.forEach((_, k) => {
      const line = this.topics.appendChild(make("li"));
      line.append(make("b", "", String(k)), make("span"));
    });
  }

  setDark(dark: boolean): void {
    this.dark = dark;
    this.colors.forEach((pair, k) => {
      (this.topics.children[k] as HTMLElement).style.setProperty("--topic", pair[this.dark ? 1 : 0]);
    });
  }

  update(state: RunState): void {
    const percent = Math.round(100 * Math.min(1, Math.max(0, state.fraction)));
    this.root.dataset.phase = state.phase;
    this.root.dataset.epoch = String(state.epoch);
    setText(this.title, state.name);
    setText(this.where, where(state));
    this.filled.style.transform = `scaleX(${state.fraction})`;
    this.bar.setAttribute("aria-valuenow", String(percent));
    this.bar.setAttribute("aria-valuetext", where(state));
    setText(this.train, loss(state.train));
    setText(this.validation, loss(state.validation));
    setText(this.rate, rate(state.rate));
    state.topics.forEach((words, k) => {
      const line = this.topics.children[k]?.lastElementChild;
      if (line) setText(line, words);
    });
    setText(this.message, state.message);
    this.stop.disabled = state.phase !== "training" && state.phase !== "starting";
    this.say(state);
  }

  /** Speak once an epoch and at the end, not five times a second. */
  private say(state: RunState): void {
    const moment = `${state.phase} ${state.epoch}`;
    if (moment === this.saidAt) return;
    this.saidAt = moment;
    setText(this.said, `${state.name}: ${where(state)}`);
  }
}

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const view = new RunView(model.get("colors"));
  const changed = () => view.update(model.get("state"));
  el.append(view.root);
  view.stop.addEventListener("click", () => {
    view.stop.disabled = true;
    model.send({ op: "stop" });
  });
  const unwatch = watchTheme(el, (dark) => view.setDark(dark));
  model.on("change:state", changed);
  changed();
  return () => {
    model.off("change:state", changed);
    unwatch();
  };
}

export default { render };
