/** The leading words of a topic as bars: how often each occurs, and how often for this topic. */
import { make, setText } from "../lib/dom";
import { aligned, measured, placesFor } from "../lib/format";
import { rove, settle } from "../lib/roving";
import { topicColor } from "../lib/root";
import type { Context } from "./context";

interface Row {
  item: HTMLElement;
  word: HTMLButtonElement;
  total: HTMLElement;
  claimed: HTMLElement;
  count: HTMLElement;
}

export class Bars {
  readonly element = make("div", "tb-bars");
  private readonly list = make("ol");
  private readonly heads = [make("span", "", "word"), make("span"), make("span", "ntm-number")];
  private readonly rows: Row[] = [];

  constructor(private readonly context: Context) {
    const head = make("div", "tb-bar-head ntm-small ntm-quiet");
    head.append(...this.heads);
    this.list.setAttribute("aria-label", "Words of the topic, most relevant first");
    for (let i = 0; i < context.topics.value.shown; i++) this.rows.push(this.makeRow());
    this.element.append(head, this.list);
    this.list.addEventListener("click", (event) => {
      const word = (event.target as Element).closest<HTMLElement>(".tb-bar")?.dataset.word;
      if (word !== undefined) context.pick(Number(word) === context.word ? -1 : Number(word));
    });
    this.list.addEventListener("pointerover", (event) => this.tell(event.target as Element));
    this.list.addEventListener("focusin", (event) => this.tell(event.target as Element));
    for (const name of ["pointerleave", "focusout"]) this.list.addEventListener(name, () => context.tip.hide());
    rove(this.list, ".tb-word");
  }

  private makeRow(): Row {
    const item = this.list.appendChild(make("li", "tb-bar"));
    const word = item.appendChild(make("button", "tb-word"));
    const track = item.appendChild(make("div", "tb-track"));
    const total = track.appendChild(make("div", "tb-total"));
    const claimed = track.appendChild(make("div", "tb-claimed"));
    const count = item.appendChild(make("span", "ntm-number"));
    return { item, word, total, claimed, count };
  }

  private tell(target: Element): void {
    const row = target.closest<HTMLElement>(".tb-bar");
    const { candidate, rank } = row?.dataset ?? {};
    if (!row || candidate === undefined) return this.context.tip.hide();
    const { topics, proof } = this.context;
    const lines = [`rank ${rank}, probability ${measured(1000 * topics.probability(Number(candidate)))} in 1,000`];
    if (proof) {
      const total = proof.totals[topics.words[Number(candidate)]];
      const claimed = proof.claimed[Number(candidate)];
      lines.push(`${measured(claimed)} of ${measured(total)} ${proof.value.unit} claimed`);
    }
    this.context.tip.show(row.querySelector(".tb-track") ?? row, topics.name(Number(candidate)), ...lines);
  }

  /** Show a topic at the present λ; nothing is asked of Python. */
  update(topic: number): void {
    const { topics, proof, relevance, word } = this.context;
    const order = topics.ranked(topic, relevance);
    const shown = [...order.slice(0, this.rows.length)];
    const totals = shown.map((candidate) => (proof ? proof.totals[topics.words[candidate]] : topics.probability(candidate)));
    const claimed = shown.map((candidate) => (proof ? proof.claimed[candidate] : topics.probability(candidate)));
    const most = Math.max(...totals, 1e-12);
    const places = placesFor(Math.max(...claimed) * (proof ? 1 : 1000));
    setText(this.heads[1], !proof ? "probability" : proof.value.unit === "occurrences" ? "in all, for this topic" : "expected, for this topic");
    setText(this.heads[2], !proof ? "in 1,000" : proof.value.unit === "occurrences" ? "claimed" : "in 1,000");
    this.rows.forEach((row, i) => {
      row.item.hidden = i >= shown.length;
      if (row.item.hidden) return;
      const data = row.item.dataset;
      data.candidate = String(shown[i]);
      data.word = String(topics.words[shown[i]]);
      data.rank = String(i + 1);
      setText(row.word, topics.name(shown[i]));
      const looked = topics.words[shown[i]] === word;
      row.word.setAttribute("aria-pressed", String(looked));
      // the colour stands where it is used and nowhere above: what inherits it would be styled anew
      for (const part of looked ? [row.claimed, row.word] : [row.claimed]) part.style.setProperty("--topic", topicColor(topic));
      row.total.style.width = proof ? `${(100 * totals[i]) / most}%` : "0";
      row.claimed.style.width = `${(100 * claimed[i]) / most}%`;
      setText(row.count, aligned(proof ? claimed[i] : 1000 * claimed[i], places));
    });
    settle(this.list, ".tb-bar:not([hidden]) .tb-word");
  }
}
