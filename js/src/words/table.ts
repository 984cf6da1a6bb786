/** A table of any number of rows, of which only those in sight exist; one stop of the Tab key, arrows move within. */
import { make, setText } from "../lib/dom";
import { count } from "../lib/format";

export interface Row {
  word: string;
  cut: boolean;
  count: number;
  documents: number;
  why: string;
  in: boolean;
}

export interface Window {
  total: number;
  start: number;
  rows: Row[];
}

export interface Sorting {
  sort: string;
  down: boolean;
}

export interface Actions {
  need(start: number, number: number): void;
  sort(by: Sorting): void;
  turn(row: Row): void;
  examples(row: Row): void;
  step(back: boolean): void;
}

export const ROW = 28;
const MARGIN = 8;
const COLUMNS: [string, string, boolean][] = [
  ["word", "word", false],
  ["count", "count", true],
  ["documents", "documents", true],
  ["reason", "in or out, and why", false],
];

interface Slot {
  line: HTMLTableRowElement;
  word: HTMLButtonElement;
  text: HTMLElement;
  count: HTMLElement;
  documents: HTMLElement;
  why: HTMLElement;
  examples: HTMLButtonElement;
}

export class WordTable {
  readonly element = make("div", "ntm-words-scroll");
  private readonly table = make("table");
  private readonly body = make("tbody");
  private readonly before = make("tr");
  private readonly after = make("tr");
  private readonly slots: Slot[] = [];
  private readonly heads = new Map<string, HTMLButtonElement>();
  private readonly resized: ResizeObserver;
  private shown: Window = { total: 0, start: 0, rows: [] };
  private asked = "";
  private at = 0;
  sorting: Sorting = { sort: "count", down: true };

