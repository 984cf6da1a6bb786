/** Where the documents have labels: how much of their words each topic claims. */
import { make } from "../lib/dom";
import { swatch, topicColor } from "../lib/root";
import type { Context } from "./context";
import { percent } from "./data";

/** Share of a topic in the documents of a label. */
function shareOf(context: Context, label: number, topic: number): number {
  return context.proof ? context.proof.byLabel[label * context.topics.count + topic] : NaN;
}

/** Bars of one topic by label, largest first. */
export function labelBars(context: Context, topic: number): HTMLElement {
  const list = make("ol", "tb-label-bars");
  if (!context.proof) return list;
  list.style.setProperty("--topic", topicColor(topic));
  const labels = context.proof.value.labels.map((_, label) => label).filter((label) => Number.isFinite(shareOf(context, label, topic)));
  labels.sort((a, b) => shareOf(context, b, topic) - shareOf(context, a, topic));
  const most = Math.max(...labels.map((label) => shareOf(context, label, topic)), 1e-9);
  for (const label of labels) {
    const item = list.appendChild(make("li"));
    const track = make("div", "tb-track");
    const bar = track.appendChild(make("div", "tb-claimed"));
    bar.style.width = `${(100 * shareOf(context, label, topic)) / most}%`;
    item.append(make("span", "", context.proof.value.labels[label]), track, make("span", "ntm-number", percent(shareOf(context, label, topic))));
  }
  return list;
}

/** Topics in the order of the label where each is strongest, so that the table is nearly diagonal. */
export function diagonal(count: number, labels: number, share: (label: number, topic: number) => number): number[] {
  const best = Array.from({ length: count }, (_, topic) => {
    let at = 0;
    for (let label = 1; label < labels; label++) if ((share(label, topic) || 0) > (share(at, topic) || 0)) at = label;
    return at;
  });
  return [...best.keys()].sort((a, b) => best[a] - best[b] || (share(best[b], b) || 0) - (share(best[a], a) || 0));
}

/** A table of labels by topics; the squares' areas are the shares. */
export class Prevalence {
  readonly element = make("div", "tb-prevalence");
  private side = 22;

  constructor(private readonly context: Context) {
    this.element.addEventListener("click", (event) => {
      const topic = (event.target as Element).closest<HTMLElement>("[data-topic]")?.dataset.topic;
      if (topic !== undefined) context.open(Number(topic));
    });
    this.element.addEventListener("pointerover", (event) => {
      const cell = (event.target as Element).closest<HTMLElement>("td");
      if (!cell) return context.tip.hide();
      context.tip.show(cell, cell.title || (cell.dataset.told ?? ""), cell.dataset.share ?? "");
    });
    this.element.addEventListener("pointerleave", () => context.tip.hide());
  }

  update(): void {
    const { proof, topics } = this.context;
    if (!proof) return this.element.replaceChildren(make("div", "tb-wait ntm-skeleton"));
    const names = proof.value.labels;
    const share = (label: number, topic: number) => shareOf(this.context, label, topic);
    const columns = diagonal(topics.count, names.length, share);
    const wide = this.element.clientWidth - 200;
    this.side = Math.max(22, Math.min(44, Math.floor(wide / topics.count)));
    const table = make("table");
    table.style.setProperty("--cell", `${this.side}px`);
    table.append(make("caption", "ntm-help", "Share of the words of each label's documents that a topic claims: the area of a square."));
    const head = table.createTHead().insertRow();
    head.append(make("th"));
    const open = this.context.model.get("topic");
    for (const topic of columns) {
      const cell = head.appendChild(make("th"));
      const button = cell.appendChild(make("button", "tb-column"));
      button.append(swatch(topic));
      button.dataset.topic = String(topic);
      button.title = this.context.label(topic);
      button.setAttribute("aria-label", `Open topic ${topic}, ${this.context.label(topic)}`);
      if (topic === open) cell.setAttribute("aria-current", "true");
    }
    const most = Math.max(...proof.byLabel.filter((value) => Number.isFinite(value)), 1e-9);
    const body = table.createTBody();
    names.forEach((name, label) => {
      const row = body.insertRow();
      const title = row.appendChild(make("th", "", name));
      title.scope = "row";
      for (const topic of columns) this.cell(row, name, topic, share(label, topic), most);
    });
    this.element.replaceChildren(table);
  }

  private cell(row: HTMLTableRowElement, name: string, topic: number, share: number, most: number): void {
    const cell = row.insertCell();
    cell.dataset.topic = String(topic);
    cell.dataset.told = `${name}, topic ${topic} ${this.context.label(topic)}`;
    cell.dataset.share = Number.isFinite(share) ? `${percent(share)} of the words` : "no documents";
    if (!(share > 0)) return;
    const square = cell.appendChild(make("span", "tb-square"));
    const side = (Math.min(this.side, 30) - 4) * Math.sqrt(share / most);
    square.style.setProperty("--topic", topicColor(topic));
    square.style.width = square.style.height = `${side.toFixed(1)}px`;
    cell.append(make("span", "ntm-said", percent(share)));
  }
}
