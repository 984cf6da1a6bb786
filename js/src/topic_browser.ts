/** Topics of a model to look at. Mirrors ntm_widgets/ui/topic_browser.py; the parts are in topic_browser/. */
import { make, setText } from "./lib/dom";
import { type Model, observe, store } from "./lib/model";
import { Asker, failing, Superseded } from "./lib/requests";
import { openRoot } from "./lib/root";
import { wayTo } from "./lib/steps";
import type { Context, Traits } from "./topic_browser/context";
import { type OverviewValue, Proof, type ProofValue, type Sort, Topics, sorted } from "./topic_browser/data";
import { Detail } from "./topic_browser/detail";
import { Grid } from "./topic_browser/grid";
import { TopicMap } from "./topic_browser/map";
import { Prevalence } from "./topic_browser/prevalence";
import { editLabel } from "./topic_browser/rename";
import { Tip } from "./topic_browser/tip";
import { Tools } from "./topic_browser/tools";

let typefaces = 0;

class Browser {
  private readonly root;
  private readonly asker: Asker<Traits>;
  private readonly main = make("div", "tb-main");
  private readonly body = make("div", "tb-body");
  private readonly now = make("p", "tb-now");
  private readonly foot = make("p", "tb-foot ntm-help");
  /** What stands where a search finds nothing. */
  private readonly none = make("div", "tb-empty");
  private readonly without = make("p");
  private readonly context: Context;
  private readonly tools: Tools;
  private parts: { grid: Grid; map: TopicMap; labels: Prevalence; detail: Detail } | null = null;
  private frame = 0;
  /** Whether the open topic is to be painted, too. */
  private another = true;
  private revision = -1;
  /** λ that Python has: the slider may be ahead of it. */
  private told = NaN;
  /** Topic whose card may take the focus after the next paint. */
  private focusAfter: number | null = null;
  private face: FontFace | null = null;
  /** Topic whose card was brought into sight. */
  private shown: number | null = null;
  /** Whether a search was on at the last paint of the clouds: cards move when it ends. */
  private searched = false;
  private readonly unobserve: (() => void)[] = [];

  constructor(private readonly model: Model<Traits>, el: HTMLElement) {
    this.root = openRoot(model, el, "ntm-topics");
    this.asker = new Asker(model);
    this.context = {
      model, root: this.root, asker: this.asker, tip: new Tip(this.root.element),
      topics: new Topics({ words: [] } as unknown as OverviewValue, [0, 0, 0, 0, 0, 0].map(() => new DataView(new ArrayBuffer(0)))),
      proof: null, relevance: model.get("relevance"), word: -1,
      label: (topic) => model.get("labels")[topic] ?? `topic ${topic}`,
      open: (topic) => this.open(topic),
      pick: (word) => this.pick(word),
      rename: (topic, button) => this.rename(topic, button),
    };
    this.tools = new Tools(this.context, {
      slide: () => this.paint(true),
      release: () => store(model, "relevance", this.context.relevance),
      choose: (pane) => this.choose(pane),
    });
    const clear = make("button", "", "Clear the search");
    clear.type = "button";
    clear.addEventListener("click", () => {
      store(model, "search", "");
      this.tools.focusSearch();
    });
    this.now.setAttribute("role", "status");
    this.none.append(this.without, clear);
    this.root.element.append(this.now, this.tools.element, this.body, this.foot);
    this.body.append(this.main);
    this.root.element.addEventListener("keydown", this.key);
    this.unobserve.push(
      observe(model, ["revision", "status", "in_studio"], () => void this.load()),
      observe(model, ["topic", "relevance", "labels"], () => this.traits()),
      observe(model, ["search", "sort", "pane"], () => this.paint()),
    );
  }

  private readonly key = (event: KeyboardEvent): void => {
    if (this.tools.keys.pressed(event)) return;
    const typing = (event.target as Element).matches("input, select, textarea");
    if (event.key === "Escape") {
      if (typing && this.model.get("search")) store(this.model, "search", "");
      else if (this.context.word >= 0) this.pick(-1);
      else if (this.model.get("topic") !== null) this.open(null);
      else if (this.model.get("search")) store(this.model, "search", "");
      else return;
      event.stopPropagation();
    } else if (!typing && event.key === "/") {
      event.preventDefault();
      this.tools.focusSearch();
    }
  };

