/** Numbers of documents and words are counted, not measured: all their digits, grouped. */
export function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** "1 document", "2,000 documents". */
export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** A share as a whole percentage; what is not nothing is never 0 %. */
export function percent(share: number): string {
  const whole = Math.round(100 * share);
  return share > 0 && whole === 0 ? "< 1 %" : `${whole} %`;
}
