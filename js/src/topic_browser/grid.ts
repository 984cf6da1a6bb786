/** The grid of topics: number, label, share and cloud of each. */
import { make, setText } from "../lib/dom";
import { rove, settle } from "../lib/roving";
import { swatch } from "../lib/root";
import { Clouds, drawCloud, tellWord } from "./cloud";
import type { Context } from "./context";
import { type Hit, ordinal, percent } from "./data";

interface Card {
  item: HTMLElement;
  label: HTMLElement;
  cloud: HTMLElement;
  hits: HTMLElement;
  /** Words of it that the search finds; null where nothing is marked. */
  found: Set<string> | null;
  /** λ and label that the picture was drawn for. */
  drawn: string;
  /** Whether the cloud waits for its turn to show again. */
  asleep: boolean;
}

/** Clouds a frame that show again after a search: a hundred words each are laid out, and a key answers within a frame. */
const WOKEN = 2;

export class Grid {
  readonly element = make("ul", "tb-grid");
  private readonly cards: Card[] = [];
  private readonly clouds: Clouds;
  private readonly seen = new Set<number>();
  private readonly watcher: IntersectionObserver | null;
  private order: number[] = [];
  private later = 0;
  private frame = 0;

  constructor(private readonly context: Context, scroller: HTMLElement, private readonly changed: (drawn: number, notice: string) => void) {
    this.clouds = new Clouds(context, (topic) => this.draw(topic));
    this.element.setAttribute("aria-label", "Topics");
    for (let topic = 0; topic < context.topics.count; topic++) this.cards.push(this.makeCard(topic));
    this.watcher =
      typeof IntersectionObserver === "undefined"
        ? null
        : new IntersectionObserver((entries) => this.sighted(entries), { root: scroller, rootMargin: "150px" });
    this.cards.forEach((card, topic) => (this.watcher ? this.watcher.observe(card.item) : this.seen.add(topic)));
    this.listen();
    rove(this.element, ".tb-card:not([hidden]) .tb-open");
  }

  private makeCard(topic: number): Card {
    const item = make("li", "tb-card");
    const head = make("div", "tb-card-head");
    const open = make("button", "tb-open");
    const label = this.context.model.get("status").readonly ? make("span", "tb-label") : make("button", "tb-label");
    label.dir = "auto";
    const cloud = make("div", "tb-cloud");
    const hits = make("p", "tb-hits ntm-small");
    item.dataset.topic = String(topic);
    const [light, dark] = this.context.topics.value.tints[topic % 20];
    light.forEach((tint, i) => item.style.setProperty(`--light-${i}`, tint));
    dark.forEach((tint, i) => item.style.setProperty(`--dark-${i}`, tint));
    open.append(swatch(topic));
    if (label instanceof HTMLButtonElement) label.tabIndex = -1;
    head.append(open, label, make("span", "tb-share ntm-number", percent(this.context.topics.share(topic))));
    cloud.append(make("div", "tb-wait ntm-skeleton"));
    item.append(head, cloud, hits);
    return { item, label, cloud, hits, found: null, drawn: "", asleep: false };
  }

  private topicOf(target: EventTarget | null): number {
    const card = (target as Element | null)?.closest<HTMLElement>(".tb-card");
    return card ? Number(card.dataset.topic) : -1;
  }

