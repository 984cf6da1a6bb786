/** A small box beside a word: who claims it. */
import { make } from "../lib/dom";
import { swatch } from "../lib/root";
import { type Column, claimsOf, percent, STOP, UNKNOWN } from "./answer";
import { kindOf } from "./words";

const ABSENT: Record<number, string> = { [UNKNOWN]: "not in the vocabulary", [STOP]: "stop word, left out" };

/** The same as the box shows, for a screen reader. */
export function spoken(column: Column, kind: number, labels: string[]): string {
  const claims = claimsOf(column, kind).map(({ topic, claim }) => `topic ${topic}, ${labels[topic]}: ${percent(claim)}`);
  return `${column.terms[kind]}: ${claims.join("; ")}`;
}

export class Tooltip {
  readonly element = make("div", "ntm-q-tip");
  private timer = 0;

  constructor(private readonly root: HTMLElement) {
    this.element.setAttribute("role", "tooltip");
    this.element.hidden = true;
    this.element.addEventListener("pointerenter", () => clearTimeout(this.timer));
    this.element.addEventListener("pointerleave", () => this.hide());
    root.append(this.element);
  }

  show(word: HTMLElement, column: Column, labels: string[]): void {
    clearTimeout(this.timer);
    const kind = kindOf(word);
    const head = make("p", "ntm-q-tip-word", kind >= 0 ? column.terms[kind] : (word.textContent ?? ""));
    if (kind < 0) this.element.replaceChildren(head, make("p", "ntm-quiet", ABSENT[kind]));
    else this.element.replaceChildren(head, this.claims(column, kind, labels));
    this.element.hidden = false;
    this.place(word);
  }

  /** After a moment, so that the pointer can move into the box; at once with `now`. */
  hide(now = false): void {
    clearTimeout(this.timer);
    const hide = () => {
      this.element.hidden = true;
    };
    if (now) hide();
    else this.timer = window.setTimeout(hide, 120);
  }

  close(): void {
    clearTimeout(this.timer);
    this.element.remove();
  }

  private claims(column: Column, kind: number, labels: string[]): HTMLElement {
    const list = make("ol");
    for (const { topic, claim } of claimsOf(column, kind)) {
      const line = list.appendChild(make("li"));
      line.append(swatch(topic), make("span", "ntm-q-label", labels[topic] ?? ""), make("span", "ntm-number", percent(claim)));
    }
    return list;
  }

  private place(word: HTMLElement): void {
    const box = word.getClientRects()[0] ?? word.getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.max(0, Math.min(box.left - frame.left, frame.width - width));
    const below = box.bottom - frame.top + 2;
    const fits = (below + height <= frame.height && box.bottom + height + 2 <= innerHeight) || box.top - frame.top < height;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${fits ? below : box.top - frame.top - height - 2}px`;
  }
}
