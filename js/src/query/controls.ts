/** Where a text is typed or a document picked. */
import { make, setText } from "../lib/dom";
import { count } from "../lib/format";
import { Keys } from "../lib/keys";

export interface Acts {
  typed(text: string): void;
  picked(document: number): void;
  back(): void;
  pin(): void;
  clear(): void;
  copy(): void;
}

const KEYS: [string, string][] = [
  ["Tab", "text, documents, topics, words, similar documents"],
  ["Enter", "select the topic of a bar or word; again: let it go"],
  ["← → Home End", "from word to word, with the topics that claim each"],
  ["Esc", "close what is open, let the topic go"],
];
const PAUSE = 150;
/** A text box lays out all it holds: from so many characters on it shows the beginning, to be read only. */
const LONG = 100_000;
const SHOWN = 10_000;
let numbers = 0;

export class Controls {
  readonly element = make("div", "ntm-q-controls");
  readonly text = make("textarea");
  readonly number = make("input");
  private readonly picker = make("div", "ntm-q-picker");
  readonly keys = new Keys(KEYS);
  private readonly back: HTMLButtonElement;
  private readonly pin: HTMLButtonElement;
  private readonly clear: HTMLButtonElement;
  private readonly copy: HTMLButtonElement;
  private readonly long = make("p", "ntm-help");
  private readonly among = make("span", "ntm-quiet ntm-small ntm-q-among");
  private documents = 0;
  private timer = 0;
  private saying = 0;

  constructor(private readonly acts: Acts) {
    const label = make("label", "", "Text");
    this.text.id = label.htmlFor = `ntm-q-text-${++numbers}`;
    Object.assign(this.text, { rows: 4, placeholder: "Type or paste a text …", spellcheck: false, dir: "auto" });
    this.text.addEventListener("input", () => this.wait());
    this.text.addEventListener("paste", (event) => this.paste(event));
    this.long.hidden = true;
    this.back = this.button("Back to my text", () => acts.back());
    this.pin = this.button("Pin to compare", () => acts.pin());
    this.clear = this.button("Clear", () => acts.clear());
    this.copy = this.button("Copy as Python", () => acts.copy());
    const bar = make("div", "ntm-q-toolbar");
    const right = make("div", "ntm-q-tools");
    right.append(this.back, this.pin, this.clear, this.copy, this.keys.element);
    bar.append(this.buildPicker(), right);
    this.element.append(label, this.text, this.long, bar);
  }

  /** Show the text unless somebody is typing another one. */
  setText(text: string): void {
    const isLong = text.length > LONG;
    const shown = isLong ? text.slice(0, SHOWN) : text;
    if (!this.timer && this.text.value !== shown) this.text.value = shown;
    this.text.readOnly = isLong;
    this.long.hidden = !isLong;
    setText(this.long, isLong ? `${count(text.length)} characters, all of them read; the box holds the beginning. Clear it to type.` : "");
    this.pin.disabled = this.clear.disabled = !text.trim();
  }

  setDocuments(documents: number, document: number | null, earlier: number): void {
    this.documents = documents;
    this.picker.hidden = documents === 0;
    this.number.max = String(documents - 1);
    setText(this.among, `of ${count(documents)}`);
    if (this.number !== window.document.activeElement || document !== null) this.number.value = document === null ? "" : String(document);
    this.back.hidden = earlier === 0;
  }

  /** Read a document that chance chooses. */
  random(): void {
    this.go(Math.floor(Math.random() * this.documents));
  }

  /** Say on the button that something was copied, for a moment. */
  copied(): void {
    setText(this.copy, "Copied");
    clearTimeout(this.saying);
    this.saying = window.setTimeout(() => setText(this.copy, "Copy as Python"), 1500);
  }

  close(): void {
    clearTimeout(this.timer);
    clearTimeout(this.saying);
  }

  private wait(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.acts.typed(this.text.value);
    }, PAUSE);
  }

  /** What was typed just now gives way to what comes instead. */
  private forget(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  /** A long text goes to Python without passing through the box. */
  private paste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    const { value, selectionStart, selectionEnd, readOnly } = this.text;
    if (readOnly || pasted.length + value.length <= LONG) return;
    event.preventDefault();
    this.forget();
    this.acts.typed(value.slice(0, selectionStart) + pasted + value.slice(selectionEnd));
  }

  private button(text: string, act: () => void, name = ""): HTMLButtonElement {
    const button = make("button", "", text);
    button.type = "button";
    if (name) button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    return button;
  }

  private buildPicker(): HTMLElement {
    const label = make("label", "", "Document");
    this.number.id = label.htmlFor = `ntm-q-document-${numbers}`;
    Object.assign(this.number, { type: "number", min: "0", step: "1", inputMode: "numeric", title: "numbered from 0, as in Python" });
    this.number.addEventListener("change", () => this.number.value !== "" && this.go(Number(this.number.value)));
    const step = (by: number) => () => this.go(this.number.value === "" ? (by > 0 ? 0 : this.documents - 1) : Number(this.number.value) + by);
    this.picker.append(
      label, this.number, this.among, this.button("‹", step(-1), "Previous document"),
      this.button("›", step(1), "Next document"), this.button("Random", () => this.random(), "Random document"),
    );
    return this.picker;
  }

  private go(document: number): void {
    if (!this.documents || !Number.isFinite(document)) return;
    this.forget();
    this.acts.picked(Math.min(this.documents - 1, Math.max(0, Math.trunc(document))));
  }
}
