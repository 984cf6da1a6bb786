/** The documents at a glance, one to read, and a way to load others. Mirrors ntm_widgets/ui/words_documents.py. */
import { make, setText, trimTop } from "./lib/dom";
import { type Model, observe, store, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot } from "./lib/root";
import { wayTo } from "./lib/steps";
import { histogram, type Lengths } from "./words/histogram";
import { Loader } from "./words/loader";
import { count, counted } from "./lib/format";
import { far, Progress, type Work } from "./words/progress";

interface Glance {
  name?: string;
  documents?: number | null;
  report?: [number | null, string][];
  damaged?: number;
  /** How many documents have HTML tags or entities, as "about 1,200"; empty if hardly any. */
  html?: string;
  labels?: { names: string[]; counts: number[]; labels: number; without: number };
  lengths?: Lengths | null;
}

interface Text {
  number: number;
  id: string;
  label: string;
  text: string;
  characters: number;
}

export interface Traits extends ViewTraits {
  glance: Glance;
  document: number;
  marked: number;
  work: Work;
  /** Earlier runs to go on with, while there is nothing else. */
  earlier?: number;
  /** Whether it stands in a studio, where another step is a click away. */
  in_studio?: boolean;
}

/** "18,282 documents · 20 labels · median 83 words, longest 11,765". */
export function facts(glance: Glance): string {
  if (glance.documents === null || glance.documents === undefined) return "read as a stream";
  const parts = [counted(glance.documents, "document")];
  if (glance.labels?.labels) parts.push(counted(glance.labels.labels, "label"));
  if (glance.lengths) parts.push(`median ${counted(glance.lengths.median, "word")}, longest ${count(glance.lengths.longest)}`);
  return parts.join(" · ");
}

/** A text as nodes, with the places that are marked (start and end in turn) in `mark` elements. */
export function markedText(text: string, places: DataView | undefined): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  for (let i = 0; places && i + 8 <= places.byteLength; i += 8) {
    const [start, end] = [places.getInt32(i, true), places.getInt32(i + 4, true)];
    if (start > at) nodes.push(document.createTextNode(text.slice(at, start)));
    nodes.push(make("mark", "", text.slice(start, end)));
    at = end;
  }
  if (at < text.length) nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}

function labelBars(labels: NonNullable<Glance["labels"]>, report: Glance["report"]): HTMLElement {
  const part = make("section", "ntm-docs-labels");
  part.append(make("h4", "", "Labels"));
  const list = part.appendChild(make("ul"));
  const most = Math.max(...labels.counts, 1);
  labels.names.forEach((name, i) => {
    const line = list.appendChild(make("li"));
    const bar = make("span", "ntm-docs-bar");
    bar.style.setProperty("--share", `${(100 * labels.counts[i]) / most}%`);
    const named = make("span", "ntm-docs-name", name);
    named.title = name;
    line.append(named, bar, make("span", "ntm-number", count(labels.counts[i])));
  });
  list.tabIndex = 0;
  list.setAttribute("aria-label", "documents by label");
  const rest = labels.labels - labels.names.length;
  if (rest > 0) part.append(make("p", "ntm-help", `and ${counted(rest, "label")} more`));
  const said = (report ?? []).some(([, what]) => what === "without label");
  if (labels.without && !said) part.append(make("p", "ntm-help", `${counted(labels.without, "document")} without label`));
  return part;
}

/** How the documents can be read once more, and why one would. */
type Again = { encoding: string } | { strip_html: true };

function againButton(text: string, title: string, act: () => void): HTMLElement {
  const again = make("button", "ntm-link ntm-docs-again", text);
  again.type = "button";
  again.title = title;
  again.addEventListener("click", act);
  return again;
}

