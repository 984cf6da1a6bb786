/** Settings of the vectoriser and the live table of words. Mirrors ntm_widgets/ui/words_panel.py. */
import { make, setText } from "./lib/dom";
import { Keys } from "./lib/keys";
import { type Model, observe, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot } from "./lib/root";
import { wayTo } from "./lib/steps";
import { Fields, type Form } from "./words/fields";
import { count, counted } from "./lib/format";
import { percent } from "./words/numbers";
import { far, Progress, type Work } from "./words/progress";
import { type Lacking, Remedy } from "./words/remedy";
import { type Row, WordTable } from "./words/table";

export interface Summary {
  version?: number;
  terms?: number;
  in?: number;
  out?: [string, number][];
  documents?: number;
  kept?: number | null;
  covered?: number;
  choices?: number;
  absent?: number;
  unseen?: string[];
  message?: string;
  /** A lower minimum document length, and how many documents it keeps; where the present one drops more than a tenth. */
  lower?: [number, number] | null;
}

export interface Traits extends ViewTraits {
  form: Form;
  state: Summary;
  work: Work;
  problem: string;
  lacking: Lacking;
  result: string;
  stale: boolean;
  /** Whether it stands in a studio, where a missing step is a click away. */
  in_studio?: boolean;
}

const NOTHING = "The words and the settings that choose among them appear here once there are documents.";

const KEYS: [string, string][] = [
  ["↑ ↓ PgUp PgDn", "from word to word"],
  ["Enter", "stop the word, or bring it back"],
  ["E", "the word in its sentences"],
  ["Ctrl+Z, Ctrl+Y", "take a choice back, and again"],
];

interface Page {
  version: number;
  total: number;
  start: number;
  words: string[];
  why: string[];
  in: boolean[];
  cut: number[];
}

interface Example {
  document: number;
  parts: [string, string, string];
}

/** What is in, and what that means, in two sentences. */
export function sums(state: Summary): [string, string] {
  const out = (state.out ?? []).map(([reason, number]) => `${count(number)} ${reason}`);
  const terms = `${count(state.in ?? 0)} of ${counted(state.terms ?? 0, "term")} in`;
  const [all, long] = [state.documents ?? 0, state.kept ?? null];
  const kept = long === null || state.lower ? "" : long === all ? `all ${counted(all, "document")} kept` : `${count(long)} of ${counted(all, "document")} kept, the others are too short`;
  const parts = [kept, `${percent(state.covered ?? 0)} of all words covered`];
  if (state.absent) parts.push(`${counted(state.absent, "word")} of yours not in these documents`);
  return [[terms, out.length ? `out: ${out.join(", ")}` : ""].filter((part) => part).join(" · "), parts.filter((part) => part).join(" · ")];
}

/** What the minimum document length costs, and the offer to lower it; null where it costs little. */
export function loss(state: Summary, minimum: string): [string, string] | null {
  const [all, long] = [state.documents ?? 0, state.kept ?? 0];
  if (!state.lower) return null;
  const dropped = `${percent((all - long) / all)} of the documents are dropped as too short`;
  const kept = long ? `only ${count(long)} of ${count(all)} have more than` : `none of the ${count(all)} has more than`;
  const [lower, more] = state.lower;
  const least = lower ? `more than ${counted(lower, "word")}` : "at least 1 word";
  return [`${dropped}: ${kept} ${minimum} words of the vocabulary.`, `${more === all ? "Keep all" : "Keep"} ${count(more)}, with ${least}`];
}

/** What stands above the table: the sums, or beside a message only what is still true. */
export function summed(state: Summary, problem: string): [string, string] {
  if (!state.version) return ["", ""];
  if (problem) return ["", "The table shows the settings before this one."];
  const [terms, documents] = sums(state);
  return [terms, state.message ? "" : documents];
}

/** How many documents a word is in, and how many of them are quoted. */
export function quoted(word: string, documents: number, examples: number): string {
  const some = examples < documents ? `, ${count(examples)} of them` : "";
  return `“${word}” in ${counted(documents, "document")}${some}`;
}

