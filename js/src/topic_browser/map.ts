/** The intertopic map: near topics use the same words, areas are shares of the words. */
import { make } from "../lib/dom";
import { topicColor } from "../lib/root";
import { rove } from "../lib/roving";
import { svg } from "../lib/svg";
import type { Context } from "./context";
import { type Hit, NOT_FOUND, percent } from "./data";

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Whether a circle reaches into a box. */
export function covers([x, y]: [number, number], radius: number, box: Box): boolean {
  const [across, up] = [Math.max(box.left, Math.min(x, box.right)) - x, Math.max(box.top, Math.min(y, box.bottom)) - y];
  return across * across + up * up < radius * radius;
}

/** A free place for a text of this size near a point, nearest first; null if there is none within `reach`. */
export function freePlace(x: number, y: number, wide: number, high: number, taken: Box[], frame: Box, reach: number): Box | null {
  for (let away = 0; away <= reach; away += 4) {
    for (let turn = 0; turn < (away ? 12 : 1); turn++) {
      const angle = (turn * Math.PI) / 6 - Math.PI / 2;
      const left = x + away * Math.cos(angle) * 1.3 - wide / 2;
      const top = y + away * Math.sin(angle) - high / 2;
      const box = { left, top, right: left + wide, bottom: top + high };
      const inside = left >= frame.left && top >= frame.top && box.right <= frame.right && box.bottom <= frame.bottom;
      if (inside && !taken.some((other) => overlap(box, other))) return box;
    }
  }
  return null;
}

/** Smallest and largest place along an axis. */
function range(places: Float32Array, axis: number): [number, number] {
  const values = places.filter((_, i) => i % 2 === axis);
  return [Math.min(...values), Math.max(...values)];
}

/** Whether the axes change places, so that the longer one lies along a frame. */
export function flipped(places: Float32Array, wide: number, high: number): boolean {
  const [[left, right], [bottom, top]] = [range(places, 0), range(places, 1)];
  return top - bottom > right - left !== high > wide;
}

/** Pixels of the places in a frame: one scale for both directions, since distances mean something. */
export function fitted(places: Float32Array, wide: number, high: number, margin: number, flip: boolean): [number, number][] {
  const count = places.length / 2;
  const [across, up] = flip ? [1, 0] : [0, 1];
  const [[left, right], [bottom, top]] = [range(places, across), range(places, up)];
  const scale = Math.min((wide - 2 * margin) / Math.max(right - left, 1e-6), (high - 2 * margin) / Math.max(top - bottom, 1e-6));
  return Array.from({ length: count }, (_, k) => [
    wide / 2 + (places[2 * k + across] - (left + right) / 2) * scale,
    high / 2 - (places[2 * k + up] - (bottom + top) / 2) * scale,
  ]);
}

