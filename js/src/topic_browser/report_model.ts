/** A model without a kernel: traits and answers lie in the page. Requests that were not foreseen get an error. */
import type { Model } from "../lib/model";

export interface StoredAnswer {
  value: unknown;
  /** base64 */
  buffers: string[];
}

export interface Stored<T> {
  traits: T;
  /** Answers by request, such as "documents 3"; see `request_name` in ui/report.py. */
  answers: Record<string, StoredAnswer>;
}

/** Bytes of a base64 text. */
export function bytes(text: string): DataView {
  const raw = atob(text);
  const array = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) array[i] = raw.charCodeAt(i);
  return new DataView(array.buffer);
}

interface Request {
  op: string;
  id: number;
  topics?: number[];
  relevance?: number;
  topic?: number;
  row?: number;
}

export class ReportModel<T extends object> implements Model<T> {
  private readonly callbacks = new Map<string, Set<(...args: never[]) => void>>();

  constructor(private readonly stored: Stored<T>) {}

  get<K extends keyof T>(name: K): T[K] {
    return this.stored.traits[name];
  }

  set<K extends keyof T>(name: K, value: T[K]): void {
    if (this.stored.traits[name] === value) return;
    this.stored.traits[name] = value;
    this.emit(`change:${String(name)}`);
  }

  save_changes(): void {}

  on(name: string, callback: (...args: never[]) => void): void {
    if (!this.callbacks.has(name)) this.callbacks.set(name, new Set());
    this.callbacks.get(name)?.add(callback);
  }

  off(name: string, callback: (...args: never[]) => void): void {
    this.callbacks.get(name)?.delete(callback);
  }

  send(content: object): void {
    const request = content as Request;
    queueMicrotask(() => this.emit("msg:custom", ...this.reply(request)));
  }

  private reply(request: Request): [object, DataView[]] {
    const found = request.op === "clouds" ? this.clouds(request.topics ?? [], request.relevance) : this.stored.answers[this.name(request)];
    if (!found) return [{ reply: request.id, error: "This page does not hold that." }, []];
    return [{ reply: request.id, value: found.value }, found.buffers.map(bytes)];
  }

  private name(request: Request): string {
    return [request.op, request.row, request.topic].filter((part) => part !== undefined).join(" ");
  }

  /** Clouds are stored one by one, and drawn for the λ of the model. */
  private clouds(topics: number[], relevance = 0): StoredAnswer | undefined {
    const own = topics.map((topic) => this.stored.answers[`clouds ${topic}`]);
    if (own.some((one) => !one)) return undefined;
    const joined = own.map((one) => atob(one.buffers[0])).join("");
    const drawn = (this.stored.answers.overview.value as { relevance: number }).relevance;
    const notice = Math.abs(drawn - relevance) < 0.001 ? "" : `Clouds stay as they are for λ = ${drawn.toFixed(2)} in this page; lists follow.`;
    return { value: { words: own.map((one) => one.value), notice }, buffers: [btoa(joined)] };
  }

  private emit(name: string, ...args: unknown[]): void {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) (callback as (...args: unknown[]) => void)(...args);
  }
}