  private listen(): void {
    this.element.addEventListener("click", (event) => {
      const target = event.target as Element;
      const topic = this.topicOf(target);
      if (topic < 0 || target.closest("input")) return;
      if (target.closest("button.tb-label")) this.context.rename(topic, this.cards[topic].label);
      else if (window.getSelection()?.isCollapsed !== false) {
        this.context.open(topic);
        if (target.localName === "text") this.context.pick(this.context.topics.find(target.textContent ?? ""));
      }
    });
    this.element.addEventListener("keydown", (event) => {
      const topic = this.topicOf(event.target);
      if (event.key === "F2" && topic >= 0 && !this.context.model.get("status").readonly) this.context.rename(topic, this.cards[topic].label);
    });
    this.element.addEventListener("pointerover", (event) => {
      const target = event.target as Element;
      if (target.localName === "text") tellWord(this.context, target);
      else this.context.tip.hide();
    });
    this.element.addEventListener("pointerleave", () => this.context.tip.hide());
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const topic = this.topicOf(entry.target);
      if (entry.isIntersecting) this.seen.add(topic);
      else this.seen.delete(topic);
    }
    this.bring();
  }

  /** Draw what is in sight; the rest of a model of usual size follows when that is done. */
  private bring(): void {
    const visible = this.cards.map((_, topic) => topic).filter((topic) => this.seen.has(topic));
    visible.forEach((topic) => this.draw(topic));
    this.clouds.want(visible);
    window.clearTimeout(this.later);
    this.later = window.setTimeout(() => {
      if (this.cards.length <= 60 && this.seen.size) this.clouds.want(this.cards.map((_, topic) => topic).filter((topic) => !this.seen.has(topic)));
    }, 400);
  }

  private draw(topic: number): void {
    const card = this.cards[topic];
    const cloud = this.clouds.get(topic);
    const key = `${this.context.model.get("relevance").toFixed(3)} ${this.context.label(topic)}`;
    if (!cloud || card.drawn === key) return;
    card.cloud.replaceChildren(drawCloud(cloud, topic, this.context.label(topic), this.context.topics.value.cloud));
    card.drawn = key;
    if (card.found) this.mark(card);
    this.changed(this.cards.filter((one) => one.drawn).length, this.clouds.notice);
  }

  /** Underline the words that the search finds. */
  private mark(card: Card): void {
    for (const text of card.cloud.querySelectorAll("text")) text.classList.toggle("tb-found", !!card.found?.has(text.textContent ?? ""));
  }

  /** Labels, which topic is open, and another λ. */
  update(): void {
    const open = this.context.model.get("topic");
    this.cards.forEach((card, topic) => {
      const label = this.context.label(topic);
      if (!card.label.hidden) setText(card.label, label);
      if (card.label.title !== label) {
        card.label.title = label;
        card.item.querySelector(".tb-open")?.setAttribute("aria-label", `Open topic ${topic}, ${label}`);
      }
      if (open === topic) card.item.setAttribute("aria-current", "true");
      else card.item.removeAttribute("aria-current");
    });
    this.bring();
  }

  private rest(card: Card, asleep: boolean): void {
    card.asleep = asleep;
    card.cloud.classList.toggle("tb-asleep", asleep);
  }

  /** Clouds of cards that were hidden follow their heads, those in sight first. */
  private wake = (): void => {
    const asleep = this.order.filter((topic) => this.cards[topic].asleep);
    const next = [...asleep.filter((topic) => this.seen.has(topic)), ...asleep.filter((topic) => !this.seen.has(topic))];
    for (const card of next.slice(0, WOKEN).map((topic) => this.cards[topic])) {
      this.rest(card, false);
      this.mark(card);
    }
    this.frame = next.length > WOKEN ? requestAnimationFrame(this.wake) : 0;
  };

  /** Cards in another order; one that moves would lose the focus. */
  private put(cards: HTMLElement[]): void {
    const focused = document.activeElement;
    this.element.replaceChildren(...cards);
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus({ preventScroll: true });
  }

  /** Put the cards in an order, and hide those that are not found; `hits` are the found words of each. */
  arrange(order: number[], hits: Map<number, Hit[]> | null): void {
    const wanted = order.map((topic) => this.cards[topic].item);
    if (wanted.some((item, i) => this.element.children[i] !== item)) this.put(wanted);
    this.order = order;
    this.cards.forEach((card, topic) => {
      const found = hits?.get(topic);
      const hidden = hits !== null && !found;
      if (card.item.hidden && !hidden) this.rest(card, true);
      card.item.hidden = hidden;
      if (!found && !card.found) return;
      card.found = found ? new Set(found.map((hit) => this.context.topics.value.words[hit.word])) : null;
      const listed = (found ?? []).slice(0, 4).map((hit) => `${this.context.topics.value.words[hit.word]} ${ordinal(hit.rank)}`);
      if (!hidden && !card.asleep) this.mark(card);
      setText(card.hits, listed.join(", ") + (found && found.length > 4 ? ` and ${found.length - 4} more` : ""));
    });
    settle(this.element, ".tb-card:not([hidden]) .tb-open");
    this.frame ||= requestAnimationFrame(this.wake);
  }

  /** Bring the focus to a topic's card. */
  focus(topic: number): void {
    const button = this.cards[topic]?.item.querySelector<HTMLElement>(".tb-open");
    button?.focus({ preventScroll: true });
  }

  /** Whether a topic's card is among those that a search leaves. */
  shows(topic: number): boolean {
    return this.cards[topic]?.item.hidden === false;
  }

  /** Show a topic's card without moving the page. */
  reveal(topic: number, scroller: HTMLElement): void {
    if (!this.shows(topic)) return;
    const { item } = this.cards[topic];
    const frame = scroller.getBoundingClientRect();
    const place = item.getBoundingClientRect();
    if (place.top < frame.top) scroller.scrollTop += place.top - frame.top;
    else if (place.bottom > frame.bottom) scroller.scrollTop += place.bottom - frame.bottom;
  }

  close(): void {
    window.clearTimeout(this.later);
    cancelAnimationFrame(this.frame);
    this.watcher?.disconnect();
    this.clouds.close();
  }
}
