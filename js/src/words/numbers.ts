/** A share as a whole percentage; what is not nothing is never 0 %. */
export function percent(share: number): string {
  const whole = Math.round(100 * share);
  return share > 0 && whole === 0 ? "< 1 %" : `${whole} %`;
}
