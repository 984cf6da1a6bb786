/** What the form of a training knows; mirrors TrainForm in ntm_widgets/ui/training_panel.py. */
import type { ViewTraits } from "../lib/model";

export interface Field {
  name: string;
  group: string;
  label: string;
  help: string;
  expected: string;
  choices: string[];
  best: boolean;
}

export interface FormTraits extends ViewTraits {
  fields: Field[];
  given: Record<string, unknown>;
  hints: Record<string, string>;
  device: string;
  need: number | null;
  refusal: string;
  data: { documents?: number; words?: number; name?: string };
  missing: string;
  /** Whether it stands in a studio, where a missing step is a click away. */
  in_studio?: boolean;
  /** Name of the run that is shown, or empty. */
  run: string;
  running: boolean;
  /** Earlier runs to go on with, while there is nothing else. */
  earlier?: number;
  /** That an earlier run was opened, and what it did not bring; "" once that is past. */
  opened?: string;
}

/** Asks Python; rejects with its one-line message. */
export type Ask = <V>(op: string, args?: object) => Promise<V>;

/** A value as a field shows it. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** Bytes in GiB with one decimal, which a value keeps while it changes. */
export function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

/** Bytes as one says them: in GiB, small ones in MiB. */
export function size(bytes: number): string {
  return bytes < 2 ** 29 ? `${Number((bytes / 2 ** 20).toPrecision(2))} MiB` : `${gib(bytes)} GiB`;
}