/** The rows of a page, with the two columns of numbers that travel beside it. */
export function rowsOf(page: Page, buffers: DataView[]): Row[] {
  return page.words.map((word, i) => ({
    word, cut: page.cut.includes(i), why: page.why[i], in: page.in[i],
    count: buffers[0].getFloat64(8 * i, true), documents: buffers[1].getFloat64(8 * i, true),
  }));
}

function button(text: string, act: () => void, className = ""): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

class Panel {
  private readonly asker: Asker<Traits>;
  private readonly root;
  private readonly fields: Fields;
  private readonly table: WordTable;
  private readonly progress: Progress;
  private readonly remedy: Remedy;
  private readonly lines = [make("p", "ntm-words-sum"), make("p", "ntm-words-sum ntm-quiet")];
  private readonly nothing = make("p", "ntm-quiet");
  private readonly way = wayTo("documents");
  private readonly message = make("p", "ntm-error");
  private readonly short = make("div", "ntm-words-short");
  private readonly lost = make("p");
  private readonly lower = button("", () => void this.keep());
  private readonly find = make("input");
  private readonly filter = make("select");
  private readonly undo = button("Undo", () => this.step(true));
  private readonly redo = button("Redo", () => this.step(false));
  private readonly examples = make("div", "ntm-words-examples");
  private readonly apply = button("Count the words", () => void this.count(), "ntm-primary");
  private readonly result = make("span", "ntm-words-result");
  private readonly code = make("pre", "ntm-mono");
  private readonly showCode = button("Show the code", () => void this.toggleCode(), "ntm-link");
  private readonly copy = button("Copy", () => void this.copyCode(), "ntm-link");
  private readonly stop: () => void;
  private timer = 0;
  private busy = false;
  private refused = false; // the last count
  private coming = 0; // answers with rows that are on their way

  constructor(private readonly model: Model<Traits>, el: HTMLElement) {
    this.asker = new Asker(model);
    this.root = openRoot(model, el, "ntm-words");
    this.fields = new Fields(async (name, value) => {
      await this.change("set", { name, value });
      this.root.fail(""); // what Count refused may be possible now
    }, (name) => void this.attempt(() => this.change("reset", { name })));
    this.fields.watch(() => model.get("form"));
    this.table = new WordTable({
      need: (start, number) => void this.rows(start, number),
      sort: () => this.again(),
      turn: (row) => void this.turn(row),
      examples: (row) => void this.show(row),
      step: (back) => this.step(back),
    });
    this.progress = new Progress("counting words", () => this.tell("cancel"));
    this.remedy = new Remedy({
      fetch: () => this.tell("fetch"),
      regex: () => void this.attempt(() => this.change("set", { name: "tokenizer", value: "regex" })),
      cancel: () => this.tell("cancel"),
      left: () => this.fields.focus("tokenizer"),
    });
    this.build();
    const stops = [
      observe(model, ["form"], () => this.fields.show(model.get("form"))),
      observe(model, ["state"], () => {
        if (!this.coming) void this.rows(...this.table.wanted());
      }),
      observe(model, ["form", "state", "work", "problem", "lacking", "result", "stale", "in_studio"], () => this.update()),
    ];
    this.stop = () => stops.forEach((stop) => stop());
    this.tell("show");
  }

  close(): void {
    window.clearTimeout(this.timer);
    this.stop();
    this.fields.close();
    this.table.close();
    this.asker.close();
    this.root.close();
  }

