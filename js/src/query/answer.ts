/** What Python says of a text, with its arrays unpacked; mirrors `packed` in ntm_widgets/ui/query_reading.py. */

/** Spans that are no known word: not in the vocabulary, and left out by the vectoriser. */
export const UNKNOWN = -1;
export const STOP = -2;

export interface Said {
  title: string;
  state: "read" | "unknown" | "empty";
  message: string;
  text: string;
  length: number;
  rest: number;
  words: number;
  known: number;
  terms: string[];
}

export interface Column extends Said {
  /** Topic weights, one for each topic. */
  weights: Float32Array;
  /** First and last offset of each span, one after the other, in UTF-16 units. */
  spans: Uint32Array;
  /** Number of each span's term, or UNKNOWN or STOP. */
  kinds: Int32Array;
  /** For each term the topics that claim it most, and how much, `width` of them. */
  topics: Int16Array;
  claims: Float32Array;
  width: number;
}

/** The bytes of a view, at an address that any typed array can begin at. */
function bytes(view: DataView): ArrayBuffer {
  return (view.buffer as ArrayBuffer).slice(view.byteOffset, view.byteOffset + view.byteLength);
}

/** Put dicts and arrays together, five arrays for each text. */
export function unpack(said: Said[], buffers: DataView[]): Column[] {
  return said.map((one, i) => {
    const [weights, spans, kinds, topics, claims] = buffers.slice(5 * i, 5 * i + 5).map(bytes);
    const winners = new Int16Array(topics);
    return {
      ...one,
      weights: new Float32Array(weights),
      spans: new Uint32Array(spans),
      kinds: new Int32Array(kinds),
      topics: winners,
      claims: new Float32Array(claims),
      width: one.terms.length ? winners.length / one.terms.length : 0,
    };
  });
}

/** The topics that claim a term, largest claim first. */
export function claimsOf(column: Column, term: number): { topic: number; claim: number }[] {
  const from = term * column.width;
  return Array.from({ length: column.width }, (_, i) => ({ topic: column.topics[from + i], claim: column.claims[from + i] }));
}

const LEAST = 0.015;
const MOST = 8;

/** The topics that have at least two percent, rounded: eight at most, the heaviest at least. */
function heaviest(weights: Float32Array): number[] {
  const order = Array.from(weights, (_, k) => k).sort((a, b) => weights[b] - weights[a] || a - b);
  return order.slice(0, MOST).filter((k, place) => place === 0 || weights[k] >= LEAST);
}

/** The topics worth a bar in any of the texts, or all; heaviest first. */
export function heavyTopics(columns: Column[], all = false): number[] {
  const read = columns.filter((column) => column.state === "read");
  if (!read.length) return [];
  const most = Array.from(read[0].weights, (_, k) => Math.max(...read.map((column) => column.weights[k])));
  const chosen = all ? most.map((_, k) => k) : [...new Set(read.flatMap((column) => heaviest(column.weights)))];
  return chosen.sort((a, b) => most[b] - most[a] || a - b);
}

/** A weight from 0 to 1 with two decimals; less than a hundredth is said so. */
export function weight(value: number): string {
  return value < 0.005 ? "< 0.01" : value.toFixed(2);
}

/** A claim as whole percent; less than one is said so. */
export function percent(value: number): string {
  return value > 0 && value < 0.005 ? "< 1 %" : `${Math.round(100 * value)} %`;
}