  /** Another model, or none. */
  private async load(): Promise<void> {
    const status = this.model.get("status");
    const revision = this.model.get("revision");
    const { element } = this.root;
    setText(this.now, status.state === "ready" ? status.message : "");
    if (status.state !== "ready") {
      this.root.fail("");
      this.dismantle();
      this.revision = -1;
      element.dataset.state = status.state;
      this.tools.element.hidden = true;
      this.main.replaceChildren(this.waiting(status));
      return;
    }
    if (revision === this.revision) return;
    this.revision = revision;
    this.dismantle();
    element.dataset.state = "loading";
    this.tools.element.hidden = false;
    this.main.replaceChildren(this.skeleton());
    try {
      const answer = await this.asker.ask<OverviewValue>("overview");
      if (revision !== this.model.get("revision")) return;
      this.context.topics = new Topics(answer.value, answer.buffers);
      this.build();
      element.dataset.state = "ready";
      void this.loadTypeface();
      void this.loadProof(revision);
    } catch (error) {
      if (error instanceof Superseded || revision !== this.model.get("revision") || this.model.get("status").state !== "ready") return;
      element.dataset.state = "failed";
      this.main.replaceChildren(make("p", "ntm-error", (error as Error).message));
    }
  }

  private waiting({ message, offer, step, inside }: Traits["status"]): HTMLElement {
    const box = make("div", "tb-empty");
    const studio = this.model.get("in_studio") && step;
    box.append(make("p", "", (studio && inside) || message));
    if (studio) box.append(wayTo(studio, "ntm-primary"));
    else if (offer === "train") {
      const button = box.appendChild(make("button", "ntm-primary", "Train a model"));
      button.addEventListener("click", () => {
        button.disabled = true;
        this.asker.ask("train").catch(failing(this.root.fail));
      });
    }
    return box;
  }

  private skeleton(): HTMLElement {
    const list = make("ul", "tb-grid");
    for (const label of this.model.get("labels").slice(0, 60)) {
      const item = list.appendChild(make("li", "tb-card"));
      const head = item.appendChild(make("div", "tb-card-head"));
      head.append(make("span", "tb-label ntm-quiet", label));
      item.appendChild(make("div", "tb-cloud")).append(make("div", "tb-wait ntm-skeleton"));
    }
    return list;
  }

  private build(): void {
    const { context } = this;
    context.proof = null;
    context.relevance = this.told = this.model.get("relevance");
    const grid = new Grid(context, this.main, (drawn, notice) => {
      this.root.element.dataset.clouds = String(drawn);
      setText(this.foot, notice);
    });
    this.parts = { grid, map: new TopicMap(context), labels: new Prevalence(context), detail: new Detail(context) };
    this.body.append(this.parts.detail.element);
    this.root.element.style.setProperty("--tb-height", context.topics.count > 10 ? "872px" : "540px");
    this.tools.build();
    this.shown = null;
    this.traits();
  }

  private dismantle(): void {
    if (!this.parts) return;
    this.parts.grid.close();
    this.parts.map.close();
    this.parts.detail.element.remove();
    this.parts = null;
    delete this.root.element.dataset.clouds;
    delete this.root.element.dataset.proof;
  }