  private build(): void {
    const empty = make("div", "ntm-words-empty");
    empty.append(make("h3", "", "Vocabulary"), this.nothing, this.way);
    const part = make("section", "ntm-words-part");
    const head = make("div", "ntm-words-head");
    head.append(make("h3", "", "Vocabulary"));
    const slot = make("div", "ntm-words-slot");
    this.short.append(this.lost, this.lower);
    this.short.setAttribute("role", "status");
    slot.append(...this.lines, this.message, this.short, this.progress.element, this.remedy.element);
    this.message.setAttribute("role", "alert");
    this.examples.setAttribute("aria-live", "polite");
    this.say([]);
    part.append(head, slot, this.tools(), this.table.element, make("p", "ntm-help", "Click a word, or press Enter, to stop it or to bring it back."), this.examples);
    const body = make("div", "ntm-words-body");
    body.append(this.fields.element, part);
    const act = make("div", "ntm-words-act");
    this.showCode.setAttribute("aria-expanded", "false");
    this.code.hidden = this.copy.hidden = true;
    this.code.tabIndex = 0;
    const keys = new Keys(KEYS);
    act.append(this.apply, this.result, this.showCode, this.copy, keys.element);
    this.root.element.append(empty, act, this.code, body);
    this.root.element.addEventListener("keydown", (event) => keys.pressed(event));
  }