/** What loading mended; documents with letters that could not be read, or with HTML, can be read once more without. */
function lengthPart(glance: Glance, readAgain: (how: Again) => void): HTMLElement {
  const part = make("section", "ntm-docs-sizes");
  part.append(make("h4", "", "Lengths"));
  if (glance.lengths) part.append(histogram(glance.lengths));
  if (glance.lengths && glance.lengths.every > 1) {
    part.append(make("p", "ntm-help", `one of ${count(glance.lengths.every)} documents was looked at`));
  }
  const report = glance.report ?? [];
  part.append(make("h4", "", "While loading"));
  const list = part.appendChild(make("ul", "ntm-docs-report"));
  if (!report.length && !glance.html) list.append(make("li", "ntm-quiet", "nothing dropped, nothing mended"));
  for (const [number, what] of report) {
    const line = list.appendChild(make("li"));
    if (number !== null) line.append(make("span", "ntm-number", count(number)), " ");
    line.append(make("span", "", what));
  }
  if (glance.html) list.append(make("li", "", `${glance.html} with HTML tags or entities, kept`));
  if (glance.damaged) {
    const why = "Western European files of Windows and Excel are often in this encoding";
    part.append(againButton("Read as Windows-1252", why, () => readAgain({ encoding: "cp1252" })));
  }
  if (glance.html) {
    const why = "br, nbsp and the names of other tags would be counted as words";
    part.append(againButton("Read without HTML", why, () => readAgain({ strip_html: true })));
  }
  return part;
}

class Reader {
  readonly element = make("section", "ntm-docs-reader");
  private readonly number = make("input");
  private readonly of = make("span", "ntm-quiet");
  private readonly about = make("span", "ntm-docs-about");
  private readonly text = make("div", "ntm-docs-text");
  private readonly more = make("button", "ntm-link");
  private whole = false;
  private shown = -1;

  constructor(private readonly model: Model<Traits>, private readonly asker: Asker<Traits>, private readonly fail: (text: string) => void) {
    const bar = make("div", "ntm-docs-tools");
    const label = make("label", "", "Document ");
    this.number.type = "number";
    this.number.min = "0";
    this.number.title = "numbered from 0, as in Python";
    label.append(this.number);
    this.number.addEventListener("change", () => this.turn(Number(this.number.value)));
    bar.append(label, this.of);
    const steps: [string, string, () => number][] = [
      ["‹", "previous document", () => this.at - 1],
      ["›", "next document", () => this.at + 1],
      ["Random", "a random document", () => Math.floor(Math.random() * this.size)],
    ];
    for (const [text, name, where] of steps) {
      const button = bar.appendChild(make("button", "", text));
      button.type = "button";
      button.setAttribute("aria-label", name);
      button.addEventListener("click", () => this.turn((where() + this.size) % this.size));
    }
    bar.append(this.about);
    this.text.tabIndex = 0;
    this.text.setAttribute("role", "region");
    this.text.setAttribute("aria-label", "text of the document; words of the vocabulary are underlined");
    this.text.dir = "auto";
    this.more.type = "button";
    this.more.addEventListener("click", () => {
      this.whole = true;
      void this.read();
    });
    this.element.append(bar, this.text, this.more);
  }

  private get at(): number {
    return this.model.get("document");
  }

  private get size(): number {
    return Math.max(this.model.get("glance").documents ?? 1, 1);
  }

  private turn(to: number): void {
    if (Number.isFinite(to)) store(this.model, "document", Math.min(this.size - 1, Math.max(0, Math.round(to))));
    this.number.value = String(this.at);
  }

  async read(): Promise<void> {
    const size = this.model.get("glance").documents;
    this.element.hidden = !size;
    if (!size) return;
    if (this.shown !== this.at) this.whole = false;
    this.number.max = String(size - 1);
    this.number.value = String(this.at);
    setText(this.of, `of ${count(size)}`);
    try {
      const { value, buffers } = await this.asker.ask<Text>("document", { number: this.at, whole: this.whole });
      if (value.number !== this.shown) this.text.scrollTop = 0;
      this.shown = value.number;
      this.text.replaceChildren(...markedText(value.text, buffers[0]));
      trimTop(this.text);
      setText(this.about, [value.label, value.id === String(value.number) ? "" : value.id].filter((part) => part).join(" · "));
      this.more.hidden = value.text.length >= value.characters;
      const all = this.whole ? `the first ${count(value.text.length)} of ${count(value.characters)} characters are shown` : "";
      setText(this.more, all || `Show all ${count(value.characters)} characters`);
      this.more.disabled = this.whole;
      this.element.dataset.document = String(value.number);
      this.element.dataset.marks = String(this.text.querySelectorAll("mark").length);
      this.fail("");
    } catch (error) {
      failing(this.fail)(error);
    }
  }
}

