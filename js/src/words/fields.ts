/** The settings of the vectoriser as controls: plain words, the real name, one line of help, the default. */
import { make, setText } from "../lib/dom";
import { failing } from "../lib/requests";

export interface Form {
  values: Record<string, string>;
  defaults: Record<string, string>;
  changed: string[];
  undo: number;
  redo: number;
  choices: number;
}

type Choices = [value: string, text: string][];

interface Setting {
  name: string;
  label: string;
  parameter: string;
  help: string;
  choices?: Choices;
  lines?: number;
}

export const SETTINGS: Setting[] = [
  { name: "tokenizer", label: "Words", parameter: "tokenizer", help: "What is counted as one word. Reads the documents again.",
    choices: [["lemma", "lemmas: games → game"], ["stem", "stems: gaming → game"], ["regex", "as they are written"], ["seed", "lemmas as in SageMaker’s notebook"]] },
  { name: "ngram_range", label: "Runs of words", parameter: "ngram_range", help: "Whether “new york” is a term, too. Reads the documents again.",
    choices: [["1-1", "single words"], ["1-2", "single words and pairs"], ["1-3", "up to three words"], ["2-2", "pairs only"]] },
  { name: "stop_words", label: "Stop words", parameter: "stop_words", help: "Words such as “the” that say nothing about a topic.",
    choices: [["english", "English list"], ["none", "none"]] },
  { name: "own", label: "Your own stop words", parameter: "stop_words", help: "Added to the list; separated by spaces, commas, semicolons or lines.", lines: 2 },
  { name: "stop", label: "Stop words are left out", parameter: "stop", help: "Before: “was” goes before its lemma “wa” hides it.",
    choices: [["before", "before and after lemmas are taken"], ["after", "after lemmas are taken"]] },
  { name: "min_df", label: "Fewest documents", parameter: "min_df", help: "Words in fewer documents than this are ignored: a number, or a share such as 1 %." },
  { name: "max_df", label: "Most documents", parameter: "max_df", help: "Words in more documents than this are ignored: a number or a share." },
  { name: "vocab_size", label: "Vocabulary size", parameter: "vocab_size", help: "Of the words that are left, this many of the most frequent; or all." },
  { name: "min_doc_words", label: "Minimum document length", parameter: "min_doc_words", help: "Documents with this many words of the vocabulary or fewer are left out; all keeps every one." },
  { name: "split", label: "Split", parameter: "split", help: "Documents set aside to watch the training and to test the model.",
    choices: [["none", "none"], ["80/10/10", "80 % training, 10 % validation, 10 % test"], ["90/10/0", "90 % training, 10 % validation"]] },
];

const WAIT = 200;
let ids = 0;

class Field {
  readonly element = make("div", "ntm-words-field");
  private readonly control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
  private readonly help = make("span");
  private readonly more = make("span");
  private readonly back = make("button", "ntm-link");
  private readonly usual = make("span", "ntm-words-usual");
  private timer = 0;
  private typed = "";
  /** What Python says of the value as it was typed, and of all settings together. */
  private said = "";
  private blamed = "";

  constructor(private readonly setting: Setting, private readonly set: (name: string, value: string) => Promise<void>, reset: () => void) {
    const id = `ntm-words-${++ids}`;
    const label = make("label", "", setting.label);
    const line = make("p", "ntm-help");
    this.control = make(setting.choices ? "select" : setting.lines ? "textarea" : "input");
    this.control.id = label.htmlFor = id;
    this.control.dataset.setting = setting.name;
    line.id = `${id}-help`;
    this.control.setAttribute("aria-describedby", line.id);
    label.append(" ", make("code", "ntm-mono", setting.parameter));
    if (this.control instanceof HTMLTextAreaElement) this.control.rows = setting.lines ?? 2;
    if (!(this.control instanceof HTMLSelectElement)) this.control.spellcheck = false;
    this.back.type = "button";
    this.back.addEventListener("click", reset);
    setText(this.help, setting.help);
    line.append(this.help, " ", this.more, this.usual, this.back);
    this.element.append(label, this.control, line);
    this.control.addEventListener(setting.choices ? "change" : "input", () => this.changed(setting.choices ? 0 : WAIT));
    this.control.addEventListener("keydown", (event) => this.key(event as KeyboardEvent));
  }

