/** The documents most like the text. */
import { make, setText } from "../lib/dom";
import { count } from "../lib/format";

export interface Similar {
  rows: { document: number; id: string; label: string; similarity: number; text: string }[];
  how: string;
  among: number;
}

export interface Choices {
  read(document: number): void;
  pin(document: number): void;
}

function row(one: Similar["rows"][number], choices: Choices): HTMLElement {
  const line = make("li");
  const read = make("button", "ntm-link", `Document ${one.document}`);
  const pin = make("button", "ntm-link ntm-small", "Compare");
  read.type = pin.type = "button";
  read.title = one.id;
  pin.setAttribute("aria-label", `Compare with document ${one.document}`);
  read.addEventListener("click", () => choices.read(one.document));
  pin.addEventListener("click", () => choices.pin(one.document));
  const text = make("p", "ntm-q-snippet", one.text);
  text.dir = "auto";
  line.append(make("span", "ntm-number", one.similarity.toFixed(2)), read, make("span", "ntm-q-label ntm-quiet", one.label), pin, text);
  return line;
}

export class SimilarView {
  readonly element = make("section", "ntm-q-similar");
  private readonly note = make("span", "ntm-quiet ntm-small");
  private readonly list = make("ol");
  private readonly bar = make("div", "ntm-bar");
  private readonly filled = this.bar.appendChild(make("div"));

  constructor(private readonly choices: Choices) {
    const head = make("div", "ntm-q-head");
    head.append(make("h4", "", "Similar documents"), this.note);
    this.element.setAttribute("aria-label", "Similar documents");
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", "documents read");
    this.bar.hidden = true;
    this.element.append(head, this.bar, this.list);
  }

  show(similar: Similar): void {
    this.element.hidden = similar.among === 0;
    this.element.dataset.rows = String(similar.rows.length);
    setText(this.note, `${similar.how}, among ${count(similar.among)}`);
    this.list.replaceChildren(...similar.rows.map((one) => row(one, this.choices)));
  }

  /** Part of the documents that is ready, from 0 to 1. */
  progress(part: number): void {
    this.bar.hidden = part >= 1;
    if (part >= 1) return;
    this.filled.style.transform = `scaleX(${part})`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(100 * part)));
    setText(this.note, `reading the documents once, ${Math.round(100 * part)} %`);
  }

  fail(message: string): void {
    setText(this.note, message);
    this.list.replaceChildren();
  }
}
