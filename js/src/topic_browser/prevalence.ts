/** Where the documents have labels: how much of their words each topic claims. */
import { make, setText } from "../lib/dom";
import { count, counted } from "../lib/format";
import { swatch, topicColor } from "../lib/root";
import type { Context } from "./context";
import { type Hit, NOT_FOUND, percent, type Proof } from "./data";

/** Labels that the table shows at first, and with each click more: thousands of rows would halt the page. */
const ROWS = 60;
/** Labels that a topic's bars show. */
const BARS = 30;

/** Share of a topic in the documents of a label. */
function shareOf(context: Context, label: number, topic: number): number {
  return context.proof ? context.proof.byLabel[label * context.topics.count + topic] : NaN;
}

/** Bars of one topic by label, largest first; of many labels the first, and how many more there are. */
export function labelBars(context: Context, topic: number): HTMLElement[] {
  const list = make("ol", "tb-label-bars");
  if (!context.proof) return [list];
  list.style.setProperty("--topic", topicColor(topic));
  const names = context.proof.value.labels;
  const labels = names.map((_, label) => label).filter((label) => Number.isFinite(shareOf(context, label, topic)));
  labels.sort((a, b) => shareOf(context, b, topic) - shareOf(context, a, topic));
  const most = labels.length ? Math.max(shareOf(context, labels[0], topic), 1e-9) : 1;
  for (const label of labels.slice(0, BARS)) {
    const item = list.appendChild(make("li"));
    const track = make("div", "tb-track");
    const bar = track.appendChild(make("div", "tb-claimed"));
    bar.style.width = `${(100 * shareOf(context, label, topic)) / most}%`;
    item.append(make("span", "", names[label]), track, make("span", "ntm-number", percent(shareOf(context, label, topic))));
  }
  const rest = labels.length - BARS;
  return rest > 0 ? [list, make("p", "tb-rest ntm-help", `and ${counted(rest, "label")} more`)] : [list];
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

/** Labels in the order of a table that shows only the first: as they are, or those with most documents first where there are more than it shows. */
export function largest(sizes: ArrayLike<number>, labels: number): number[] {
  const order = [...Array(labels).keys()];
  return labels > ROWS && sizes.length === labels ? order.sort((a, b) => sizes[b] - sizes[a] || a - b) : order;
}

/** A table of labels by topics; the squares' areas are the shares. Built once for the documents: what opens or is searched only changes its marks. */
export class Prevalence {
  readonly element = make("div", "tb-prevalence");
  private readonly line = make("p", "tb-of ntm-help");
  private readonly more = make("button", "tb-more");
  private readonly table = make("table");
  private built: Proof | null = null;
  private order: number[] = [];
  /** Cells of each topic, its head first. */
  private readonly cells = new Map<number, HTMLElement[]>();
  private side = 0;
  private largest = 0;
  private rows = 0;

  constructor(private readonly context: Context) {
    this.line.setAttribute("role", "status");
    this.line.tabIndex = -1;
    this.more.type = "button";
    this.more.addEventListener("click", () => this.showMore());
    this.element.addEventListener("click", (event) => {
      const topic = (event.target as Element).closest<HTMLElement>("[data-topic]")?.dataset.topic;
      if (topic !== undefined) context.open(Number(topic));
    });
    this.element.addEventListener("pointerover", (event) => this.tell((event.target as Element).closest<HTMLElement>("td")));
    this.element.addEventListener("pointerleave", () => context.tip.hide());
  }

  private tell(cell: HTMLElement | null): void {
    const { context, built } = this;
    if (!cell || !built) return context.tip.hide();
    const [label, topic] = [Number(cell.dataset.label), Number(cell.dataset.topic)];
    const share = shareOf(context, label, topic);
    const part = Number.isFinite(share) ? `${percent(share)} of the words` : "no documents";
    context.tip.show(cell, `${built.value.labels[label]}, topic ${topic} ${context.label(topic)}`, part);
  }

  /** Bring the table level with the state; `found` are the topics that a search finds. */
  update(found: Map<number, Hit[]> | null): void {
    const { proof } = this.context;
    if (!proof) return this.element.replaceChildren(make("div", "tb-wait ntm-skeleton"));
    if (proof !== this.built) this.build(proof);
    this.fit();
    this.mark(found);
  }

  private build(proof: Proof): void {
    const { table } = this;
    const { labels } = proof.value;
    const { count: topics } = this.context.topics;
    this.built = proof;
    this.order = largest(proof.sizes ?? [], labels.length);
    this.largest = proof.byLabel.reduce((most, share) => (share > most ? share : most), 1e-9);
    this.rows = 0;
    this.cells.clear();
    // the columns keep their order when more labels are shown
    const first = this.order.slice(0, ROWS);
    const columns = diagonal(topics, first.length, (row, topic) => shareOf(this.context, first[row], topic));
    table.replaceChildren(make("caption", "ntm-help", "Share of the words of each label's documents that a topic claims: the area of a square."));
    const head = table.createTHead().insertRow();
    head.append(make("th"));
    for (const topic of columns) {
      const cell = head.appendChild(make("th"));
      const button = cell.appendChild(make("button", "tb-column"));
      button.append(swatch(topic));
      button.dataset.topic = String(topic);
      this.cells.set(topic, [cell]);
    }
    table.createTBody();
    this.fill();
    this.element.replaceChildren(this.line, table, this.more);
  }

  /** Add the next rows, and say how many there are. */
  private fill(): void {
    const labels = this.order.length;
    for (const label of this.order.slice(this.rows, this.rows + ROWS)) this.row(label);
    this.rows = Math.min(labels, this.rows + ROWS);
    const rest = labels - this.rows;
    const by = (this.built?.sizes ?? []).length === labels ? ", those with most documents first" : "";
    this.line.hidden = labels <= ROWS;
    setText(this.line, `${count(this.rows)} of ${counted(labels, "label")}${by}`);
    this.more.hidden = rest === 0;
    setText(this.more, `Show ${Math.min(ROWS, rest)} more`);
  }

  private row(label: number): void {
    const row = this.table.tBodies[0].insertRow();
    const title = row.appendChild(make("th", "", this.built?.value.labels[label]));
    title.scope = "row";
    for (const [topic, cells] of this.cells) {
      const cell = row.insertCell();
      cell.classList.toggle("tb-missed", cells[0].classList.contains("tb-missed"));
      const share = shareOf(this.context, label, topic);
      cells.push(cell);
      cell.dataset.topic = String(topic);
      cell.dataset.label = String(label);
      if (!(share > 0)) continue;
      const square = cell.appendChild(make("span", "tb-square"));
      square.style.setProperty("--topic", topicColor(topic));
      square.style.setProperty("--part", Math.sqrt(share / this.largest).toFixed(3));
      cell.append(make("span", "ntm-said", percent(share)));
    }
  }

  private showMore(): void {
    this.fill();
    if (this.more.hidden) this.line.focus({ preventScroll: true }); // the button was clicked away
  }

  /** Cells as large as the place allows: squares follow by their style. */
  private fit(): void {
    const side = Math.max(22, Math.min(44, Math.floor((this.element.clientWidth - 200) / this.context.topics.count)));
    if (side === this.side) return;
    this.side = side;
    this.table.style.setProperty("--cell", `${side}px`);
    this.table.style.setProperty("--square", `${Math.min(side, 30) - 4}px`);
  }

  /** Labels of the topics, which one is open, and which a search does not find. */
  private mark(found: Map<number, Hit[]> | null): void {
    const open = this.context.model.get("topic");
    for (const [topic, cells] of this.cells) {
      const [head] = cells;
      const button = head.firstElementChild as HTMLElement;
      const missed = found !== null && !found.has(topic);
      button.title = this.context.label(topic);
      button.setAttribute("aria-label", `Open topic ${topic}, ${this.context.label(topic)}${missed ? NOT_FOUND : ""}`);
      if (topic === open) head.setAttribute("aria-current", "true");
      else head.removeAttribute("aria-current");
      if (head.classList.contains("tb-missed") !== missed) for (const cell of cells) cell.classList.toggle("tb-missed", missed);
    }
  }
}
