import { afterEach, expect, it, vi } from "vitest";
import type { Bokeh } from "../src/lib/bokeh";
import { takeBackListeners } from "../src/lib/bokeh_viewport";

/** Views as BokehJS 3.9 has them: a plot's view listens to the viewport, and a figure's view is one of them. */
function made(connect: (view: object) => void = (view) => globalThis.visualViewport!.addEventListener("resize", () => heard.push(view))) {
  class PlotView {
    removed = false;

    connect_signals() {
      connect(this);
    }

    remove() {
      this.removed = true;
    }
  }
  class FigureView extends PlotView {}
  const bokeh = { Models: { get: (type: string) => (type === "Plot" ? { prototype: { default_view: PlotView } } : null) } };
  return { bokeh: bokeh as unknown as Bokeh, FigureView };
}

let heard: object[] = [];

function viewport() {
  const target = new EventTarget();
  vi.stubGlobal("visualViewport", target);
  heard = [];
  return target;
}

afterEach(() => vi.unstubAllGlobals());

it("lets a plot hear of the viewport until it is removed, and no longer", () => {
  const target = viewport();
  const { bokeh, FigureView } = made();
  takeBackListeners(bokeh);
  takeBackListeners(bokeh);
  const [first, second] = [new FigureView(), new FigureView()];
  first.connect_signals();
  second.connect_signals();
  target.dispatchEvent(new Event("resize"));
  expect(heard).toEqual([first, second]);
  first.remove();
  target.dispatchEvent(new Event("resize"));
  expect(first.removed).toBe(true);
  expect(heard).toEqual([first, second, second]);
});

it("leaves everybody else's listeners alone", () => {
  const target = viewport();
  const { bokeh, FigureView } = made(() => {
    throw new Error("no canvas");
  });
  takeBackListeners(bokeh);
  const view = new FigureView();
  expect(() => view.connect_signals()).toThrow("no canvas");
  const others = vi.fn();
  target.addEventListener("resize", others);
  view.remove();
  target.dispatchEvent(new Event("resize"));
  expect(others).toHaveBeenCalledOnce();
});

it("does nothing where there is no viewport, or no plot in what was loaded", () => {
  vi.stubGlobal("visualViewport", null);
  const { bokeh, FigureView } = made(() => undefined);
  takeBackListeners(bokeh);
  expect(() => new FigureView().remove()).not.toThrow();
  viewport();
  expect(() => takeBackListeners({ Models: { get: () => null } } as unknown as Bokeh)).not.toThrow();
});
