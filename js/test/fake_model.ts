/** An anywidget model without a kernel: traits, and messages that a test reads and answers. */
import type { Model } from "../src/lib/model";

export class FakeModel<T extends object> implements Model<T> {
  readonly sent: Record<string, unknown>[] = [];
  saved = 0;
  private readonly callbacks = new Map<string, Set<(...args: never[]) => void>>();

  constructor(private readonly traits: T) {}

  get<K extends keyof T>(name: K): T[K] {
    return this.traits[name];
  }

  set<K extends keyof T>(name: K, value: T[K]): void {
    this.traits[name] = value;
    this.emit(`change:${String(name)}`);
  }

  save_changes(): void {
    this.saved += 1;
  }

  on(name: string, callback: (...args: never[]) => void): void {
    if (!this.callbacks.has(name)) this.callbacks.set(name, new Set());
    this.callbacks.get(name)?.add(callback);
  }

  off(name: string, callback: (...args: never[]) => void): void {
    this.callbacks.get(name)?.delete(callback);
  }

  send(content: object): void {
    this.sent.push(content as Record<string, unknown>);
  }

  emit(name: string, ...args: unknown[]): void {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) (callback as (...args: unknown[]) => void)(...args);
  }

  /** Answer the newest request, as Python would. */
  answer(value: unknown, buffers: DataView[] = []): void {
    this.emit("msg:custom", { reply: this.sent[this.sent.length - 1].id, value }, buffers);
  }

  /** How many callbacks are registered: none may be left after a view has closed. */
  get listeners(): number {
    return [...this.callbacks.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
