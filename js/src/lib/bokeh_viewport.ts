/** Plots that take back their listener to the viewport when they go. */
import type { Bokeh } from "./bokeh";

/** The part of a plot's view that is used here. */
export interface PlotView {
  connect_signals(): void;
  remove(): void;
}

type Listener = [type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions];

const MENDED = Symbol.for("ntm_widgets.viewport");

/**
 * BokehJS up to 3.9 lets every plot listen to the viewport for as long as the page lives, which keeps the whole figure
 * (bokeh/bokeh#15290). Whatever a plot adds while it connects is removed with it.
 */
export function takeBackListeners(bokeh: Bokeh): void {
  const view = bokeh.Models.get("Plot")?.prototype.default_view?.prototype as (PlotView & { [MENDED]?: true }) | undefined;
  const viewport: EventTarget | null = globalThis.visualViewport;
  if (!view || !viewport || view[MENDED]) return;
  const { connect_signals: connect, remove } = view;
  const heard = new WeakMap<PlotView, Listener[]>();
  view.connect_signals = function (this: PlotView) {
    const added: Listener[] = [];
    const add = (...listener: Listener) => {
      added.push(listener);
      EventTarget.prototype.addEventListener.apply(viewport, listener);
    };
    Object.defineProperty(viewport, "addEventListener", { value: add, configurable: true });
    try {
      connect.call(this);
    } finally {
      Reflect.deleteProperty(viewport, "addEventListener");
      heard.set(this, added);
    }
  };
  view.remove = function (this: PlotView) {
    for (const listener of heard.get(this) ?? []) viewport.removeEventListener(...listener);
    remove.call(this);
  };
  view[MENDED] = true;
}