  private async loadTypeface(): Promise<void> {
    if (typeof FontFace === "undefined") return;
    try {
      const answer = await this.asker.ask("typeface");
      const view = answer.buffers[0];
      const family = `ntm-cloud-${++typefaces}`;
      const face = new FontFace(family, view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
      await face.load();
      this.dropTypeface();
      (document.fonts as unknown as { add(face: FontFace): void }).add(face);
      this.face = face;
      this.root.element.style.setProperty("--cloud-font", family);
    } catch (error) {
      failing((text) => setText(this.foot, `The clouds' font did not load: ${text}`))(error);
    }
  }

  private dropTypeface(): void {
    if (this.face) (document.fonts as unknown as { delete(face: FontFace): void }).delete(this.face);
    this.face = null;
  }

  private async loadProof(revision: number): Promise<void> {
    try {
      const answer = await this.asker.ask<ProofValue>("proof");
      if (revision !== this.model.get("revision")) return;
      this.context.proof = new Proof(answer.value, answer.buffers);
      this.root.element.dataset.proof = "ready";
      this.tools.build();
      this.traits();
    } catch (error) {
      const gone = revision !== this.model.get("revision") || this.model.get("status").state !== "ready";
      if (!gone) failing(this.root.fail)(error);
    }
  }

  /** A trait changed, here or in Python. */
  private traits(): void {
    if (!this.parts) return;
    if (this.model.get("topic") === null) this.context.word = -1;
    const relevance = this.model.get("relevance");
    if (relevance !== this.told) this.context.relevance = this.told = relevance;
    this.paint(true);
  }

  /** Show a pane; where it is narrow, an open topic stands in its place and gives way. */
  private choose(pane: Traits["pane"]): void {
    const covered = this.model.get("topic") !== null && this.main.getClientRects().length === 0;
    store(this.model, "pane", pane);
    if (covered) this.open(null);
  }

  private open(topic: number | null): void {
    const before = this.model.get("topic");
    if (topic === before) return;
    store(this.model, "topic", topic);
    this.focusAfter = topic ?? before;
    this.root.say(topic === null ? "Topic closed" : `Topic ${topic}, ${this.context.label(topic)}`);
  }

  private pick(word: number): void {
    this.context.word = word;
    this.paint(true);
  }

  private rename(topic: number, button: HTMLElement): void {
    editLabel(button, this.context.label(topic), (label) => {
      if (label) setText(button, label);
      this.root.fail("");
      this.asker.ask("rename", { topic, label }).catch((error: Error) => {
        setText(button, this.context.label(topic));
        failing(this.root.fail)(error);
      });
    });
  }

  /** Bring the page level with the state, once a frame; the open topic only where it is `another`, or shown otherwise. */
  private paint(another = false): void {
    this.another ||= another;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.update();
    });
  }

  private update(): void {
    if (!this.parts) return;
    const { model, context, parts } = this;
    const topic = model.get("topic");
    const pane = model.get("pane") === "labels" && !context.topics.value.labelled ? "clouds" : model.get("pane");
    const found = this.find();
    const views = { clouds: [this.none, parts.grid.element], map: [parts.map.element], labels: [parts.labels.element] };
    if (views[pane].some((view, i) => this.main.children[i] !== view) || this.main.children.length !== views[pane].length) this.main.replaceChildren(...views[pane]);
    this.none.hidden = found?.size !== 0;
    setText(this.without, `No topic has a word or label with “${model.get("search").trim().slice(0, 60)}”.`);
    this.root.element.dataset.topic = topic === null ? "" : String(topic);
    this.root.element.dataset.pane = pane;
    this.root.element.dataset.relevance = context.relevance.toFixed(2);
    this.body.dataset.open = String(topic !== null);
    if (this.another) parts.detail.update();
    this.another = false;
    this.tools.update(found, pane);
    if (pane === "clouds") {
      parts.grid.arrange(sorted(model.get("sort") as Sort, context.topics, model.get("labels"), context.proof), found);
      parts.grid.update();
    } else if (pane === "map") parts.map.update(found);
    else parts.labels.update(found);
    // from here on places are asked for: the page is laid out once, with all that has changed
    if (pane === "clouds") this.sight(topic, found !== null);
    this.keepFocus(topic);
  }

  /** Bring the open topic's card into sight where another one opens or a search ends; one that a search hides waits for that. */
  private sight(topic: number | null, searching: boolean): void {
    const moved = topic !== this.shown || (this.searched && !searching);
    this.searched = searching;
    this.shown = topic !== null && this.parts?.grid.shows(topic) ? topic : null;
    if (moved && this.shown !== null) this.reveal(this.shown);
  }

  /** Bring a topic's card into sight and keep it there for some frames: cards that come into sight take their true height one after the other. */
  private reveal(topic: number, frames = 8): void {
    if (!this.parts || this.model.get("topic") !== topic) return;
    this.parts.grid.reveal(topic, this.main);
    if (frames) requestAnimationFrame(() => this.reveal(topic, frames - 1));
  }

  /** What was clicked may be no button, or be hidden by what it opened: the focus stays in the view all the same. */
  private keepFocus(topic: number | null): void {
    if (this.focusAfter === null || !this.parts) return;
    const at = document.activeElement as HTMLElement | null;
    const lost = !at || !this.root.element.contains(at) || at.getClientRects().length === 0;
    if (lost && this.main.getClientRects().length === 0 && topic !== null) this.parts.detail.focus();
    else if (lost) this.parts.grid.focus(this.focusAfter);
    this.focusAfter = null;
  }

  /** Topics that the search finds, with the words found; null without a search. */
  private find(): ReturnType<Topics["search"]> | null {
    const text = this.model.get("search").trim().toLowerCase();
    if (!text) return null;
    const found = this.context.topics.search(text, this.context.relevance);
    this.model.get("labels").forEach((label, topic) => {
      if (label.toLowerCase().includes(text) && !found.has(topic)) found.set(topic, []);
    });
    return found;
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    for (const stop of this.unobserve) stop();
    this.root.element.removeEventListener("keydown", this.key);
    this.dismantle();
    this.dropTypeface();
    this.asker.close();
    this.root.close();
  }
}

export function render({ model, el }: { model: Model<Traits>; el: HTMLElement }): () => void {
  const browser = new Browser(model, el);
  return () => browser.close();
}

export default { render };
