/** Ways to load documents: a ready corpus, a file from this computer, a path or URL, a variable of the notebook. */
import { make, setText } from "../lib/dom";
import { type Asker, Superseded } from "../lib/requests";
import { counted } from "../lib/format";
import { tellError } from "../lib/steps";

/** Messages to a kernel are limited to about 10 MB. */
export const PIECE = 4_000_000;
export const MAX_UPLOAD = 500_000_000;

export interface Columns {
  columns?: string[];
  text?: string;
  label?: string;
}

interface Variable {
  name: string;
  kind: "table" | "texts";
  size: number;
}

interface Source extends Columns {
  source: string;
  kind: "path" | "variable";
}

let ids = 0;

function field(label: string, control: HTMLElement): HTMLElement {
  control.id = `ntm-load-${++ids}`;
  const named = make("label", "", label);
  named.htmlFor = control.id;
  const row = make("div", "ntm-load-row");
  row.append(named, control);
  return row;
}

function button(text: string, act: () => void, className = ""): HTMLButtonElement {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

function option(value: string, text = value): HTMLOptionElement {
  const made = make("option", "", text);
  made.value = value;
  return made;
}

/** Send a file in pieces, each answered before the next; resolves with where it lies and its columns. */
export async function upload<T>(asker: Asker<T>, file: File, told: (done: number) => void): Promise<Source> {
  if (file.size > MAX_UPLOAD) throw new Error(`${file.name} is larger than ${MAX_UPLOAD / 1e6} MB: load it by its path`);
  if (file.size === 0) throw new Error(`${file.name} is empty`);
  for (let at = 0; ; at += PIECE) {
    const piece = await file.slice(at, at + PIECE).arrayBuffer();
    const about = { name: file.name, size: file.size, at };
    const { value } = await asker.ask<Columns & { done: number; path?: string }>("upload", about, [piece]);
    told(value.done);
    if (value.path) return { ...value, source: value.path, kind: "path" };
  }
}

export class Loader<T> {
  readonly element = make("div", "ntm-load");
  private readonly path = make("input");
  private readonly names = make("select");
  private readonly error = make("p", "ntm-error");
  private readonly choice = make("div", "ntm-load-choice");
  private readonly status = make("p", "ntm-help");
  private readonly file = make("input");

  constructor(private readonly asker: Asker<T>, private readonly done: () => void) {
    this.error.setAttribute("role", "alert");
    this.status.setAttribute("aria-live", "polite");
    this.element.append(this.ownFile(), this.typed(), this.variable(), this.ready(), this.choice, this.status, this.error);
    this.choice.hidden = true;
  }

  /** Ask which variables there are. */
  async refresh(): Promise<void> {
    await this.attempt(async () => {
      const { value } = await this.asker.ask<Variable[]>("variables");
      const kinds = { table: "row", texts: "text" };
      const offered = value.map((one) => option(one.name, `${one.name} (${one.kind}, ${counted(one.size, kinds[one.kind])})`));
      const first = option("", value.length ? "choose a variable" : "no table or list of texts in this notebook yet");
      this.names.replaceChildren(first, ...offered);
    });
  }

  private ready(): HTMLElement {
    const row = make("div", "ntm-load-row");
    const buttons = make("div", "ntm-load-buttons");
    row.append(make("span", "ntm-load-label", "Or try"), buttons);
    buttons.append(
      button("Python documentation", () => void this.load({ source: "pydocs", kind: "path" })),
      button("20 Newsgroups", () => void this.load({ source: "20newsgroups", kind: "path" })),
    );
    return row;
  }

  private ownFile(): HTMLElement {
    this.file.type = "file";
    this.file.accept = ".csv,.tsv,.jsonl,.json,.txt,.parquet,.gz";
    this.file.addEventListener("change", () => {
      const file = this.file.files?.[0];
      if (file) void this.send(file);
    });
    const row = field("A file from this computer", this.file);
    const drop = make("div", "ntm-load-drop");
    drop.append(this.file, make("span", "ntm-help", "or drop it here: CSV, TSV, JSONL, TXT, up to 500 MB"));
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      event.stopPropagation();
      drop.dataset.over = "true";
    });
    drop.addEventListener("dragleave", () => delete drop.dataset.over);
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      delete drop.dataset.over;
      const file = event.dataTransfer?.files[0];
      if (file) void this.send(file);
    });
    row.append(drop);
    return row;
  }

  private typed(): HTMLElement {
    this.path.type = "text";
    this.path.placeholder = "data/reviews.csv, a folder, s3://…";
    this.path.spellcheck = false;
    const row = field("A path or URL", this.path);
    const open = () => void this.look({ source: this.path.value, kind: "path" });
    this.path.addEventListener("input", () => setText(this.error, "")); // what was refused was another path
    this.path.addEventListener("keydown", (event) => {
      if (event.key === "Enter") open();
    });
    const line = make("div", "ntm-load-buttons");
    line.append(this.path, button("Open", open));
    row.append(line);
    return row;
  }

  private variable(): HTMLElement {
    const row = field("A variable of this notebook", this.names);
    const line = make("div", "ntm-load-buttons");
    line.append(this.names, button("Refresh", () => void this.refresh()));
    row.append(line);
    this.names.addEventListener("change", () => {
      if (this.names.value) void this.look({ source: this.names.value, kind: "variable" });
    });
    return row;
  }

  /** Load at once what has no columns to choose, else ask for them. */
  private async look(source: Source): Promise<void> {
    this.forget();
    await this.attempt(async () => {
      if (!source.source.trim()) throw new Error("type a path or URL first");
      const { value } = await this.asker.ask<Columns>("columns", { source: source.source, kind: source.kind });
      await this.offer({ ...source, ...value });
    });
  }

  private async send(file: File): Promise<void> {
    this.forget();
    await this.attempt(async () => {
      const told = (done: number) => {
        this.status.textContent = `${file.name}: ${Math.round((100 * done) / file.size)} % of ${(file.size / 1e6).toPrecision(2)} MB`;
      };
      told(0);
      const source = await upload(this.asker, file, told);
      this.status.textContent = "";
      await this.offer(source);
    });
    this.file.value = "";
  }

  private async offer(source: Source): Promise<void> {
    if ((source.columns ?? []).length < 2) return this.ask(source);
    const text = make("select");
    const label = make("select");
    text.replaceChildren(...(source.columns ?? []).map((column) => option(column)));
    label.replaceChildren(option("", "none"), ...(source.columns ?? []).map((column) => option(column)));
    text.value = source.text ?? "";
    label.value = source.label ?? "";
    const load = button("Load", () => void this.load({ ...source, text: text.value, label: label.value }), "ntm-primary");
    const name = source.source.split("/").pop() ?? source.source;
    const head = make("p", "ntm-load-head", `${name}: which column holds the documents?`);
    this.choice.replaceChildren(head, field("Documents", text), field("Labels", label), load);
    this.choice.hidden = false;
    text.focus();
  }

  private async load(source: Source): Promise<void> {
    await this.attempt(() => this.ask(source));
  }

  private async ask({ source, kind, text, label }: Source): Promise<void> {
    await this.asker.ask("load", { source, kind, text: text ?? "", label: label ?? "" });
    this.forget();
    this.done();
  }

  /** Columns of another source are no longer to be chosen from. */
  private forget(): void {
    this.choice.hidden = true;
    this.choice.replaceChildren();
  }

  /** Do something, and show what goes wrong where the person looks. */
  private async attempt(act: () => Promise<void>): Promise<void> {
    this.error.textContent = "";
    this.element.dataset.busy = "true";
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Superseded)) tellError(this.error, error as Error);
      this.status.textContent = "";
    }
    delete this.element.dataset.busy;
  }
}