export class TopicMap {
  readonly element = make("div", "tb-map");
  private readonly frame = make("div", "tb-map-frame");
  private readonly caption = make("p", "ntm-help");
  private readonly resized = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => this.update());
  private drawn = "";
  /** Topics that a search finds; null without a search. */
  private found: Map<number, Hit[]> | null = null;
  /** Decided once, so that the map does not turn when a topic opens beside it. */
  private flip: boolean | undefined;

  constructor(private readonly context: Context) {
    this.element.append(this.frame, this.caption);
    this.frame.addEventListener("click", (event) => this.act(event.target));
    this.frame.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      this.act(event.target);
    });
    for (const name of ["pointerover", "focusin"]) this.frame.addEventListener(name, (event) => this.tell(event.target as Element));
    for (const name of ["pointerleave", "focusout"]) this.frame.addEventListener(name, () => this.context.tip.hide());
    this.resized?.observe(this.frame);
  }

  private topicOf(target: EventTarget | null): number {
    const node = (target as Element | null)?.closest<SVGElement>(".tb-node");
    return node ? Number(node.dataset.topic) : -1;
  }

  private act(target: EventTarget | null): void {
    const topic = this.topicOf(target);
    if (topic >= 0) this.context.open(topic);
  }

  private tell(target: Element): void {
    const topic = this.topicOf(target);
    const node = target.closest(".tb-node");
    if (topic < 0 || !node) return this.context.tip.hide();
    const words = this.context.topics.leading(topic, this.context.relevance, 8).join(", ");
    const weight = this.weights()[topic];
    const share = this.context.word < 0 ? `${percent(weight)} of the words` : `${percent(weight)} of “${this.context.topics.value.words[this.context.word]}”`;
    this.context.tip.show(node.querySelector("circle") ?? node, `${topic} ${this.context.label(topic)}`, words, Number.isFinite(weight) ? share : "");
  }

  /** What the areas show: shares of all words, or of the occurrences of one. */
  private weights(): number[] {
    const { topics, proof, word } = this.context;
    const all = Array.from({ length: topics.count }, (_, k) => topics.share(k));
    if (word < 0 || !proof) return all;
    const claimed = new Array<number>(topics.count).fill(0);
    for (const [topic, candidate] of topics.across(word, this.context.relevance)) claimed[topic] = proof.claimed[candidate] / proof.totals[word];
    return claimed;
  }

  update(found = this.found): void {
    this.found = found;
    const wide = this.frame.clientWidth;
    const high = this.frame.clientHeight;
    if (!wide || !high) return;
    const open = this.context.model.get("topic");
    const state = [wide, high, open, this.context.word, this.context.proof !== null, this.context.model.get("labels").join("\n")].join(" ");
    if (state !== this.drawn) {
      this.drawn = state;
      const focused = this.topicOf(document.activeElement);
      this.draw(wide, high, open);
      this.caption.textContent = this.words();
      if (focused >= 0 && this.frame.contains(document.activeElement) === false) this.frame.querySelector<SVGElement>(`.tb-node[data-topic="${focused}"]`)?.focus();
    }
    this.mute();
  }

  /** Mute what a search does not find: circles, numbers and labels stay where they are. */
  private mute(): void {
    for (const part of this.frame.querySelectorAll<SVGElement>("[data-topic]")) {
      const topic = Number(part.dataset.topic);
      const missed = this.found !== null && !this.found.has(topic);
      part.classList.toggle("tb-missed", missed);
      if (part.matches(".tb-node")) part.setAttribute("aria-label", this.name(topic) + (missed ? NOT_FOUND : ""));
    }
  }

  private name(topic: number): string {
    const share = percent(this.context.topics.share(topic));
    return `Topic ${topic}, ${this.context.label(topic)}${share ? `, ${share} of the words` : ""}`;
  }

  private words(): string {
    const { topics, word } = this.context;
    const area = word < 0 ? "the share of the words" : `the part of “${topics.value.words[word]}” that a topic claims`;
    const agreement = topics.value.agreement.toFixed(2);
    return `Near topics use the same words. Two dimensions cannot keep all Jensen–Shannon distances: their order on the map has rank correlation ${agreement} with the true one (1 is perfect). A circle's area is ${area}.`;
  }

  private draw(wide: number, high: number, open: number | null): void {
    const { topics } = this.context;
    const weights = this.weights().map((weight) => (Number.isFinite(weight) ? weight : 1 / topics.count));
    const area = this.context.word < 0 ? 0.1 * wide * high : 0.02 * Math.min(wide, high) ** 2;
    const radii = weights.map((weight) => Math.max(2, Math.sqrt((Math.max(weight, 0) * area) / Math.PI)));
    this.flip ??= flipped(topics.places, wide, high);
    const margin = Math.min(Math.max(56, Math.max(...radii) + 4), wide / 3, high / 3); // a circle at the edge stays whole
    const points = fitted(topics.places, wide, high, margin, this.flip);
    const picture = svg("svg", { width: wide, height: high, role: "group", "aria-label": "Map of topics" });
    const order = [...points.keys()].sort((a, b) => radii[b] - radii[a]);
    const nodes = order.map((topic) => this.node(topic, points[topic], radii[topic], open === topic));
    picture.append(...nodes, ...this.texts(order, points, radii, { left: 0, top: 0, right: wide, bottom: high }));
    this.frame.replaceChildren(picture);
    const byNumber = [...nodes].sort((a, b) => Number(a.dataset.topic) - Number(b.dataset.topic));
    for (const node of byNumber) node.tabIndex = -1;
    (open === null ? byNumber[0] : byNumber[open]).tabIndex = 0;
    rove(this.frame, ".tb-node");
  }

  private node(topic: number, [x, y]: [number, number], radius: number, open: boolean): SVGGElement {
    const node = svg("g", { class: "tb-node", role: "button", "data-topic": topic });
    node.setAttribute("aria-pressed", String(open));
    node.style.setProperty("--topic", topicColor(topic));
    node.append(svg("circle", { cx: x, cy: y, r: radius }));
    return node;
  }

  /** Numbers and, where there is room, labels; neither touches another. */
  private texts(order: number[], points: [number, number][], radii: number[], frame: Box): SVGElement[] {
    const taken: Box[] = [];
    const made: SVGElement[] = [];
    for (const topic of order) {
      const [x, y] = points[topic];
      const number = String(topic);
      const box = freePlace(x, y, 7.5 * number.length + 4, 15, taken, frame, 60);
      if (!box) continue;
      taken.push(box);
      const [cx, cy] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      if (Math.hypot(cx - x, cy - y) > radii[topic] + 4) made.push(svg("line", { x1: x, y1: y, x2: cx, y2: cy, class: "tb-lead", "data-topic": topic }));
      const text = svg("text", { x: cx, y: box.bottom - 3.5, class: "tb-number", "text-anchor": "middle", "data-topic": topic });
      text.textContent = number;
      made.push(text);
    }
    for (const topic of order) made.push(...this.labelText(topic, points[topic], radii, points, taken, frame));
    return made;
  }

  private labelText(topic: number, [x, y]: [number, number], radii: number[], points: [number, number][], taken: Box[], frame: Box): SVGElement[] {
    const label = this.context.label(topic);
    const words = label.length > 26 ? `${label.slice(0, 25)}…` : label;
    const wide = 6.4 * words.length + 6;
    for (const [cx, cy] of [[x, y + radii[topic] + 9], [x, y - radii[topic] - 9], [x + radii[topic] + 4 + wide / 2, y], [x - radii[topic] - 4 - wide / 2, y]]) {
      const box = freePlace(cx, cy, wide, 15, taken, frame, 0);
      if (!box || points.some((point, k) => covers(point, radii[k], box))) continue;
      taken.push(box);
      const text = svg("text", { x: cx, y: box.bottom - 3.5, class: "tb-name", "text-anchor": "middle", "data-topic": topic });
      text.textContent = words;
      return [text];
    }
    return [];
  }

  close(): void {
    this.resized?.disconnect();
  }
}
