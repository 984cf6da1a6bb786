/** The topics of a run as they form: stable rows, new words marked, a history of the selected one. Mirrors FormingTopics in run_view.py. */
import { make, setText } from "./lib/dom";
import { observe, store, type Model, type ViewTraits } from "./lib/model";
import { Asker, Superseded } from "./lib/requests";
import { openRoot, swatch } from "./lib/root";
import { rove, settle } from "./lib/roving";

export interface TopicsTraits extends ViewTraits {
  topic: number | null;
  count: number;
  version: [number, number];
}

/** A topic: words with the epoch each came in and whether that is recent, words that went, NPMI. */
export interface TopicRow {
  topic: number;
  words: [string, number, boolean][];
  gone: [string, number, number][];
  coherence: number | null;
}

/** Rows to ask for at once; the rest follows when they are scrolled to. */
const PAGE = 40;

function came(epoch: number): string {
  return epoch === 0 ? "there from the start" : `since epoch ${epoch}`;
}

class Row {
  readonly button = make("button", "ntm-forming-row");
  private readonly words = make("span", "ntm-forming-words");
  private readonly coherence = make("span", "ntm-forming-npmi ntm-quiet");

  constructor(readonly topic: number) {
    this.button.type = "button";
    this.button.dataset.topic = String(topic);
    this.button.append(swatch(topic), this.words, this.coherence);
  }

  show(row: TopicRow): void {
    setText(this.coherence, row.coherence === null ? "" : row.coherence.toFixed(2));
    row.words.forEach(([text, since, recent], at) => {
      const word = (this.words.children[at] as HTMLElement) ?? this.words.appendChild(make("span"));
      setText(word, text);
      word.title = came(since);
      if (recent !== word.classList.contains("ntm-new")) word.classList.toggle("ntm-new", recent);
    });
    while (this.words.children.length > row.words.length) this.words.lastElementChild?.remove();
    const fresh = row.words.filter(([, , recent]) => recent).map(([text]) => text);
    const names = row.words.map(([text]) => text).join(", ");
    this.button.setAttribute("aria-label", `topic ${row.topic}: ${names}${fresh.length ? `; new: ${fresh.join(", ")}` : ""}`);
  }

  select(chosen: boolean): void {
    this.button.setAttribute("aria-pressed", String(chosen));
  }
}

/** The words of one topic with the epochs in which they came and went. */
function history(row: TopicRow): HTMLElement {
  const box = make("dl", "ntm-forming-history");
  const list = (name: string, words: string[]) => {
    if (!words.length) return;
    box.append(make("dt", "ntm-quiet", name), make("dd", "", words.join(", ")));
  };
  const at = new Map<number, string[]>();
  for (const [word, since] of row.words) at.set(since, [...(at.get(since) ?? []), word]);
  for (const since of [...at.keys()].sort((a, b) => a - b)) list(since === 0 ? "from the start" : `since epoch ${since}`, at.get(since) ?? []);
  list("gone", row.gone.map(([word, first, last]) => `${word} (epochs ${first} to ${last})`));
  return box;
}

function render({ model, el }: { model: Model<TopicsTraits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-forming");
  const asker = new Asker(model);
  const head = make("div", "ntm-forming-head");
  const epoch = make("span", "ntm-quiet ntm-small");
  const grid = make("div", "ntm-forming-grid");
  const detail = make("div", "ntm-forming-detail");
  const known = new Map<number, TopicRow>();
  let rows: Row[] = [];
  let asked = false;
  head.append(make("h4", "", "Topics forming"), epoch);
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", "topics");
  root.element.append(head, grid, detail);

  const choose = (topic: number | null) => store(model, "topic", topic);
  grid.addEventListener("click", (event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>(".ntm-forming-row");
    if (!row) return;
    const topic = Number(row.dataset.topic);
    choose(model.get("topic") === topic ? null : topic);
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && model.get("topic") !== null) choose(null);
  });
  rove(grid, ".ntm-forming-row");

  const showDetail = () => {
    const topic = model.get("topic");
    const row = topic === null ? undefined : known.get(topic);
    rows.forEach((one) => one.select(one.topic === topic));
    detail.hidden = !row;
    if (row) detail.replaceChildren(swatch(row.topic), history(row));
  };

  /** Numbers of the rows in sight: the first and how many. */
  const inSight = (): [number, number] => {
    if (rows.length <= PAGE) return [0, rows.length];
    const view = grid.getBoundingClientRect();
    const seen = rows.filter(({ button }) => {
      const box = button.getBoundingClientRect();
      return box.bottom >= view.top && box.top <= view.bottom;
    });
    return seen.length ? [seen[0].topic, Math.min(100, seen[seen.length - 1].topic - seen[0].topic + 1)] : [0, PAGE];
  };

  const refresh = async () => {
    if (asked || !rows.length) return;
    asked = true;
    const before = model.get("version")[1];
    const [first, count] = inSight();
    try {
      const { value } = await asker.ask<TopicRow[]>("rows", { first, count });
      for (const row of value) {
        known.set(row.topic, row);
        rows[row.topic]?.show(row);
      }
      root.element.dataset.rows = String(known.size);
      root.element.dataset.epoch = String(model.get("version")[0]);
      showDetail();
      asked = false;
      if (model.get("version")[1] !== before) void refresh();
    } catch (error) {
      asked = false;
      if (!(error instanceof Superseded)) root.fail((error as Error).message);
    }
  };

  const unobserve = [
    observe(model, ["count"], () => {
      rows = Array.from({ length: model.get("count") }, (_, topic) => new Row(topic));
      known.clear();
      grid.replaceChildren(...rows.map((row) => row.button));
      settle(grid, ".ntm-forming-row");
      root.element.hidden = !rows.length;
      showDetail();
    }),
    observe(model, ["version"], () => {
      const at = model.get("version")[0];
      setText(epoch, `words after epoch ${at}; underlined: came lately; at the right: coherence`);
      void refresh();
    }),
    observe(model, ["topic"], showDetail),
  ];
  let soon = 0;
  const scrolled = () => {
    window.clearTimeout(soon);
    soon = window.setTimeout(() => void refresh(), 100);
  };
  grid.addEventListener("scroll", scrolled);
  return () => {
    window.clearTimeout(soon);
    unobserve.forEach((stop) => stop());
    asker.close();
    root.close();
  };
}

export default { render };
