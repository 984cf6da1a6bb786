/** A text, its topics, its words and the documents like it. Mirrors ntm_widgets/ui/query_panel.py. */
import { setText, make } from "./lib/dom";
import { count } from "./lib/format";
import { type Model, observe, store, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot, type Root } from "./lib/root";
import { wayTo } from "./lib/steps";
import { type Column, heavyTopics, type Said, unpack, weight } from "./query/answer";
import { Controls } from "./query/controls";
import { type Drawn, drawColumn } from "./query/results";
import { type Similar, SimilarView } from "./query/similar";
import { spoken, Tooltip } from "./query/tooltip";
import { kindOf } from "./query/words";

export interface Traits extends ViewTraits {
  text: string;
  topic: number | null;
  document: number | null;
  documents: number;
  labels: string[];
  status: string;
  step?: string;
  /** Whether it stands in a studio, where a missing step is a click away. */
  in_studio?: boolean;
  version: number;
  counted: number;
  earlier: number;
}

const MOST_CHARACTERS = 5_000_000;
const WINDOW = 20_000;
const SLOW = 300;
const SILENT = 15_000;
const FIRST: Record<string, string> = {
  documents: "No model yet: first load documents.", words: "No model yet: first count the words.", train: "No model yet: first train one.",
};

export class QueryView {
  private readonly root: Root;
  private readonly asker: Asker<Traits>;
  private readonly controls: Controls;
  private readonly similar: SimilarView;
  private readonly tip: Tooltip;
  private readonly status = make("p");
  private readonly columns = make("div", "ntm-q-columns");
  private readonly stops: (() => void)[];
  private drawn: Drawn[] = [];
  private answers: Column[] = [];
  private upto = WINDOW;
  private all = false;
  /** The topic that was chosen here: one that was chosen in another step of a studio takes no colour from the words. */
  private chosen: number | null = null;
  private asked = 0;
  private timers: number[] = [];

  constructor(private readonly model: Model<Traits>, el: HTMLElement) {
    this.root = openRoot(model, el, "ntm-q");
    this.asker = new Asker(model);
    this.controls = new Controls({
      typed: (text) => this.typed(text),
      picked: (document) => store(model, "document", document),
      back: () => this.act("back"),
      pin: () => this.act("pin"),
      clear: () => this.clear(),
      copy: () => this.copy(),
    });
    this.similar = new SimilarView({
      read: (document) => store(model, "document", document),
      pin: (document) => this.act("pin", { document }),
    });
    this.status.setAttribute("role", "status");
    this.root.element.prepend(this.status, this.controls.element, this.root.error, this.columns, this.similar.element);
    this.tip = new Tooltip(this.root.element);
    this.root.element.addEventListener("keydown", this.pressed);
    Object.assign(this.root.element.dataset, { state: "loading", lmSuppressShortcuts: "true" });
    this.skeleton();
    this.stops = [
      observe(model, ["text", "documents", "document", "earlier"], () => this.showControls()),
      observe(model, ["text"], () => (this.upto = WINDOW)),
      observe(model, ["version"], () => this.read()),
      observe(model, ["status", "step", "in_studio"], () => this.showStatus()),
      observe(model, ["topic"], () => {
        if (model.get("topic") !== this.chosen) this.chosen = null;
        this.emphasise(null);
      }),
      observe(model, ["labels"], () => this.draw()),
      observe(model, ["counted"], () => this.similar.progress(model.get("counted"))),
    ];
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.quiet();
    this.controls.close();
    this.tip.close();
    this.asker.close();
    this.root.element.removeEventListener("keydown", this.pressed);
    this.root.close();
  }

  private typed(text: string): void {
    if (text.length > MOST_CHARACTERS) {
      this.root.fail(`A text of ${count(text.length)} characters is too long: at most ${count(MOST_CHARACTERS)}.`);
      return;
    }
    this.root.fail("");
    if (text !== this.model.get("text")) store(this.model, "text", text);
  }

  private clear(): void {
    this.controls.text.value = "";
    this.typed("");
    this.controls.text.focus();
  }

  private act(op: string, args: object = {}): void {
    this.root.fail("");
    this.asker.ask(op, args).catch((error: Error) => this.failed(error));
  }

