/** The lengths of documents as bars over a logarithmic axis; SVG, with the numbers of each bar on hover. */
import { count } from "../lib/format";
import { svg } from "../lib/svg";

export interface Lengths {
  edges: number[];
  counts: number[];
  median: number;
  longest: number;
  every: number;
}

const WIDTH = 280;
const HEIGHT = 120;
const LEFT = 40;
const BOTTOM = 32;
const TOP = 6;

/** Round numbers for the upper end of an axis: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? 10 * power;
}

/** Powers of ten within a range, with 3 times them where there are few. */
export function ticks(from: number, to: number): number[] {
  const tens: number[] = [];
  for (let power = 1; power <= to; power *= 10) tens.push(power);
  const all = tens.length > 4 ? tens : tens.flatMap((power) => [power, 3 * power]);
  return all.filter((tick) => tick >= from && tick <= to);
}

export function histogram(lengths: Lengths): SVGElement {
  const { edges, counts, every } = lengths;
  const [low, high] = [Math.log(edges[0]), Math.log(edges[edges.length - 1])];
  const x = (value: number) => LEFT + ((Math.log(value) - low) / Math.max(high - low, 1e-9)) * (WIDTH - LEFT - 8);
  const top = roundUp(every * Math.max(...counts, 1));
  const base = HEIGHT - BOTTOM;
  const y = (value: number) => base - (value / top) * (base - TOP);
  const named = `Words per document: median ${count(lengths.median)}, longest ${count(lengths.longest)}`;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": named, class: "ntm-docs-lengths" });
  for (const tick of Number.isInteger(top / 2) ? [top / 2, top] : [top]) {
    drawing.append(svg("line", { x1: LEFT, x2: WIDTH - 8, y1: y(tick), y2: y(tick), class: "grid" }));
    drawing.append(svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, count(tick)));
  }
  counts.forEach((documents, bin) => {
    const [from, to] = [edges[bin], edges[bin + 1]];
    const bar = svg("rect", {
      x: x(from) + 0.5, width: Math.max(x(to) - x(from) - 1, 0.5), y: y(every * documents), height: base - y(every * documents),
    });
    const range = to - from > 1 ? `${count(from)} to ${count(to - 1)} words` : `${count(from)} words`;
    bar.append(svg("title", {}, `${range}: ${every > 1 ? "about " : ""}${count(every * documents)} documents`));
    drawing.append(bar);
  });
  drawing.append(svg("line", { x1: LEFT, x2: WIDTH - 8, y1: base, y2: base, class: "axis" }));
  for (const tick of ticks(edges[0], edges[edges.length - 1])) {
    drawing.append(svg("text", { x: x(tick), y: base + 14, "text-anchor": "middle" }, count(tick)));
  }
  drawing.append(svg("text", { x: (LEFT + WIDTH - 8) / 2, y: HEIGHT - 3, "text-anchor": "middle" }, "words per document"));
  return drawing;
}
