/** Requests to Python with answers; mirrors `View` in ntm_widgets/ui/parts.py. */
import type { Model } from "./model";

export interface Answer<V = unknown> {
  value: V;
  buffers: DataView[];
}

/** A newer request took the place of this one before its turn came: nothing to show. */
export class Superseded extends Error {}

/** For the `catch` of a request: tell in one line why it failed, unless nobody waits for its answer any more. */
export function failing(tell: (text: string) => void): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof Superseded)) tell((error as Error).message);
  };
}

/** What Python refused, and in a studio the step where that can be helped. */
export class Refused extends Error {
  constructor(message: string, readonly step = "") {
    super(message);
  }
}

interface Reply {
  reply?: number;
  value?: unknown;
  error?: string;
  step?: string;
  superseded?: boolean;
}

interface Waiting {
  done(answer: Answer): void;
  failed(error: Error): void;
}

/** Numbers of requests and askers begin anywhere, so that two pages of one kernel do not take each other's answers. */
let numbers = Math.floor(Math.random() * 2 ** 40);

/** Asks for one view; answers to other views of the same widget are not taken. */
export class Asker<T> {
  private readonly waiting = new Map<number, Waiting>();
  private readonly asker = ++numbers;
  private closed = false;

  constructor(private readonly model: Model<T>) {
    model.on("msg:custom", this.heard);
  }

  /** Resolves with the answer; rejects with Python's one-line message, or `Superseded`, as everything does after `close`. */
  ask<V>(op: string, args: object = {}, buffers: ArrayBuffer[] = []): Promise<Answer<V>> {
    const id = ++numbers;
    if (this.closed) return Promise.reject(new Superseded("closed"));
    return new Promise((done, failed) => {
      this.waiting.set(id, { done: done as Waiting["done"], failed });
      try {
        this.model.send({ op, id, asker: this.asker, ...args }, undefined, buffers);
      } catch (error) {
        console.warn(error);
        this.waiting.delete(id);
        failed(new Error("Python does not answer: its kernel has ended, or the connection to it is lost."));
      }
    });
  }

  /** Stop listening; what is still waiting is superseded. */
  close(): void {
    this.closed = true;
    this.model.off("msg:custom", this.heard);
    for (const one of this.waiting.values()) one.failed(new Superseded("closed"));
    this.waiting.clear();
  }

  private readonly heard = (content: Reply, buffers: DataView[] = []): void => {
    const one = content.reply === undefined ? undefined : this.waiting.get(content.reply);
    if (!one || content.reply === undefined) return;
    this.waiting.delete(content.reply);
    if (content.superseded) one.failed(new Superseded("superseded"));
    else if (content.error !== undefined) one.failed(new Refused(content.error, content.step));
    else one.done({ value: content.value, buffers });
  };
}
