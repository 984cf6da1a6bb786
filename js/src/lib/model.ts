/** The part of an anywidget model that the views use, with the traits `T` of one view. */
export interface Model<T> {
  get<K extends keyof T>(name: K): T[K];
  set<K extends keyof T>(name: K, value: T[K]): void;
  save_changes(): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
  send(content: object, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
}

/** Traits that every view has; mirrors `View` in ntm_widgets/ui/parts.py. */
export interface ViewTraits {
  palette: [string, string][];
  hides: string;
}

/** Set a trait and tell Python. */
export function store<T, K extends keyof T>(model: Model<T>, name: K, value: T[K]): void {
  model.set(name, value);
  model.save_changes();
}

/** Call back now and whenever one of the traits changes; returns the way to stop. */
export function observe<T>(model: Model<T>, names: (keyof T & string)[], changed: () => void): () => void {
  for (const name of names) model.on(`change:${name}`, changed);
  changed();
  return () => {
    for (const name of names) model.off(`change:${name}`, changed);
  };
}