  /** Show what Python has, unless the person is typing just now. */
  show(form: Form): void {
    const { name, choices } = this.setting;
    const value = form.values[name] ?? "";
    const usual = form.defaults[name] ?? "";
    if (this.control instanceof HTMLSelectElement) {
      const known: Choices = (choices ?? []).some(([one]) => one === value) ? (choices ?? []) : [...(choices ?? []), [value, value]];
      if (known.length !== this.control.options.length) {
        this.control.replaceChildren(...known.map(([one, text]) => new Option(text, one)));
      }
    }
    if (!this.timer && this.typed === "") this.control.value = value;
    const differs = form.changed.includes(name);
    this.element.dataset.changed = String(differs);
    const named = choices?.find(([one]) => one === usual)?.[1].split(":")[0] ?? (usual === "" ? "none" : usual);
    this.usual.hidden = differs;
    this.back.hidden = !differs;
    setText(this.usual, `Default: ${named}.`);
    setText(this.back, `Back to ${named}`);
  }

  /** Arrows count up and down, by one document or one per cent. */
  private key(event: KeyboardEvent): void {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const found = /^\s*([\d.,]+)\s*(%?)\s*$/.exec(this.control.value);
    if (event.key === "Enter" && !this.setting.lines) this.changed(0);
    if (this.setting.choices || this.setting.lines || by === undefined || !found) return;
    const size = this.setting.name === "vocab_size" ? 100 * by : by;
    const next = Math.max(this.setting.name === "min_doc_words" ? 0 : 1, Number(found[1].replace(/,/g, "")) + size);
    this.control.value = found[2] ? `${Math.min(100, next)} %` : String(next);
    event.preventDefault();
    this.changed(WAIT);
  }

  private changed(wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      const typed = this.control.value;
      this.typed = typed;
      this.set(this.setting.name, typed).then(
        () => this.settle(typed, ""),
        failing((text) => this.settle(typed, text)),
      );
    }, wait);
  }

  private settle(typed: string, problem: string): void {
    if (this.typed === typed && !problem) this.typed = "";
    this.said = problem;
    this.mark();
  }

  /** Mark this one for a problem of all settings, or for none with "". */
  blame(problem: string): void {
    this.blamed = problem;
    this.mark();
  }

  /** Something worth knowing of the value, beside the help. */
  tell(text: string): void {
    setText(this.more, text && `${text} `);
  }

  private mark(): void {
    const problem = this.said || this.blamed;
    this.control.setAttribute("aria-invalid", String(problem !== ""));
    this.help.className = problem ? "ntm-error" : "";
    setText(this.help, problem ? `${problem.replace(/\.$/, "")}.` : this.setting.help);
  }

  /** Take over what Python has when the person leaves. */
  rest(form: Form): void {
    if (this.said) return;
    this.typed = "";
    this.show(form);
  }

  close(): void {
    window.clearTimeout(this.timer);
  }
}

export class Fields {
  readonly element = make("div", "ntm-words-fields");
  private readonly fields: Field[];
  private readonly heading = make("h3", "", "Settings");
  private readonly all = make("button", "ntm-link", "All back to the defaults");

  constructor(set: (name: string, value: string) => Promise<void>, reset: (name: string) => void) {
    const head = make("div", "ntm-words-head");
    this.all.type = "button";
    this.all.addEventListener("click", () => reset(""));
    head.append(this.heading, this.all);
    this.fields = SETTINGS.map((setting) => new Field(setting, set, () => reset(setting.name)));
    this.element.append(head, ...this.fields.map((field) => field.element));
  }

  show(form: Form): void {
    for (const field of this.fields) field.show(form);
    this.all.hidden = form.changed.length === 0;
  }

  /** Mark the fields that a problem of all settings is about: those it names, of these the changed ones if there are any. */
  blame(problem: string, changed: string[]): void {
    const named = SETTINGS.filter(({ name, parameter }) => name === parameter && problem.includes(`${name}=`)).map(({ name }) => name);
    const guilty = named.some((name) => changed.includes(name)) ? named.filter((name) => changed.includes(name)) : named;
    SETTINGS.forEach(({ name }, at) => this.fields[at].blame(guilty.includes(name) ? problem : ""));
  }

  /** Say which of the person's stop words are in no document. */
  tellUnseen(words: string[]): void {
    const shown = words.slice(0, 5).join(", ") + (words.length > 5 ? " and others" : "");
    this.fields[SETTINGS.findIndex(({ name }) => name === "own")].tell(words.length ? `Not in these documents: ${shown}.` : "");
  }

  /** Once more, with what was typed and understood as Python writes it. */
  watch(form: () => Form): void {
    for (const field of this.fields) field.element.addEventListener("focusout", () => field.rest(form()));
  }

  /** Move the focus to the control of a setting. */
  focus(name: string): void {
    this.element.querySelector<HTMLElement>(`[data-setting="${name}"]`)?.focus();
  }

  close(): void {
    for (const field of this.fields) field.close();
  }
}
