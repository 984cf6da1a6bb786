/** The topics of a run as they form: stable rows, new words marked, a history of the selected one. Mirrors FormingTopics in run_view.py. */
import { make, setText } from "./lib/dom";
import { observe, store, type Model, type ViewTraits } from "./lib/model";
import { Asker, failing } from "./lib/requests";
import { openRoot, swatch } from "./lib/root";
import { rove, settle } from "./lib/roving";

export interface TopicsTraits extends ViewTraits {
  topic: number | null;
  count: number;
  version: [number, number];
}

/** A topic: words, the epoch since which each is there, NPMI. */
interface TopicRow {
  topic: number;
  words: string[];
  since: number[];
  coherence: number | null;
}

/** A word that went, with the epochs in which it came and went. */
type Gone = [string, number, number];

/** Rows from topic `first` on, by column; the first epoch whose words are new, and what is gone from the chosen topic. */
export interface TopicAnswer {
  first: number;
  words: string[][];
  since: number[][];
  coherence: (number | null)[];
  new: number;
  gone: Gone[];
}

function rowsOf({ first, words, since, coherence }: TopicAnswer): TopicRow[] {
  return words.map((row, i) => ({ topic: first + i, words: row, since: since[i], coherence: coherence[i] }));
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

  /** Show the words, and mark those that came in epoch `newFrom` or later. */
  show({ topic, words, since, coherence }: TopicRow, newFrom: number): void {
    setText(this.coherence, coherence === null ? "" : coherence.toFixed(2));
    words.forEach((text, at) => {
      const word = (this.words.children[at] as HTMLElement) ?? this.words.appendChild(make("span"));
      setText(word, text);
      word.title = came(since[at]);
      word.classList.toggle("ntm-new", since[at] >= newFrom);
    });
    while (this.words.children.length > words.length) this.words.lastElementChild?.remove();
    const fresh = words.filter((_, at) => since[at] >= newFrom);
    this.button.setAttribute("aria-label", `topic ${topic}: ${words.join(", ")}${fresh.length ? `; new: ${fresh.join(", ")}` : ""}`);
  }

  select(chosen: boolean): void {
    this.button.setAttribute("aria-pressed", String(chosen));
  }
}

/** The words of one topic with the epochs in which they came and went. */
function history(row: TopicRow, gone: Gone[]): HTMLElement {
  const box = make("dl", "ntm-forming-history");
  const list = (name: string, words: string[]) => {
    if (!words.length) return;
    box.append(make("dt", "ntm-quiet", name), make("dd", "", words.join(", ")));
  };
  const at = new Map<number, string[]>();
  row.words.forEach((word, i) => at.set(row.since[i], [...(at.get(row.since[i]) ?? []), word]));
  for (const since of [...at.keys()].sort((a, b) => a - b)) list(since === 0 ? "from the start" : `since epoch ${since}`, at.get(since) ?? []);
  list("gone", gone.map(([word, first, last]) => `${word} (epochs ${first} to ${last})`));
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
  let gone: { of: number | null; words: Gone[] } = { of: null, words: [] };
  let asked = false;
  let again = false;
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
    if (row) detail.replaceChildren(swatch(row.topic), history(row, gone.of === topic ? gone.words : []));
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

  /** Ask for what is in sight; what changes meanwhile is asked for after the answer. */
  const refresh = async () => {
    again = asked;
    if (asked || !rows.length) return;
    asked = true;
    const [first, count] = inSight();
    const chosen = model.get("topic");
    try {
      const { value } = await asker.ask<TopicAnswer>("rows", { first, count, chosen });
      for (const row of rowsOf(value)) {
        known.set(row.topic, row);
        rows[row.topic]?.show(row, value.new);
      }
      gone = { of: chosen, words: value.gone };
      root.element.dataset.rows = String(known.size);
      root.element.dataset.epoch = String(model.get("version")[0]);
      showDetail();
    } catch (error) {
      again = false;
      failing(root.fail)(error);
    }
    asked = false;
    if (again) void refresh();
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
    observe(model, ["version", "topic"], () => {
      const at = model.get("version")[0];
      setText(epoch, `words after epoch ${at}; underlined: came lately; at the right: coherence`);
      showDetail();
      void refresh();
    }),
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
