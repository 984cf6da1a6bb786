/** The head of the studio: steps as tabs, what to do in the open one, and everything that was done as code. Mirrors ntm_widgets/ui/studio.py. */
import { make, setText } from "./lib/dom";
import { cellsBelow } from "./lib/kernel";
import { Keys } from "./lib/keys";
import { type Model, observe, store, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot, type Root } from "./lib/root";
import { rove } from "./lib/roving";

export interface StepState {
  name: string;
  label: string;
  help: string;
  state: "missing" | "next" | "running" | "failed" | "done";
  line: string;
  share: number | null;
}

export interface StudioTraits extends ViewTraits {
  step: string;
  steps: StepState[];
  opened: string[];
  code: "" | "python" | "magics";
  whole: boolean;
  revision: number;
  /** Id of the widget that stands in the cell: the studio, of which this is the head. */
  outer: string;
}

const KEYS: [string, string][] = [
  ["← → Home End", "from step to step; Enter opens one"],
  ["Tab, Shift+Tab", "from control to control"],
  ["Enter, Space", "press a button, choose a topic or a word"],
  ["Esc", "close what is open"],
  ["?", "these keys"],
];

const SAID: Record<StepState["state"], string> = {
  missing: "not ready", next: "to do", running: "running", failed: "failed", done: "done",
};

/** A check, an exclamation mark, or the number of the step: colour is never alone. */
export function mark(step: StepState, at: number): string {
  return step.state === "done" ? "✓" : step.state === "failed" ? "!" : `${at + 1}`;
}

/** The step after the open one, if the open one is done and the next can be entered. */
export function following(steps: StepState[], open: string): StepState | undefined {
  const at = steps.findIndex((step) => step.name === open);
  const next = steps[at + 1];
  return at >= 0 && steps[at].state === "done" && next && next.state !== "missing" ? next : undefined;
}

interface Tab {
  button: HTMLButtonElement;
  mark: HTMLElement;
  line: HTMLElement;
  filled: HTMLElement;
}

let studios = 0;

class Head {
  readonly tabs = make("div", "ntm-studio-tabs");
  readonly now = make("p", "ntm-studio-now");
  readonly help = make("p", "ntm-studio-help");
  readonly onward = make("button");
  readonly toggle = make("button", "", "Code");
  readonly code = make("section", "ntm-studio-code");
  readonly text = make("pre", "ntm-studio-text");
  readonly told = make("span", "ntm-studio-told");
  readonly copy = make("button", "", "Copy");
  private readonly insert = make("button", "", "Insert below");
  readonly keys = new Keys(KEYS, () => this.keysOfPanel());
  private readonly kinds = new Map<string, HTMLInputElement>();
  private readonly whole = make("input");
  private readonly byName = new Map<string, Tab>();
  private readonly id = `ntm-studio-${++studios}`;
  private was = "";

