/** Word clouds: asked for when they come into sight, a few at a time, and drawn as SVG text. */
import { failing } from "../lib/requests";
import { measured } from "../lib/format";
import { svg } from "../lib/svg";
import type { Context } from "./context";
import { floats, ordinal } from "./data";

const COLUMNS = 7;
const AT_ONCE = 6;

/** A cloud as Python laid it out: seven numbers for each word, see `COLUMNS` in ui/clouds.py. */
export interface Cloud {
  words: string[];
  places: Float32Array;
}

/** The picture of a cloud; a word knows its rank and probability. */
export function drawCloud(cloud: Cloud, topic: number, label: string, size: [number, number]): SVGSVGElement {
  const picture = svg("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, class: "tb-cloud-svg", role: "img" });
  const ranked = cloud.words.map((word, i) => [cloud.places[i * COLUMNS + 5], word] as const).sort((a, b) => a[0] - b[0]);
  picture.setAttribute("aria-label", `Word cloud of topic ${topic}, ${label}: ${ranked.map((pair) => pair[1]).join(", ")}`);
  cloud.words.forEach((word, i) => {
    const [x, y, high, length, tint, rank, chance] = cloud.places.subarray(i * COLUMNS, (i + 1) * COLUMNS);
    const text = svg("text", { x, y, "font-size": high, textLength: length.toFixed(1), lengthAdjust: "spacingAndGlyphs", class: `tb-t${tint}` });
    text.textContent = word;
    text.dataset.rank = String(rank);
    text.dataset.chance = String(chance);
    picture.append(text);
  });
  return picture;
}

/** Tell about the word under the pointer. */
export function tellWord(context: Context, target: Element): void {
  const { rank, chance } = (target as SVGElement).dataset;
  const per = 1000 * Number(chance);
  context.tip.show(target, target.textContent ?? "", `${ordinal(Number(rank))} word of the topic`, `probability ${measured(per)} in 1,000`);
}

/** Gets clouds for whoever wants them; one request at a time, the newest wishes first. */
export class Clouds {
  private readonly kept = new Map<string, Cloud>();
  private wanted: number[] = [];
  private busy = false;
  private closed = false;
  notice = "";

  constructor(private readonly context: Context, private readonly arrived: (topic: number) => void) {}

  private key(topic: number): string {
    return `${topic} ${this.context.model.get("relevance").toFixed(3)}`;
  }

  get(topic: number): Cloud | undefined {
    return this.kept.get(this.key(topic));
  }

  /** Have the clouds of some topics brought, before those that were wanted earlier. */
  want(topics: number[]): void {
    const missing = topics.filter((topic) => !this.get(topic));
    this.wanted = [...missing, ...this.wanted.filter((topic) => !missing.includes(topic))];
    if (!this.busy) void this.bring();
  }

  forget(): void {
    this.kept.clear();
    this.wanted = [];
  }

  close(): void {
    this.closed = true;
  }

  private async bring(): Promise<void> {
    this.busy = true;
    while (!this.closed && this.wanted.length) {
      const topics = this.wanted.filter((topic) => !this.get(topic)).slice(0, AT_ONCE);
      this.wanted = this.wanted.filter((topic) => !topics.includes(topic) && !this.get(topic));
      if (!topics.length) break;
      const relevance = this.context.model.get("relevance");
      const keys = topics.map((topic) => this.key(topic));
      try {
        const answer = await this.context.asker.ask<{ words: string[][]; notice: string }>("clouds", { topics, relevance });
        this.keep(keys, answer.value.words, answer.buffers[0]);
        this.notice = answer.value.notice;
        topics.forEach(this.arrived);
      } catch (error) {
        if (this.context.model.get("status").state === "ready") failing(this.context.root.fail)(error);
        break;
      }
    }
    this.busy = false;
  }

  private keep(keys: string[], words: string[][], buffer: DataView): void {
    const places = floats(buffer);
    let first = 0;
    words.forEach((own, i) => {
      this.kept.set(keys[i], { words: own, places: places.subarray(first, first + own.length * COLUMNS) });
      first += own.length * COLUMNS;
    });
  }
}
