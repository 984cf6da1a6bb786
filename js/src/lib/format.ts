/** Numbers and durations as a person reads them. */

/** A loss with three decimals, or an en dash where there is none yet. */
export function loss(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(3);
}

/** A measured number: at most three significant digits and grouped thousands. */
export function measured(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US");
}

/** Decimals with which the largest number of a column has at most three significant digits. */
export function placesFor(largest: number): number {
  return Math.max(0, 2 - Math.max(0, Math.floor(Math.log10(Math.max(largest, 1)))));
}

const columns = new Map<number, Intl.NumberFormat>();

/** A number of a column, so that decimal points stand below each other. */
export function aligned(value: number, places: number): string {
  let format = columns.get(places);
  if (!format) columns.set(places, (format = new Intl.NumberFormat("en-US", { minimumFractionDigits: places, maximumFractionDigits: places })));
  return format.format(value);
}

/** A number of documents or words is counted, not measured: all its digits, grouped. */
export function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** "1 document", "2,000 documents". */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** A rate as a measured number, or an en dash where there is none yet. */
export function rate(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : measured(value);
}

/** Seconds as "8 s", "3 min 20 s" or "2 h 5 min". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