  constructor(private readonly root: Root, private readonly model: Model<StudioTraits>) {
    this.tabs.setAttribute("role", "tablist");
    this.tabs.setAttribute("aria-label", "Steps from documents to answers");
    for (const step of model.get("steps")) this.add(step);
    const row = make("div", "ntm-studio-row");
    this.toggle.setAttribute("aria-controls", `${this.id}-code`);
    this.toggle.title = "Everything done so far, as %ntm lines and as Python";
    row.append(this.help, this.onward, this.toggle, this.keys.element);
    this.buildCode();
    root.element.prepend(this.tabs, this.now, row, this.code);
    for (const button of [this.onward, this.toggle, this.copy, this.insert]) button.type = "button";
    rove(this.tabs, "button");
    this.onward.addEventListener("click", () => {
      const next = this.onward.dataset.step ?? "";
      this.open(next);
      this.byName.get(next)?.button.focus({ preventScroll: true }); // this button may be gone there
    });
    this.toggle.addEventListener("click", () => store(model, "code", model.get("code") ? "" : "python"));
    this.code.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      store(model, "code", "");
      this.toggle.focus();
    });
  }

  private add(step: StepState): void {
    const button = make("button", "ntm-studio-tab");
    const marked = make("span", "ntm-studio-mark");
    const line = make("span", "ntm-studio-line");
    const bar = make("div", "ntm-bar");
    const filled = bar.appendChild(make("div"));
    button.type = "button";
    button.id = `${this.id}-tab-${step.name}`;
    button.dataset.step = step.name;
    button.setAttribute("role", "tab");
    bar.setAttribute("aria-hidden", "true");
    marked.setAttribute("aria-hidden", "true");
    button.append(marked, make("span", "ntm-studio-name", step.label), line, bar);
    button.addEventListener("click", () => this.open(step.name));
    this.tabs.append(button);
    this.byName.set(step.name, { button, mark: marked, line, filled });
  }

  private buildCode(): void {
    const choices = make("div", "ntm-studio-choices");
    choices.setAttribute("role", "group");
    choices.setAttribute("aria-label", "Which code");
    for (const [kind, label] of [["python", "Python"], ["magics", "%ntm lines"]] as const) {
      const input = make("input");
      input.type = "radio";
      input.name = `${this.id}-kind`;
      input.addEventListener("change", () => store(this.model, "code", kind));
      const named = make("label");
      named.append(input, label);
      choices.append(named);
      this.kinds.set(kind, input);
    }
    this.whole.type = "checkbox";
    this.whole.addEventListener("change", () => store(this.model, "whole", this.whole.checked));
    const all = make("label");
    all.append(this.whole, "all steps, also superseded ones");
    const acts = make("span", "ntm-studio-acts");
    acts.append(this.copy, this.insert);
    choices.append(all, this.told, acts);
    this.insert.title = "A new cell below this one";
    this.text.tabIndex = 0;
    this.text.setAttribute("aria-label", "Code of everything done so far");
    this.code.id = `${this.id}-code`;
    this.code.setAttribute("aria-label", "Code");
    this.code.append(choices, this.text);
    this.copy.addEventListener("click", () => void this.copyText());
    const below = cellsBelow(this.model, this.model.get("outer"));
    this.insert.hidden = below === null;
    if (below === null) this.code.append(make("p", "ntm-help", "%ntm code --insert puts it into a new cell."));
    this.insert.addEventListener("click", () => {
      below?.(this.text.textContent ?? "");
      this.tellDone("inserted as a new cell below");
    });
  }

  private tellDone(done: string): void {
    setText(this.told, done);
    this.root.say(done);
  }

  private open(name: string): void {
    if (name && name !== this.model.get("step")) store(this.model, "step", name);
  }

  /** Steps, hint and the way on. */
  update(): void {
    const [steps, open] = [this.model.get("steps"), this.model.get("step")];
    steps.forEach((step, at) => this.updateTab(step, at, step.name === open));
    const here = steps.find((step) => step.name === open);
    setText(this.help, here?.help ?? "");
    setText(this.now, here?.line ?? "");
    const next = following(steps, open);
    this.onward.hidden = !next;
    this.onward.dataset.step = next?.name ?? "";
    this.onward.classList.toggle("ntm-primary", next !== undefined && !this.model.get("opened").includes(next.name));
    setText(this.onward, next ? `Continue: ${next.label}` : "");
    this.root.element.dataset.step = open;
    this.root.element.dataset.states = steps.map((step) => step.state).join(" ");
    this.tell(steps);
  }

  private updateTab(step: StepState, at: number, selected: boolean): void {
    const tab = this.byName.get(step.name);
    if (!tab) return;
    setText(tab.mark, mark(step, at));
    setText(tab.line, step.state === "failed" ? "failed" : step.line); // why is in the title, and in the open step
    tab.filled.style.transform = `scaleX(${step.share ?? 0})`;
    tab.button.dataset.state = step.state;
    tab.button.title = step.line;
    tab.button.tabIndex = selected ? 0 : -1;
    tab.button.setAttribute("aria-selected", String(selected));
    tab.button.setAttribute("aria-label", `${step.label}, ${SAID[step.state]}: ${step.line}`);
  }

  /** Speak when a step changes its state, not at every epoch. */
  private tell(steps: StepState[]): void {
    const states = steps.map((step) => step.state).join(" ");
    if (this.was && this.was !== states) {
      const before = this.was.split(" ");
      const changed = steps.filter((step, at) => step.state !== before[at] && step.state !== "missing");
      if (changed.length > 0) this.root.say(changed.map((step) => `${step.label}: ${SAID[step.state]}, ${step.line}`).join("; "));
    }
    this.was = states;
  }

  /** Which code is open. */
  updateChoice(): boolean {
    const kind = this.model.get("code");
    this.code.hidden = kind === "";
    this.toggle.setAttribute("aria-expanded", String(kind !== ""));
    for (const [name, input] of this.kinds) input.checked = name === kind;
    this.whole.checked = this.model.get("whole");
    return kind !== "";
  }

  showText(text: string): void {
    setText(this.text, text || "Nothing was done yet: load some documents, and the code stands here.");
    setText(this.told, "");
    this.copy.disabled = this.insert.disabled = text === "";
    this.root.element.dataset.code = text ? "ready" : "empty";
  }

  private async copyText(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text.textContent ?? "");
      this.tellDone("copied; paste it into a cell");
    } catch {
      getSelection()?.selectAllChildren(this.text);
      this.tellDone("selected; copy it with Ctrl-C");
    }
  }

  /** What the open panel lists when it stands alone. */
  private keysOfPanel(): Node[] {
    const box = this.root.element.closest(".ntm-studio-box");
    const rows = box?.querySelectorAll(`.ntm-studio-${this.model.get("step")} .ntm-keys dl > *`) ?? [];
    return [...rows].map((row) => row.cloneNode(true));
  }

  /** The boxes of the panels, which ipywidgets made, as the panels of these tabs. */
  label(): void {
    const box = this.root.element.closest(".ntm-studio-box");
    for (const [name, tab] of this.byName) {
      const stage = box?.querySelector<HTMLElement>(`:scope > .ntm-studio-${name}`);
      if (!stage || stage.id) continue;
      stage.id = `${this.id}-panel-${name}`;
      stage.setAttribute("role", "tabpanel");
      stage.setAttribute("aria-labelledby", tab.button.id);
      tab.button.setAttribute("aria-controls", stage.id);
    }
  }
}

