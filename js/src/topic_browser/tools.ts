/** The line above the topics: what is shown, search, order, λ, and the keys. */
import { make, setText } from "../lib/dom";
import { Keys } from "../lib/keys";
import { store } from "../lib/model";
import { settle, rove } from "../lib/roving";
import type { Context, Traits } from "./context";
import type { Hit, Sort } from "./data";

const PANES: [Traits["pane"], string][] = [["clouds", "Clouds"], ["map", "Map"], ["labels", "Labels"]];
const SORTS: [Sort, string][] = [["number", "number"], ["share", "share of words"], ["coherence", "coherence"], ["label", "label"]];
const KEYS: [string, string][] = [
  ["← → ↑ ↓", "move among topics and words"],
  ["Enter", "open the topic, or look at the word across topics"],
  ["F2", "rename the topic, as a click on its label does"],
  ["/", "search"],
  ["Esc", "close; with nothing open, end the search"],
];

export class Tools {
  readonly element = make("div", "tb-tools");
  private readonly panes = make("div", "tb-panes");
  private readonly search = make("input", "tb-search");
  private readonly found = make("span", "ntm-quiet ntm-small");
  private readonly sort = make("select");
  private readonly slider = make("input", "tb-slider");
  private readonly value = make("output", "ntm-number");
  private readonly lambda = make("label", "tb-lambda");
  private readonly reset = make("button", "ntm-link ntm-small", "reset");
  readonly keys: Keys;
  private readonly sortLabel = make("label", "tb-sort");

  constructor(private readonly context: Context, private readonly actions: { slide(): void; release(): void; choose(pane: Traits["pane"]): void }) {
    const readonly = context.model.get("status").readonly;
    this.keys = new Keys(KEYS.filter(([key]) => !(readonly && key.startsWith("F2"))));
    this.search.type = "search";
    this.search.placeholder = "Find word or label";
    this.search.setAttribute("aria-label", "Find a word or a label");
    this.search.addEventListener("input", () => store(context.model, "search", this.search.value));
    this.sortLabel.append(make("span", "ntm-quiet", "Sort by"), this.sort);
    this.sort.addEventListener("change", () => store(context.model, "sort", this.sort.value as Sort));
    this.makeSlider();
    this.panes.setAttribute("role", "group");
    this.panes.setAttribute("aria-label", "View");
    const searching = make("span", "tb-searching");
    searching.append(this.search, this.found);
    this.element.append(this.panes, searching, this.sortLabel, this.lambda, this.keys.element);
    rove(this.panes, "button");
  }

  private makeSlider(): void {
    const { slider } = this;
    slider.type = "range";
    [slider.min, slider.max, slider.step] = ["0", "1", "0.01"];
    slider.setAttribute("aria-label", "Relevance λ: 0 the words special to a topic, 1 its probable words");
    slider.addEventListener("input", () => {
      this.context.relevance = Number(slider.value);
      this.actions.slide();
    });
    slider.addEventListener("change", () => this.actions.release());
    this.reset.addEventListener("click", () => {
      this.context.relevance = this.context.topics.value.relevance;
      this.actions.slide();
      this.actions.release();
    });
    this.lambda.append(make("span", "ntm-quiet", "Relevance λ"), make("span", "tb-end ntm-quiet ntm-small", "special"), slider, make("span", "tb-end tb-high ntm-quiet ntm-small", "probable"), this.value, this.reset);
  }

  /** Offer what this model has. */
  build(): void {
    const { topics, proof } = this.context;
    const panes = PANES.filter(([pane]) => pane !== "labels" || topics.value.labelled);
    if (this.panes.children.length !== panes.length)
      this.panes.replaceChildren(
        ...panes.map(([pane, name]) => {
          const button = make("button", "", name);
          button.dataset.pane = pane;
          button.addEventListener("click", () => this.actions.choose(pane));
          return button;
        }),
      );
    const sorts = SORTS.filter(([by]) => (by === "share" ? topics.shares.length > 0 : by === "coherence" ? (proof?.coherence.length ?? 0) > 0 : true));
    if (this.sort.options.length !== sorts.length) this.sort.replaceChildren(...sorts.map(([by, name]) => new Option(name, by)));
  }

  update(found: Map<number, Hit[]> | null, pane: string): void {
    const { model, relevance, topics } = this.context;
    for (const button of this.panes.querySelectorAll<HTMLElement>("button")) button.setAttribute("aria-pressed", String(button.dataset.pane === pane));
    settle(this.panes, "button");
    if (this.search.value !== model.get("search")) this.search.value = model.get("search");
    setText(this.found, found ? `${found.size} of ${topics.count} topics` : "");
    this.sort.value = model.get("sort");
    this.sortLabel.hidden = pane !== "clouds";
    // without background frequencies λ changes nothing, and a table of labels shows no words
    this.lambda.hidden = !topics.value.graded || (pane === "labels" && model.get("topic") === null);
    this.slider.value = String(relevance);
    setText(this.value, relevance.toFixed(2));
    this.reset.style.visibility = Math.abs(relevance - topics.value.relevance) > 0.001 ? "visible" : "hidden";
  }

  focusSearch(): void {
    this.search.focus();
    this.search.select();
  }
}