  private tools(): HTMLElement {
    const bar = make("div", "ntm-words-tools");
    this.find.type = "search";
    this.find.placeholder = "Find a word";
    this.find.setAttribute("aria-label", "find a word");
    this.find.spellcheck = false;
    this.find.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.again(), 120);
    });
    this.filter.setAttribute("aria-label", "which words are shown");
    const shown = [["unlisted", "all but listed stop words"], ["all", "all words"], ["in", "words that are in"], ["out", "words that are out"], ["yours", "words you chose"]];
    this.filter.replaceChildren(...shown.map(([value, text]) => new Option(text, value)));
    this.filter.addEventListener("change", () => this.again());
    bar.append(this.find, this.filter, this.undo, this.redo);
    return bar;
  }

  private update(): void {
    const { model, root } = this;
    const [state, work, form] = [model.get("state"), model.get("work"), model.get("form")];
    const [problem, result] = [model.get("problem"), model.get("result")];
    const counting = work.phase === "counting";
    this.remedy.show(counting ? {} : model.get("lacking"), work);
    root.element.dataset.state = counting ? "counting" : state.version === undefined ? "empty" : state.version ? "ready" : "waiting";
    root.element.dataset.version = String(state.version ?? 0);
    root.element.dataset.problem = String(problem !== "" && !counting && work.phase !== "fetching");
    setText(this.nothing, result ? `${result}, of the run that was opened. It keeps no texts: load them again to see and change the words.` : NOTHING);
    this.way.hidden = !model.get("in_studio");
    this.way.classList.toggle("ntm-primary", !result);
    const said = summed(state, problem);
    this.lines.forEach((line, i) => {
      line.hidden = counting || !said[i];
      setText(line, said[i]);
    });
    const lost = counting || problem ? null : loss(state, form.values.min_doc_words ?? "");
    this.short.hidden = !lost;
    setText(this.lost, lost?.[0] ?? "");
    setText(this.lower, lost?.[1] ?? "");
    this.lower.disabled = this.busy;
    const told = this.short.hidden ? state.message : ""; // it says the same, and what to do
    setText(this.message, counting ? "" : problem || told || (work.phase === "cancelled" ? "The count was cancelled: change a setting to count again." : ""));
    this.progress.element.hidden = !counting;
    if (counting) this.progress.update(`counting words: ${far(work, "documents")}`, work);
    this.fields.blame(counting ? "" : problem, form.changed);
    this.fields.tellUnseen(problem ? [] : (state.unseen ?? []));
    this.undo.disabled = !form.undo;
    this.redo.disabled = !form.redo;
    this.apply.disabled = this.busy || counting || !state.in || (!model.get("stale") && result !== "");
    setText(this.apply, this.busy ? "Counting…" : result && model.get("stale") ? "Count again" : "Count the words");
    setText(this.result, result ? `${result}${model.get("stale") ? " · the settings were changed since" : ""}` : "Makes the counts that a model is trained on.");
    if (!this.code.hidden) void this.fillCode();
  }

  private again(): void {
    this.table.top();
    void this.rows(...this.table.wanted());
  }

  private async rows(start: number, number: number): Promise<void> {
    await this.attempt(() => this.fetch("rows", this.window(start, number)));
  }

  /** Change something, and show the rows that come of it; what Python says of the change. */
  private async change<V>(op: string, given: object): Promise<V> {
    return (await this.fetch<Page & { said: V }>(op, { ...given, rows: this.window(...this.table.wanted()) })).said;
  }

  private window(start: number, number: number): object {
    const { sort, down } = this.table.sorting;
    return { start, number, sort, down, show: this.filter.value, find: this.find.value };
  }

  /** Show the rows that Python answers with. Where a newer table came meanwhile, ask for its rows. */
  private async fetch<V extends Page>(op: string, args: object): Promise<V> {
    this.coming += 1;
    const { value, buffers } = await this.asker.ask<V>(op, args).finally(() => (this.coming -= 1));
    this.table.show({ total: value.total, start: value.start ?? 0, rows: rowsOf(value, buffers) });
    this.root.element.dataset.shown = String(value.version);
    this.root.element.dataset.rows = String(value.total);
    if (!this.coming && value.version < (this.model.get("state").version ?? 0)) void this.rows(...this.table.wanted());
    return value;
  }

  private async turn(row: Row): Promise<void> {
    await this.attempt(async () => {
      const to = await this.change<string | null>("turn", { word: row.word });
      this.root.say(`${row.word}: ${to ?? "left to the settings"}`);
    });
  }

  private async show(row: Row): Promise<void> {
    await this.attempt(async () => {
      const { value } = await this.asker.ask<Example[]>("examples", { word: row.word });
      this.say(value, quoted(row.word, row.documents, value.length), row.word);
    });
  }

  private say(found: Example[], title = "Examples: choose “examples” beside a word to read it in its sentences.", word = ""): void {
    const head = make("p", "ntm-help", title);
    const list = make("ul");
    for (const { document: place, parts } of found) {
      const line = list.appendChild(make("li"));
      const text = make("span", "ntm-words-snippet");
      text.dir = "auto";
      text.append(parts[0], make("b", "", parts[1]), parts[2]);
      line.append(button(`document ${place}`, () => this.tell("read", { document: place }), "ntm-link"), text);
    }
    this.examples.replaceChildren(head, list);
    this.examples.dataset.word = word;
  }

  private step(back: boolean): void {
    void this.attempt(() => this.change("step", { back }));
  }

  /** Take the lower minimum; where the words were counted already, or no document was long enough for that, count again. */
  private async keep(): Promise<void> {
    const again = this.refused || this.model.get("result") !== "";
    await this.attempt(() => this.change("lower", {}));
    if (again) await this.count();
  }

  private async count(): Promise<void> {
    this.busy = this.refused = true;
    this.update();
    await this.attempt(async () => {
      const { value } = await this.asker.ask<string>("apply");
      this.refused = false;
      this.root.say(`counted: ${value}`);
    });
    this.busy = false;
    this.update();
  }

  private async toggleCode(): Promise<void> {
    this.code.hidden = this.copy.hidden = !this.code.hidden;
    this.showCode.setAttribute("aria-expanded", String(!this.code.hidden));
    setText(this.showCode, this.code.hidden ? "Show the code" : "Hide the code");
    if (!this.code.hidden) await this.fillCode();
  }

  private async fillCode(): Promise<void> {
    await this.attempt(async () => setText(this.code, (await this.asker.ask<string>("code")).value));
  }

  private async copyCode(): Promise<void> {
    await this.attempt(async () => {
      await navigator.clipboard.writeText(this.code.textContent ?? "");
      this.root.say("copied");
    });
  }

  private tell(op: string, args: object = {}): void {
    void this.attempt(() => this.asker.ask(op, args));
  }

  private async attempt(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
      this.root.fail("");
    } catch (error) {
      failing(this.root.fail)(error);
    }
  }
}

function render({ model, el }: { model: Model<Traits>; el: HTMLElement }): () => void {
  const panel = new Panel(model, el);
  return () => panel.close();
}

export default { render };
