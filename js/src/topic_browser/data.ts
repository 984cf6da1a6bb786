/** What the page knows of a model's topics, and how it ranks and searches them by itself; mirrors ui/topic_data.py. */

export interface OverviewValue {
  words: string[];
  /** Part of the distances' variance that the map keeps. */
  agreement: number;
  relevance: number;
  vocabulary: number;
  documents: number;
  /** Why there are no documents to show, or "". */
  without: string;
  /** That the documents were counted again with the model's own words, or "". */
  anew?: string;
  texts: boolean;
  labelled: boolean;
  /** Words of a cloud and of a list. */
  shown: number;
  cloud: [number, number];
  /** Whether words differ in commonness, so that λ changes their order. */
  graded: boolean;
  /** Three tints of the twenty colours, light and dark. */
  tints: [string[], string[]][];
}

export interface ProofValue {
  unit: string;
  labels: string[];
}

/** A word found by a search: its position among the words, and its rank in the topic from 1. */
export interface Hit {
  word: number;
  rank: number;
}

/** What the name of a topic says besides where a search does not find it; it is muted, not hidden. */
export const NOT_FOUND = ", not found by the search";

/** Floats of a buffer; copied, since a view into a message need not be aligned. */
export function floats(view: DataView): Float32Array {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}

export function integers(view: DataView): Uint32Array {
  return new Uint32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer);
}

/** What the documents say; arrays as of `Evidence` in Python. */
export class Proof {
  readonly totals: Float32Array;
  readonly claimed: Float32Array;
  readonly coherence: Float32Array;
  readonly byLabel: Float32Array;
  readonly sizes: Float32Array;

  constructor(readonly value: ProofValue, buffers: DataView[]) {
    [this.totals, this.claimed, this.coherence, this.byLabel, this.sizes] = buffers.map(floats);
  }
}

/** All topics, with their words ranked for any λ. */
export class Topics {
  readonly starts: Uint32Array;
  /** Position in `value.words` of each candidate. */
  readonly words: Uint32Array;
  readonly scores: Float32Array;
  readonly common: Float32Array;
  readonly places: Float32Array;
  readonly shares: Float32Array;
  private readonly ranks = new Map<number, Uint32Array>();
  private relevance = NaN;
  private readonly lower: string[];

  constructor(readonly value: OverviewValue, buffers: DataView[]) {
    [this.starts, this.words] = buffers.slice(0, 2).map(integers);
    [this.scores, this.common, this.places, this.shares] = buffers.slice(2).map(floats);
    this.lower = value.words.map((word) => word.toLowerCase());
  }

  get count(): number {
    return this.starts.length - 1;
  }

  /** Share of the words, or NaN where it is not known. */
  share(topic: number): number {
    return this.shares.length ? this.shares[topic] : NaN;
  }

  /** Candidates of a topic by log p(w|k) − (1 − λ) s, best first. */
  ranked(topic: number, relevance: number): Uint32Array {
    if (relevance !== this.relevance) {
      this.ranks.clear();
      this.relevance = relevance;
    }
    let order = this.ranks.get(topic);
    if (!order) {
      const rest = 1 - relevance;
      const first = this.starts[topic];
      const score = new Float32Array(this.starts[topic + 1] - first);
      order = new Uint32Array(score.length);
      for (let i = 0; i < score.length; i++) {
        score[i] = this.scores[first + i] - rest * this.common[this.words[first + i]];
        order[i] = first + i;
      }
      order.sort((a, b) => score[b - first] - score[a - first] || a - b);
      this.ranks.set(topic, order);
    }
    return order;
  }

  name(candidate: number): string {
    return this.value.words[this.words[candidate]];
  }

  /** The leading words of a topic. */
  leading(topic: number, relevance: number, n: number): string[] {
    return [...this.ranked(topic, relevance).slice(0, n)].map((candidate) => this.name(candidate));
  }

  /** p(w|k) of a candidate. */
  probability(candidate: number): number {
    return Math.exp(this.scores[candidate]);
  }

  /** Position of a word, or −1. */
  find(word: string): number {
    return this.value.words.indexOf(word);
  }

  /** Words of each topic that contain a text and are shown at this λ; topics without one are left out. */
  search(text: string, relevance: number): Map<number, Hit[]> {
    const wanted = text.trim().toLowerCase();
    const found = new Map<number, Hit[]>();
    if (!wanted) return found;
    const matches = this.lower.map((word) => word.includes(wanted));
    for (let topic = 0; topic < this.count; topic++) {
      const order = this.ranked(topic, relevance);
      for (let i = 0; i < Math.min(order.length, this.value.shown); i++) {
        if (!matches[this.words[order[i]]]) continue;
        const hits = found.get(topic) ?? [];
        hits.push({ word: this.words[order[i]], rank: i + 1 });
        found.set(topic, hits);
      }
    }
    return found;
  }

  /** One word in the topics that have it among their candidates: [topic, candidate, rank], best rank first. */
  across(word: number, relevance: number): [number, number, number][] {
    const found: [number, number, number][] = [];
    for (let topic = 0; topic < this.count; topic++) {
      const rank = this.ranked(topic, relevance).findIndex((candidate) => this.words[candidate] === word);
      if (rank >= 0) found.push([topic, this.ranked(topic, relevance)[rank], rank + 1]);
    }
    return found.sort((a, b) => a[2] - b[2] || a[0] - b[0]);
  }
}

export type Sort = "number" | "share" | "coherence" | "label";

/** Topic numbers in the order that is asked for. */
export function sorted(by: Sort, topics: Topics, labels: string[], proof: Proof | null): number[] {
  const order = [...Array(topics.count).keys()];
  const falling = (values: ArrayLike<number>) => (a: number, b: number) => (values[b] || 0) - (values[a] || 0) || a - b;
  if (by === "share") order.sort(falling(topics.shares));
  if (by === "coherence" && proof) order.sort(falling(proof.coherence));
  if (by === "label") order.sort((a, b) => labels[a].localeCompare(labels[b]) || a - b);
  return order;
}

/** "7.2 %", or nothing where the share is not known. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "";
  return `${share >= 0.0995 ? (100 * share).toFixed(0) : (100 * share).toFixed(1)} %`;
}

/** 1 → "1st", 12 → "12th". */
export function ordinal(rank: number): string {
  const tens = rank % 100;
  const endings = ["th", "st", "nd", "rd"];
  return `${rank}${tens > 10 && tens < 14 ? "th" : (endings[rank % 10] ?? "th")}`;
}
