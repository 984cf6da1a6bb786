/** One topic: its words, its documents, its labels, and one word across the topics. */
import { make, setText } from "../lib/dom";
import { swatch } from "../lib/root";
import { rove, settle } from "../lib/roving";
import { Bars } from "./bars";
import type { Context } from "./context";
import { ordinal, percent } from "./data";
import { Documents } from "./documents";
import { labelBars } from "./prevalence";

type Tab = "words" | "documents" | "labels";

let numbers = 0;

function button(className: string, text: string, name: string): HTMLButtonElement {
  const made = make("button", className, text);
  made.setAttribute("aria-label", name);
  made.title = name;
  return made;
}

export class Detail {
  readonly element = make("section", "tb-detail");
  private readonly head = make("div", "tb-detail-head");
  private readonly mark = make("span", "ntm-swatch");
  private readonly label: HTMLElement;
  private readonly share = make("span", "ntm-number ntm-quiet");
  private readonly percent = this.share.appendChild(make("span"));
  private readonly ofWords = this.share.appendChild(make("span", "tb-of-words"));
  private readonly tabs = make("div", "tb-tabs");
  private readonly panel = make("div", "tb-panel");
  private readonly strip = make("div", "tb-across");
  private readonly bars: Bars;
  private readonly documents: Documents;
  private readonly id = `ntm-topic-${++numbers}`;
  private tab: Tab = "words";
  private topic = -1;
  /** Whether the panel stands elsewhere than at its top: to ask it would lay out the page. */
  private scrolled = false;

  constructor(private readonly context: Context) {
    this.bars = new Bars(context);
    this.documents = new Documents(context);
    const readonly = context.model.get("status").readonly;
    this.label = readonly ? make("h3", "tb-label") : make("button", "tb-label");
    this.label.dir = "auto";
    const previous = button("tb-step", "‹", "Previous topic");
    const next = button("tb-step", "›", "Next topic");
    const close = button("tb-step", "×", "Close the topic (Esc)");
    this.head.append(this.mark, this.label, this.share, previous, next, close);
    previous.addEventListener("click", () => this.step(-1));
    next.addEventListener("click", () => this.step(1));
    close.addEventListener("click", () => context.open(null));
    if (!readonly) this.label.addEventListener("click", () => context.rename(this.topic, this.label));
    this.makeTabs();
    this.strip.addEventListener("click", (event) => this.clickedStrip(event.target as Element));
    this.panel.id = `${this.id}-panel`;
    this.panel.setAttribute("role", "tabpanel");
    this.panel.addEventListener("scroll", () => (this.scrolled = true));
    this.element.append(this.head, this.tabs, this.panel);
    this.element.hidden = true;
  }

  private makeTabs(): void {
    this.tabs.setAttribute("role", "tablist");
    const names: [Tab, string][] = [["words", "Words"], ["documents", "Documents"]];
    if (this.context.topics.value.labelled) names.push(["labels", "Labels"]);
    for (const [tab, name] of names) {
      const made = this.tabs.appendChild(make("button", "tb-tab", name));
      made.setAttribute("role", "tab");
      made.id = `${this.id}-${tab}`;
      made.dataset.tab = tab;
      made.setAttribute("aria-controls", `${this.id}-panel`);
      made.addEventListener("click", () => this.choose(tab));
      made.addEventListener("focus", () => this.choose(tab));
    }
    rove(this.tabs, ".tb-tab");
  }

  private choose(tab: Tab): void {
    if (tab === this.tab) return;
    this.tab = tab;
    this.update();
  }

  private step(by: number): void {
    const count = this.context.topics.count;
    this.context.open((this.topic + by + count) % count);
  }

  private clickedStrip(target: Element): void {
    const topic = target.closest<HTMLElement>("[data-topic]")?.dataset.topic;
    if (target.closest(".tb-forget")) this.context.pick(-1);
    else if (topic !== undefined) this.context.open(Number(topic));
  }

  /** Show the topic that is open at the present λ, or nothing. */
  update(): void {
    const topic = this.context.model.get("topic");
    this.element.hidden = topic === null;
    if (topic === null) {
      this.topic = -1;
      return;
    }
    const other = topic !== this.topic;
    this.topic = topic;
    // what is there is changed, not replaced: an element that is put into the page has all of it laid out
    swatch(topic, this.mark);
    if (!this.label.hidden) setText(this.label, this.context.label(topic));
    this.label.title = this.context.model.get("status").readonly ? "" : "Click to rename";
    this.element.setAttribute("aria-label", `Topic ${topic}, ${this.context.label(topic)}`);
    const share = percent(this.context.topics.share(topic));
    setText(this.percent, share);
    setText(this.ofWords, share && " of words");
    for (const tab of this.tabs.querySelectorAll<HTMLElement>(".tb-tab")) {
      const chosen = tab.dataset.tab === this.tab;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    settle(this.tabs, ".tb-tab");
    this.panel.setAttribute("aria-labelledby", `${this.id}-${this.tab}`);
    this.fill(topic, other);
  }

  private fill(topic: number, other: boolean): void {
    if (this.tab === "words") {
      this.bars.update(topic);
      this.across();
      this.put(this.strip, this.bars.element);
    } else if (this.tab === "documents") {
      void this.documents.update(topic);
      this.put(this.documents.element);
    } else {
      this.put(...labelBars(this.context, topic), make("p", "ntm-help", "Share of the words of each label's documents that this topic claims."));
    }
    if (other && this.scrolled) this.panel.scrollTop = 0;
    if (other) this.scrolled = false;
  }

  private put(...parts: HTMLElement[]): void {
    if (parts.some((part, i) => this.panel.children[i] !== part) || this.panel.children.length !== parts.length) this.panel.replaceChildren(...parts);
  }

  /** The word that is looked at, in every topic that has it among its leading words. */
  private across(): void {
    const { word, topics, proof, relevance } = this.context;
    this.strip.hidden = word < 0;
    if (word < 0) return;
    const found = topics.across(word, relevance).slice(0, 8);
    const title = make("p", "tb-across-title");
    const forget = button("tb-forget ntm-link", "clear", "Stop looking at this word");
    title.append(make("b", "", topics.value.words[word]), make("span", "ntm-quiet", " across topics"), forget);
    const list = make("ul");
    for (const [topic, candidate, rank] of found) {
      const item = list.appendChild(make("li"));
      const go = item.appendChild(make("button", "tb-go"));
      go.dataset.topic = String(topic);
      const part = proof ? percent(proof.claimed[candidate] / proof.totals[word]) : "";
      const name = make("span", "tb-go-label", this.context.label(topic));
      name.dir = "auto";
      go.append(swatch(topic), name, make("span", "ntm-number ntm-quiet", ordinal(rank)), make("span", "ntm-number", part));
      go.title = part ? `claims ${part} of its occurrences` : "";
    }
    this.strip.replaceChildren(title, list);
    if (found.length < 2) this.strip.append(make("p", "ntm-help", "No other topic has it among its leading words."));
  }

  focus(): void {
    this.tabs.querySelector<HTMLElement>('[aria-selected="true"]')?.focus({ preventScroll: true });
  }
}