/** Label the panels now and whenever one is added to the studio's box, and hear the keys that no panel has taken. */
function watchStages(root: Root, head: Head): () => void {
  const observer = new MutationObserver(() => head.label());
  const pressed = (event: KeyboardEvent) => head.keys.pressed(event);
  let box: HTMLElement | null = null;
  const begin = () => {
    box = root.element.closest<HTMLElement>(".ntm-studio-box");
    if (box) observer.observe(box, { childList: true });
    box?.addEventListener("keydown", pressed);
    head.label();
  };
  const soon = setTimeout(begin, 0); // the box takes the view in after it was rendered
  return () => {
    clearTimeout(soon);
    box?.removeEventListener("keydown", pressed);
    observer.disconnect();
  };
}

function render({ model, el }: { model: Model<StudioTraits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-studio");
  const head = new Head(root, model);
  const asker = new Asker(model);
  const fetchCode = () => {
    if (!head.updateChoice()) return;
    asker.ask<string>("code", { kind: model.get("code"), whole: model.get("whole") }).then(
      (answer) => head.showText(answer.value),
      failing(root.fail),
    );
  };
  const ends = [
    observe(model, ["steps", "step", "opened"], () => head.update()),
    observe(model, ["code", "whole", "revision"], fetchCode),
    watchStages(root, head),
  ];
  return () => {
    for (const end of ends) end();
    asker.close();
    root.close();
  };
}

export default { render };
