/** One text's column: its title, the bars of its topics, and its words. */
import { make } from "../lib/dom";
import { count } from "../lib/format";
import { swatch, topicColor } from "../lib/root";
import { type Column, weight } from "./answer";
import { type Listeners, markWords, type Marked } from "./words";

export interface Heard extends Listeners {
  /** Let the selected topic go. */
  release(): void;
  /** A topic is pointed at or focused; null when it is left. */
  point(topic: number | null): void;
  more(): void;
  all(): void;
  remove(number: number): void;
  /** Read a document that chance chooses; null where there are none. */
  random: (() => void) | null;
}

export interface Drawn {
  element: HTMLElement;
  marked: Marked | null;
  bars: HTMLElement[];
  /** Says that the words of one topic are shown, and lets it go; in the first column only. */
  chip: Chip | null;
}

/** "12 of 20 words known", and what is not shown of a long text. */
export function summary(column: Column): string {
  const words = `${count(column.known)} of ${count(column.words)} words known`;
  return column.state === "empty" ? "" : words;
}

function bar(topic: number, label: string, column: Column, present: Column | null, heard: Heard): HTMLElement {
  const value = column.weights[topic];
  const button = make("button", "ntm-q-bar");
  button.type = "button";
  button.dataset.topic = String(topic);
  button.style.setProperty("--topic", topicColor(topic));
  const track = make("span", "ntm-q-track");
  const filled = track.appendChild(make("span", "ntm-q-fill"));
  filled.style.width = `${100 * value}%`;
  if (present) {
    const tick = track.appendChild(make("span", "ntm-q-tick"));
    tick.style.left = `${100 * present.weights[topic]}%`;
  }
  const name = make("span", "ntm-q-label", label);
  name.title = label;
  name.dir = "auto";
  button.append(swatch(topic), name);
  if (present) button.append(make("span", "ntm-number ntm-quiet ntm-small", difference(value - present.weights[topic])));
  button.append(make("span", "ntm-number ntm-q-weight", weight(value)), track);
  button.addEventListener("click", () => heard.choose(topic));
  for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => heard.point(topic));
  for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => heard.point(null));
  return button;
}

/** How much more or less than the present text: "+0.20", "−0.05", and nothing for less than a hundredth. */
export function difference(value: number): string {
  if (Math.abs(value) < 0.005) return "";
  return `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(2)}`;
}

function barList(topics: number[], labels: string[], column: Column, present: Column | null, all: boolean, heard: Heard) {
  const box = make("div", "ntm-q-bars");
  const head = box.appendChild(make("p", "ntm-q-barhead ntm-small ntm-quiet"));
  head.append(make("span", "", "topic"), make("span", "", present ? "difference" : ""), make("span", "", "topic weight"));
  const list = box.appendChild(make("ol"));
  list.setAttribute("aria-label", `Topic weights of ${column.title}`);
  const bars = topics.map((topic) => {
    const one = bar(topic, labels[topic] ?? "", column, present, heard);
    list.appendChild(make("li")).append(one);
    return one;
  });
  const others = column.weights.length - topics.length;
  if (others > 0 || all) {
    const rest = Math.max(0, 1 - topics.reduce((sum, k) => sum + column.weights[k], 0));
    const text = all ? "Only the heaviest" : `${others} other${others === 1 ? "" : "s"}`;
    const button = make("button", "ntm-q-others ntm-quiet");
    button.type = "button";
    button.append(make("span", "ntm-q-label", text), make("span", "ntm-number ntm-q-weight", all ? "" : weight(rest)));
    button.setAttribute("aria-expanded", String(all));
    button.addEventListener("click", () => heard.all());
    list.appendChild(make("li")).append(button);
  }
  return { box, bars };
}

/** A button "showing topic 2 ×" in the topic's colour; hidden while all topics are shown. */
export class Chip {
  readonly element = make("button", "ntm-q-chip ntm-small");

  constructor(release: () => void) {
    this.element.type = "button";
    this.element.hidden = true;
    this.element.addEventListener("click", release);
  }

  show(topic: number | null, label: string): void {
    this.element.hidden = topic === null;
    if (topic === null || this.element.dataset.topic === String(topic)) return;
    this.element.dataset.topic = String(topic);
    this.element.style.setProperty("--topic", topicColor(topic));
    const cross = make("span", "", "×");
    cross.setAttribute("aria-hidden", "true");
    this.element.replaceChildren(make("span", "ntm-swatch", `showing topic ${topic}`), cross);
    this.element.title = `Only the words of topic ${topic}, ${label}, are marked: click to mark those of all topics`;
    this.element.setAttribute("aria-label", `showing topic ${topic}, ${label}: show all topics`);
  }
}

function heading(column: Column, number: number, chip: Chip | null, heard: Heard): HTMLElement {
  const head = make("div", "ntm-q-head");
  const title = make("h4", "", column.title);
  title.title = column.title;
  title.dir = "auto";
  head.append(title, make("span", "ntm-quiet ntm-small", summary(column)));
  if (chip) head.append(chip.element);
  if (number > 0) {
    const remove = make("button", "ntm-link ntm-small", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${column.title}`);
    remove.addEventListener("click", () => heard.remove(number - 1));
    head.append(remove);
  }
  return head;
}

function remainder(column: Column, heard: Heard): HTMLElement[] {
  if (!column.rest) return [];
  const shown = count(column.length - column.rest);
  const line = make("p", "ntm-small ntm-quiet", `Weights are of the whole text; the first ${shown} characters are shown. `);
  const more = line.appendChild(make("button", "ntm-link", "Show more"));
  more.type = "button";
  more.addEventListener("click", () => heard.more());
  return [line];
}

/** The one button of an empty panel. */
function withRandom(element: HTMLElement, heard: Heard): HTMLElement {
  if (!heard.random) return element;
  const button = make("button", "ntm-primary", "Read a random document");
  button.type = "button";
  button.addEventListener("click", heard.random);
  element.append(button);
  return element;
}

/** Draw a column; `present` is the text that a pinned one is compared with. */
export function drawColumn(
  column: Column, number: number, topics: number[], labels: string[], present: Column | null, all: boolean, heard: Heard,
): Drawn {
  const element = make("section", "ntm-q-column");
  element.dataset.state = column.state;
  element.setAttribute("aria-label", column.title);
  const chip = number === 0 ? new Chip(heard.release) : null;
  element.append(heading(column, number, chip, heard));
  if (column.state !== "read") {
    element.append(make("p", "ntm-q-message", column.message));
    if (column.state === "empty") return { element: withRandom(element, heard), marked: null, bars: [], chip };
  }
  const read = column.state === "read";
  const { box, bars } = barList(read ? topics : [], labels, column, present, all, heard);
  const body = make("div", "ntm-q-body");
  const marked = markWords(column, heard);
  const reading = make("div", "ntm-q-reading");
  reading.append(marked.element, ...remainder(column, heard));
  body.append(...(read ? [box] : []), reading);
  element.append(body);
  return { element, marked, bars, chip };
}