  private async copy(): Promise<void> {
    try {
      const { value } = await this.asker.ask<string>("code");
      await navigator.clipboard.writeText(value);
      this.root.say("Copied.");
      this.controls.copied();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  private failed(error: Error): void {
    failing(this.root.fail)(error);
  }

  private showControls(): void {
    this.controls.setText(this.model.get("text"));
    this.controls.setDocuments(this.model.get("documents"), this.model.get("document"), this.model.get("earlier"));
  }

  private showStatus(): void {
    const step = this.model.get("in_studio") ? this.model.get("step") : "";
    setText(this.status, step ? FIRST[step] : this.model.get("status"));
    if (step) this.status.append(" ", wayTo(step, "ntm-primary"));
    this.status.hidden = this.model.get("status") === "";
  }

  /** Ask for the texts on show, when Python says that they changed; only the newest answer is drawn. */
  private read(): void {
    const asked = ++this.asked;
    this.quiet();
    const element = this.root.element;
    this.timers = [
      window.setTimeout(() => (element.dataset.busy = "true"), SLOW),
      window.setTimeout(() => this.root.fail("Python does not answer: a cell is running, or the kernel is gone."), SILENT),
    ];
    this.asker
      .ask<{ columns: Said[] }>("read", { upto: this.upto })
      .then(({ value, buffers }) => {
        if (asked !== this.asked) return;
        this.quiet();
        this.answers = unpack(value.columns, buffers);
        this.root.fail("");
        this.draw();
        this.tell();
        this.findSimilar(asked);
      })
      .catch((error: Error) => {
        if (asked !== this.asked) return;
        this.quiet();
        this.failed(error);
      });
  }

  private quiet(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    delete this.root.element.dataset.busy;
  }

  private findSimilar(asked: number): void {
    this.asker
      .ask<Similar>("similar")
      .then(({ value }) => asked === this.asked && this.similar.show(value))
      .catch(failing((text) => asked === this.asked && this.similar.fail(text)));
  }

  /** The shape of what will stand here. */
  private skeleton(): void {
    const column = make("div", "ntm-q-column");
    for (const width of ["60%", "40%", "30%"]) column.appendChild(make("div", "ntm-skeleton")).style.width = width;
    this.columns.replaceChildren(column);
    this.similar.element.hidden = true;
  }

  private draw(): void {
    if (this.root.element.dataset.state === "loading" && !this.answers.length && !this.model.get("status")) return;
    const labels = this.model.get("labels");
    const topics = heavyTopics(this.answers, this.all);
    const [present] = this.answers;
    this.tip.hide(true);
    this.drawn = this.answers.map((column, number) => {
      const compared = number > 0 && present.state === "read" ? present : null;
      return drawColumn(column, number, topics, labels, compared, this.all, {
        show: (word, byKey) => this.showTip(word, column, byKey),
        hide: () => this.tip.hide(),
        choose: (topic) => this.choose(topic),
        release: () => this.release(),
        point: (topic) => this.emphasise(topic),
        more: () => this.more(),
        all: () => this.toggleAll(),
        remove: (pin) => this.act("unpin", { number: pin }),
        random: this.model.get("documents") ? () => this.controls.random() : null,
      });
    });
    this.columns.dataset.count = String(this.drawn.length);
    this.columns.replaceChildren(...this.drawn.map(({ element }) => element));
    const { dataset } = this.root.element;
    dataset.state = present?.state ?? "none";
    dataset.columns = String(this.drawn.length);
    dataset.characters = String(present?.length ?? 0);
    dataset.drawn = String(Number(dataset.drawn ?? 0) + 1);
    this.emphasise(null);
  }

  private tell(): void {
    const [present] = this.answers;
    if (!present) return;
    const [first] = heavyTopics([present]);
    const label = this.model.get("labels")[first];
    this.root.say(first === undefined ? present.message : `Heaviest topic ${first}, ${label}: ${weight(present.weights[first])}`);
  }

  private more(): void {
    this.upto *= 2;
    this.read();
  }

  private toggleAll(): void {
    this.all = !this.all;
    this.draw();
    this.columns.querySelector<HTMLElement>(".ntm-q-others")?.focus();
  }

  private showTip(word: HTMLElement, column: Column, byKey: boolean): void {
    const labels = this.model.get("labels");
    this.tip.show(word, column, labels);
    if (byKey) this.root.say(spoken(column, kindOf(word), labels));
  }

  /** The selected topic where its words alone are to be marked; in a studio, where it was chosen here. */
  private get lit(): number | null {
    const selected = this.model.get("topic");
    return !this.model.get("in_studio") || selected === this.chosen ? selected : null;
  }

  private choose(topic: number): void {
    this.chosen = topic === this.lit ? null : topic;
    if (this.chosen === this.model.get("topic")) this.emphasise(null); // it was chosen elsewhere before
    else store(this.model, "topic", this.chosen);
  }

  /** Light the words of the topic that is pointed at, else of the one that was chosen where that is among those shown. */
  private emphasise(pointed: number | null): void {
    const [selected, lit] = [this.model.get("topic"), this.lit];
    const has = ({ marked, bars }: Drawn) => marked?.has(lit ?? -1) || bars.some((bar) => bar.dataset.topic === String(lit));
    const shown = this.drawn.some(has) ? lit : null;
    for (const { marked, bars, chip } of this.drawn) {
      chip?.show(shown, this.model.get("labels")[shown ?? -1] ?? "");
      marked?.emphasise(pointed ?? shown);
      for (const bar of bars) bar.setAttribute("aria-pressed", String(bar.dataset.topic === String(selected)));
    }
    this.root.element.dataset.topic = selected === null ? "" : String(selected);
  }

  /** Mark the words of all topics again; the focus goes to the text, since on a bar it would light that topic. */
  private release(): void {
    store(this.model, "topic", null);
    this.controls.text.focus({ preventScroll: true });
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    if (!this.controls.keys.pressed(event) && event.key === "Escape") this.escape(event);
  };

  private escape(event: KeyboardEvent): void {
    if (!this.tip.element.hidden) this.tip.hide(true);
    else if (this.model.get("topic") !== null) store(this.model, "topic", null);
    else return;
    event.stopPropagation();
  }
}

function render({ model, el }: { model: Model<Traits>; el: HTMLElement }): () => void {
  const view = new QueryView(model, el);
  return () => view.close();
}

export default { render };
