/** Style sheets that are written only when their text changes. */
import type { Bokeh } from "./bokeh";

/** The part of a style sheet of BokehJS that is used here. */
export interface InlineSheet {
  readonly el: HTMLElement;
  _update(css: string): void;
}

const MENDED = Symbol.for("ntm_widgets.styles");

/** The class of style sheets; undefined in a BokehJS that has it elsewhere. */
function sheets(bokeh: Bokeh): { prototype: InlineSheet } | undefined {
  try {
    return bokeh.require("core/dom").InlineStyleSheet;
  } catch {
    return undefined;
  }
}

/**
 * BokehJS 3.9 writes the style sheets of all parts of a plot anew whenever it draws, mostly with the text that they had, and
 * then asks for computed styles (bokeh/bokeh#15286): every part makes the page compute its styles once more, which is more
 * than half of the time that a small plot takes.
 */
export function keepEqualStyles(bokeh: Bokeh): void {
  const sheet = sheets(bokeh)?.prototype as (InlineSheet & { [MENDED]?: true }) | undefined;
  const write = sheet?._update;
  if (!sheet || !write || sheet[MENDED]) return;
  sheet._update = function (this: InlineSheet, css: string) {
    if (this.el.textContent !== css) write.call(this, css);
  };
  sheet[MENDED] = true;
}
