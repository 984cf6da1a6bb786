/** A training as one watches it: how far it is, how good, Stop and Resume. Mirrors ntm_widgets/ui/run_view.py. */
import { make, setText } from "./lib/dom";
import { duration, loss, rate } from "./lib/format";
import { observe, type Model, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot, type Root } from "./lib/root";

/** What Python tells about the run; a small dict that is replaced as a whole. */
export interface RunState {
  name: string;
  phase: "starting" | "training" | "stopping" | "finished" | "stopped" | "interrupted" | "failed";
  /** While it gets ready: what it does, as "word vectors (1 of 3)"; `fraction` and `left` are of that. */
  doing: string;
  epoch: number;
  epochs: number;
  fraction: number;
  left: number | null;
  train: number | null;
  validation: number | null;
  coherence: number | null;
  uniqueness: number | null;
  rate: number | null;
  message: string;
  safe: string;
  resumable: boolean;
}

export interface RunTraits extends ViewTraits {
  state: RunState | Record<string, never>;
}

const PHASES: Record<RunState["phase"], string> = {
  starting: "getting ready",
  training: "",
  stopping: "stopping after this step",
  finished: "finished",
  stopped: "stopped",
  interrupted: "interrupted",
  failed: "failed",
};

/** "getting ready: word vectors (1 of 3)", and what is left of that if it is known. */
function readying(state: RunState): string {
  const left = state.left === null || state.left < 1 ? "" : `, ${duration(state.left)} left of this`;
  return state.doing ? `${PHASES.starting}: ${state.doing}${left}` : PHASES.starting;
}

/** "epoch 3 of 10 · 12 s left", or what the run is doing instead. */
export function where(state: RunState): string {
  if (state.phase === "starting" && state.epoch === 0) return readying(state);
  const parts = [PHASES[state.phase]];
  if (state.epoch > 0) parts.push(`epoch ${state.epoch} of ${state.epochs}`);
  if (state.phase === "training" && state.left !== null) parts.push(`${duration(state.left)} left`);
  return parts.filter((part) => part !== "").join(" · ");
}

/** A share or coherence with two decimals. */
function share(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function figure(list: HTMLElement, label: string): HTMLElement {
  const pair = list.appendChild(make("div"));
  pair.append(make("span", "", label));
  return pair.appendChild(make("b", "", "–"));
}

function button(className: string, text: string): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  return made;
}

/** The elements of the view, made once; `update` only changes their text. */
class Watch {
  private readonly title = make("h3", "ntm-run-title");
  private readonly where = make("span", "ntm-run-where");
  readonly stop = button("ntm-run-stop", "Stop");
  readonly resume = button("ntm-run-resume", "Resume");
  private readonly more = make("label", "ntm-run-more ntm-quiet");
  readonly epochs = make("input");
  private readonly bar = make("div", "ntm-bar ntm-run-bar");
  private readonly filled = make("div");
  private readonly numbers = make("div", "ntm-run-numbers");
  private readonly train = figure(this.numbers, "training loss per word");
  private readonly validation = figure(this.numbers, "validation loss per word");
  private readonly coherence = figure(this.numbers, "coherence (NPMI)");
  private readonly uniqueness = figure(this.numbers, "topic uniqueness");
  private readonly rate = figure(this.numbers, "documents/s");
  private readonly message = make("p", "ntm-run-message ntm-error");
  private readonly safe = make("p", "ntm-run-safe ntm-quiet");
  private saidAt = "";

  constructor(private readonly root: Root) {
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", "100");
    this.message.setAttribute("role", "alert");
    this.epochs.type = "number";
    this.epochs.min = "1";
    this.epochs.value = "10";
    this.more.append(this.epochs, " more epochs");
    this.bar.append(this.filled);
    const head = make("div", "ntm-run-head");
    head.append(this.title, this.where, this.more, this.resume, this.stop);
    root.element.append(head, this.bar, this.numbers, this.message, this.safe);
  }

  update(state: RunTraits["state"]): void {
    const { element } = this.root;
    element.hidden = !("phase" in state);
    if (!("phase" in state)) return;
    const now = state as RunState;
    element.dataset.phase = now.phase;
    element.dataset.epoch = String(now.epoch);
    setText(this.title, now.name);
    setText(this.where, where(now));
    this.progress(now);
    setText(this.train, loss(now.train));
    setText(this.validation, loss(now.validation));
    setText(this.coherence, share(now.coherence));
    setText(this.uniqueness, share(now.uniqueness));
    setText(this.rate, rate(now.rate));
    setText(this.message, now.message);
    setText(this.safe, now.safe);
    this.buttons(now);
    this.say(now);
  }

  private progress(now: RunState): void {
    this.bar.setAttribute("aria-label", now.phase === "starting" ? "progress of getting ready" : "training progress");
    this.filled.style.transform = `scaleX(${Math.min(1, Math.max(0, now.fraction))})`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(100 * Math.min(1, Math.max(0, now.fraction)))));
    this.bar.setAttribute("aria-valuetext", where(now));
  }

  private buttons(now: RunState): void {
    const had = document.activeElement === this.stop;
    this.stop.hidden = now.resumable;
    this.stop.disabled = now.phase !== "training" && now.phase !== "starting";
    this.resume.hidden = !now.resumable;
    this.more.hidden = now.phase !== "finished";
    setText(this.resume, now.phase === "finished" ? "Train on" : "Resume");
    if (now.resumable) this.resume.disabled = false;
    if (had && this.stop.hidden) this.resume.focus();
  }

  /** Speak once an epoch, once for each thing to get ready, and at the end, not twice a second. */
  private say(now: RunState): void {
    const moment = `${now.phase} ${now.epoch} ${now.doing}`;
    if (moment === this.saidAt) return;
    this.saidAt = moment;
    this.root.say(`${now.name}: ${where(now)}`);
  }
}

function render({ model, el }: { model: Model<RunTraits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-run");
  const asker = new Asker(model);
  const view = new Watch(root);
  const ask = (op: string, args: object = {}) => {
    root.fail("");
    asker.ask(op, args).catch(failing((text) => {
      root.fail(text);
      view.update(model.get("state"));
    }));
  };
  view.stop.addEventListener("click", () => {
    view.stop.disabled = true;
    ask("stop");
  });
  view.resume.addEventListener("click", () => {
    view.resume.disabled = true;
    const finished = model.get("state").phase === "finished";
    ask("resume", { epochs: finished ? Math.max(1, Math.round(Number(view.epochs.value) || 1)) : null });
  });
  let was = "";
  const unobserve = observe(model, ["state"], () => {
    const now = model.get("state");
    const is = "phase" in now ? `${now.name} ${now.phase}` : "";
    if (is !== was) root.fail(""); // what was refused is of the run as it was
    was = is;
    view.update(now);
  });
  return () => {
    unobserve();
    asker.close();
    root.close();
  };
}

export default { render };