function render({ model, el }: { model: Model<Traits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-docs");
  const asker = new Asker(model);
  const head = make("div", "ntm-docs-head");
  const name = make("h3");
  const about = make("span", "ntm-quiet");
  const other = make("button", "ntm-link", "Load other documents");
  const body = make("div", "ntm-docs-body");
  const numbers = make("div", "ntm-docs-numbers");
  const progress = new Progress("loading documents");
  const reader = new Reader(model, asker, root.fail);
  let open = false;
  const loader = new Loader(asker, () => {
    const left = loader.element.contains(document.activeElement) || document.activeElement === document.body;
    open = false;
    arrange();
    if (left) other.focus(); // the button that was pressed is gone
    root.say(`${model.get("glance").name}: ${facts(model.get("glance"))}`);
  });
  other.type = "button";
  other.addEventListener("click", () => {
    open = !open;
    if (open) void loader.refresh();
    arrange();
  });
  head.append(name, about, other);
  body.append(numbers, reader.element);
  const earlier = make("p", "ntm-docs-earlier");
  const said = make("span");
  earlier.append(said, " ", wayTo("train", "ntm-link"));
  root.element.append(head, earlier, loader.element, progress.element, body);

  function arrange(): void {
    const glance = model.get("glance");
    const ready = glance.name !== undefined;
    const loading = model.get("work").phase === "loading";
    root.element.dataset.state = loading ? "loading" : ready ? "ready" : "empty";
    setText(name, ready ? (glance.name ?? "") : "No documents yet");
    setText(about, ready ? facts(glance) : "Load a file of your own, a variable of the notebook, or a ready corpus.");
    other.hidden = !ready;
    other.setAttribute("aria-expanded", String(open));
    setText(other, open ? "Keep these" : "Load other documents");
    loader.element.hidden = ready && !open;
    const runs = model.get("earlier") ?? 0;
    earlier.hidden = ready || !runs || !model.get("in_studio");
    setText(said, `${counted(runs, "earlier run")} ${runs === 1 ? "is" : "are"} there to go on with.`);
    body.hidden = !ready;
    progress.element.hidden = !loading;
    const work = model.get("work");
    if (loading) progress.update([`loading ${work.what ?? ""}`, far(work, "files")].filter((part) => part).join(" · "), work);
  }

  function readAgain(how: Again): void {
    root.fail("");
    asker.ask("again", how).then(
      () => root.say(`${model.get("glance").name}: ${facts(model.get("glance"))}`),
      failing(root.fail),
    );
  }

  const glanced = observe(model, ["glance"], () => {
    const glance = model.get("glance");
    numbers.replaceChildren();
    if (glance.name !== undefined) {
      numbers.append(lengthPart(glance, readAgain));
      if (glance.labels?.names.length) numbers.append(labelBars(glance.labels, glance.report));
    } else void loader.refresh();
    arrange();
    if (glance.documents) void reader.read();
    else reader.element.hidden = true;
  });
  const worked = observe(model, ["work", "earlier", "in_studio"], arrange);
  const turned = () => void reader.read();
  model.on("change:document", turned);
  model.on("change:marked", turned);
  asker.ask("show").catch(failing(root.fail));
  return () => {
    glanced();
    worked();
    model.off("change:document", turned);
    model.off("change:marked", turned);
    asker.close();
    root.close();
  };
}

export default { render };
