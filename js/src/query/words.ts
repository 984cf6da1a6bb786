/** A text with each word marked by the topic that claims it most; arrow keys go from word to word. */
import { make, trimTop } from "../lib/dom";
import { topicColor } from "../lib/root";
import { type Column, STOP, UNKNOWN } from "./answer";

export interface Marked {
  element: HTMLElement;
  /** Whether a topic has words here. */
  has(topic: number): boolean;
  /** Show where the words of a topic are, or no topic in particular. */
  emphasise(topic: number | null): void;
}

export interface Listeners {
  /** A word is pointed at or reached by keys. */
  show(word: HTMLElement, byKey: boolean): void;
  hide(): void;
  choose(topic: number): void;
}

let texts = 0;

/** The term of a marked word, or UNKNOWN or STOP. */
export function kindOf(word: HTMLElement): number {
  return Number(word.dataset.kind);
}

function mark(text: string, kind: number): HTMLElement {
  const word = make("span", kind === STOP ? "ntm-q-stop" : kind === UNKNOWN ? "ntm-q-unknown" : "ntm-q-word", text);
  word.dataset.kind = String(kind);
  return word;
}

/** Fill `element` with the text of `column`; returns the known words by their topic. */
function fill(element: HTMLElement, column: Column, id: string): Map<number, HTMLElement[]> {
  const words = new Map<number, HTMLElement[]>();
  let at = 0;
  let before = -1;
  column.kinds.forEach((kind, i) => {
    const [start, end] = [column.spans[2 * i], column.spans[2 * i + 1]];
    if (start > at) element.append(column.text.slice(at, start));
    const word = mark(column.text.slice(start, end), kind);
    at = end;
    if (kind >= 0) {
      const topic = column.topics[kind * column.width];
      word.id = `${id}-${i}`;
      word.dataset.topic = String(topic);
      word.style.setProperty("--topic", topicColor(topic));
      if (topic !== before) word.dataset.number = String(topic);
      before = topic;
      words.set(topic, [...(words.get(topic) ?? []), word]);
    }
    element.append(word);
  });
  element.append(column.text.slice(at));
  trimTop(element);
  return words;
}

/** The word above or below another: on the next line, nearest in the middle. */
function vertical(words: HTMLElement[], at: number, down: boolean): number {
  const here = words[at].getBoundingClientRect();
  const middle = (here.left + here.right) / 2;
  let line: number | null = null;
  let [best, distance] = [at, Infinity];
  for (let i = at + (down ? 1 : -1); i >= 0 && i < words.length; i += down ? 1 : -1) {
    const box = words[i].getBoundingClientRect();
    if (Math.abs(box.top - here.top) < 4) continue;
    line ??= box.top;
    if (Math.abs(box.top - line) >= 4) break;
    const away = Math.abs((box.left + box.right) / 2 - middle);
    if (away < distance) [best, distance] = [i, away];
  }
  return best;
}

function target(words: HTMLElement[], at: number, key: string): number | undefined {
  if (key === "ArrowRight") return Math.min(at + 1, words.length - 1);
  if (key === "ArrowLeft") return Math.max(at - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return words.length - 1;
  return key === "ArrowDown" || key === "ArrowUp" ? vertical(words, at, key === "ArrowDown") : undefined;
}

/** Let the words be reached by pointer and keys. */
function listen(element: HTMLElement, words: HTMLElement[], heard: Listeners): void {
  let at = 0;
  let pressed = false; // a click focuses the text: then the pointer shows its word, not the keyboard
  const go = (to: number) => {
    words[at]?.classList.remove("is-current");
    at = to;
    words[at].classList.add("is-current");
    element.setAttribute("aria-activedescendant", words[at].id);
    words[at].scrollIntoView({ block: "nearest" });
    heard.show(words[at], true);
  };
  element.addEventListener("pointerdown", () => {
    pressed = true;
  });
  element.addEventListener("focus", () => {
    if (!pressed && words.length) go(at);
    pressed = false;
  });
  element.addEventListener("blur", () => {
    words[at]?.classList.remove("is-current");
    heard.hide();
  });
  element.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !words.length) return;
    const to = target(words, at, event.key);
    if (to !== undefined) go(to);
    else if (event.key === "Enter" || event.key === " ") heard.choose(Number(words[at].dataset.topic));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  element.addEventListener("pointerover", (event) => {
    const word = (event.target as HTMLElement).closest<HTMLElement>("[data-kind]");
    if (word) heard.show(word, false);
    else heard.hide();
  });
  element.addEventListener("pointerleave", () => heard.hide());
  element.addEventListener("click", (event) => {
    const word = (event.target as HTMLElement).closest<HTMLElement>("[data-topic]");
    if (word && !getSelection()?.toString()) heard.choose(Number(word.dataset.topic));
  });
}

export function markWords(column: Column, heard: Listeners): Marked {
  const element = make("div", "ntm-q-text");
  const words = fill(element, column, `ntm-q-${++texts}`);
  element.tabIndex = 0;
  element.dir = "auto";
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", `${column.title}: arrow keys go from word to word`);
  listen(element, [...element.querySelectorAll<HTMLElement>("[data-topic]")], heard);
  let lit: HTMLElement[] = [];
  return {
    element,
    has: (topic) => words.has(topic),
    emphasise: (topic) => {
      for (const word of lit) word.classList.remove("is-lit");
      lit = topic === null ? [] : (words.get(topic) ?? []);
      for (const word of lit) word.classList.add("is-lit");
      element.classList.toggle("is-dimmed", topic !== null);
    },
  };
}
