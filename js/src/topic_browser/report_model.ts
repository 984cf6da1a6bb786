/** A model without a kernel: traits and answers lie in the page. Requests that were not foreseen get an error. */
import { LocalModel } from "../lib/local_model";

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

export class ReportModel<T extends object> extends LocalModel<T> {
  constructor(private readonly stored: Stored<T>) {
    super(stored.traits);
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
}