  constructor(private readonly actions: Actions) {
    this.table.setAttribute("aria-label", "vocabulary");
    this.table.append(this.header(), this.body);
    this.before.setAttribute("aria-hidden", "true");
    this.after.setAttribute("aria-hidden", "true");
    this.body.append(this.before, this.after);
    this.element.append(this.table);
    this.element.addEventListener("scroll", () => this.draw());
    this.body.addEventListener("keydown", (event) => this.key(event));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.element);
  }

  /** New rows from Python; `fresh` when they are of another table, order or selection. */
  show(window: Window): void {
    this.shown = window;
    this.asked = "";
    this.at = Math.min(this.at, Math.max(0, window.total - 1));
    this.table.setAttribute("aria-rowcount", String(window.total + 1));
    this.draw();
  }

  /** Back to the first row. */
  top(): void {
    this.at = 0;
    this.element.scrollTop = 0;
  }

  /** Rows that should be at hand: those in sight and as many around them. */
  wanted(): [number, number] {
    const [first, number] = this.sight();
    return [Math.max(0, first - 60), Math.min(400, number + 120)];
  }

  close(): void {
    this.resized.disconnect();
  }

  private header(): HTMLTableSectionElement {
    const head = make("thead");
    const line = head.appendChild(make("tr"));
    for (const [name, text, numeric] of COLUMNS) {
      const cell = line.appendChild(make("th", `ntm-words-${name}${numeric ? " ntm-number" : ""}`));
      cell.scope = "col";
      const button = cell.appendChild(make("button", "ntm-words-sort", text));
      button.type = "button";
      button.addEventListener("click", () => {
        const same = this.sorting.sort === name;
        this.sorting = { sort: name, down: same ? !this.sorting.down : numeric };
        this.marks();
        this.actions.sort(this.sorting);
      });
      this.heads.set(name, button);
    }
    const last = line.appendChild(make("th", "ntm-words-more"));
    last.append(make("span", "ntm-said", "examples"));
    this.marks();
    return head;
  }

  private marks(): void {
    for (const [name, button] of this.heads) {
      const is = name === this.sorting.sort;
      button.parentElement?.setAttribute("aria-sort", is ? (this.sorting.down ? "descending" : "ascending") : "none");
    }
  }

  private sight(): [number, number] {
    const first = Math.max(0, Math.floor(this.element.scrollTop / ROW) - MARGIN);
    return [first, Math.ceil((this.element.clientHeight || 15 * ROW) / ROW) + 2 * MARGIN];
  }

  private slot(i: number): Slot {
    while (this.slots.length <= i) this.slots.push(this.makeSlot());
    return this.slots[i];
  }

  private makeSlot(): Slot {
    const line = make("tr");
    const slot: Slot = {
      line, word: make("button", "ntm-words-button"), text: make("span"), count: make("td", "ntm-number"),
      documents: make("td", "ntm-number"), why: make("td", "ntm-words-why"), examples: make("button", "ntm-link", "examples"),
    };
    const name = make("th");
    name.scope = "row";
    name.append(slot.word);
    slot.word.append(slot.text);
    const last = make("td", "ntm-words-more");
    last.append(slot.examples);
    slot.word.type = slot.examples.type = "button";
    slot.examples.tabIndex = -1;
    line.append(name, slot.count, slot.documents, slot.why, last);
    slot.word.addEventListener("click", () => this.act(line, (row) => !row.cut && this.actions.turn(row)));
    slot.examples.addEventListener("click", () => this.act(line, (row) => this.actions.examples(row)));
    line.addEventListener("focusin", () => {
      this.at = Number(line.dataset.row);
      this.tabs();
    });
    return slot;
  }

  private act(line: HTMLElement, then: (row: Row) => void): void {
    const row = this.shown.rows[Number(line.dataset.row) - this.shown.start];
    if (row) then(row);
  }

  private tabs(): void {
    for (const slot of this.slots) slot.word.tabIndex = Number(slot.line.dataset.row) === this.at ? 0 : -1;
  }

  private draw(): void {
    const { total, start, rows } = this.shown;
    const [from, number] = this.sight();
    const first = Math.min(from, Math.max(0, total - number));
    const last = Math.min(total, first + number);
    const within = this.focused();
    this.before.style.height = `${first * ROW}px`;
    this.after.style.height = `${(total - last) * ROW}px`;
    for (let index = first; index < last; index += 1) this.fill(this.slot(index - first), index, rows[index - start]);
    for (const slot of this.slots.slice(last - first)) slot.line.remove();
    this.tabs();
    if (this.at < first || this.at >= last) this.slots[Math.floor((last - first) / 2)]?.word.setAttribute("tabindex", "0");
    if (within) this.focus(within);
    const missing = last > first && (first < start || last > start + rows.length);
    const [need, many] = this.wanted();
    if (missing && this.asked !== `${need}`) {
      this.asked = `${need}`;
      this.actions.need(need, many);
    }
  }

  private fill(slot: Slot, index: number, row: Row | undefined): void {
    if (slot.line.parentElement !== this.body) this.after.before(slot.line);
    slot.line.dataset.row = String(index);
    slot.line.setAttribute("aria-rowindex", String(index + 2));
    slot.line.dataset.state = row ? (row.in ? "in" : "out") : "loading";
    setText(slot.text, row ? row.word + (row.cut ? "…" : "") : " ");
    slot.word.title = row?.cut ? "too long a word to choose here" : (row?.word ?? "");
    slot.word.setAttribute("aria-pressed", String(row?.in ?? false));
    slot.word.disabled = row?.cut ?? false;
    setText(slot.count, row ? count(row.count) : "");
    setText(slot.documents, row ? count(row.documents) : "");
    setText(slot.why, row?.why ?? "");
    slot.why.title = row?.why ?? "";
    slot.examples.setAttribute("aria-label", row ? `examples of ${row.word}` : "examples");
  }

  private focused(): "word" | "examples" | "" {
    const active = (this.element.getRootNode() as Document | ShadowRoot).activeElement;
    const slot = this.slots.find((one) => one.word === active || one.examples === active);
    return slot ? (slot.word === active ? "word" : "examples") : "";
  }

  private focus(which: "word" | "examples"): void {
    const slot = this.slots.find((one) => one.line.isConnected && Number(one.line.dataset.row) === this.at);
    slot?.[which].focus({ preventScroll: true });
  }

  private key(event: KeyboardEvent): void {
    const which = this.focused();
    const pageful = Math.max(1, Math.floor(this.element.clientHeight / ROW) - 2);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: pageful, PageUp: -pageful, Home: -Infinity, End: Infinity };
    const by = steps[event.key];
    if (!which || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && "zy".includes(event.key.toLowerCase())) this.actions.step(event.key === "z" && !event.shiftKey);
    else if (event.ctrlKey || event.metaKey) return;
    else if (by !== undefined) this.move(Math.min(this.shown.total - 1, Math.max(0, this.at + by)), which);
    else if (event.key === "ArrowRight") this.focus("examples");
    else if (event.key === "ArrowLeft") this.focus("word");
    else if (event.key === "e") this.act(event.target instanceof HTMLElement ? (event.target.closest("tr") as HTMLElement) : this.body, (row) => this.actions.examples(row));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private move(to: number, which: "word" | "examples"): void {
    const head = ROW;
    this.at = to;
    const top = this.element.scrollTop;
    const height = this.element.clientHeight;
    if (to * ROW < top) this.element.scrollTop = to * ROW;
    else if ((to + 1) * ROW + head > top + height) this.element.scrollTop = (to + 1) * ROW + head - height;
    this.draw();
    this.focus(which);
  }
}
