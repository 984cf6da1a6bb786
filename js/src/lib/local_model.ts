/** A model without a kernel: traits that tell when they change. Requests are for a subclass to answer. */
import type { Model } from "./model";

type Callback = (...args: never[]) => void;

export abstract class LocalModel<T extends object> implements Model<T> {
  private readonly callbacks = new Map<string, Set<Callback>>();

  constructor(protected readonly traits: T) {}

  get<K extends keyof T>(name: K): T[K] {
    return this.traits[name];
  }

  set<K extends keyof T>(name: K, value: T[K]): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.emit(`change:${String(name)}`);
  }

  save_changes(): void {}

  on(name: string, callback: Callback): void {
    if (!this.callbacks.has(name)) this.callbacks.set(name, new Set());
    this.callbacks.get(name)?.add(callback);
  }

  off(name: string, callback: Callback): void {
    this.callbacks.get(name)?.delete(callback);
  }

  emit(name: string, ...args: unknown[]): void {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) (callback as (...args: unknown[]) => void)(...args);
  }

  /** How many callbacks are registered: none is left after a view has closed. */
  get listeners(): number {
    return [...this.callbacks.values()].reduce((sum, set) => sum + set.size, 0);
  }

  abstract send(content: object): void;
}
