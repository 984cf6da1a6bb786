import { afterEach, expect, it, vi } from "vitest";
import widget from "../src/view";

const page = globalThis as { ntmViews?: Map<string, Promise<unknown>> };
const context = (module: string) => ({ model: { get: () => module } as never, el: {} as HTMLElement });

afterEach(() => {
  delete page.ntmViews;
  vi.restoreAllMocks();
});

it("renders by the view's own module, which all widgets of a page share", async () => {
  const stop = () => undefined;
  const render = vi.fn(() => stop);
  page.ntmViews = new Map([["code of a view", Promise.resolve({ default: { render } })]]);
  const [first, second] = [context("code of a view"), context("code of a view")];
  expect(await widget.render(first)).toBe(stop);
  expect(await widget.render(second)).toBe(stop);
  expect(render.mock.calls).toEqual([[first], [second]]);
  expect(page.ntmViews.size).toBe(1);
});

it("imports the code at an address that it gives back, and again when that failed", async () => {
  const [made, revoked] = [vi.spyOn(URL, "createObjectURL"), vi.spyOn(URL, "revokeObjectURL")];
  made.mockReturnValue("data:text/javascript,throw new Error('broken')");
  await expect(widget.render(context("broken"))).rejects.toThrow("broken");
  expect(page.ntmViews!.size).toBe(0);
  made.mockReturnValue("data:text/javascript,export default { render: ({ el }) => (el.shown = true) }");
  const whole = context("whole");
  expect(await widget.render(whole)).toBe(true);
  expect(whole.el).toEqual({ shown: true });
  await widget.render(context("whole"));
  expect(made).toHaveBeenCalledTimes(2);
  expect(revoked).toHaveBeenCalledTimes(2);
  expect([...page.ntmViews!.keys()]).toEqual(["whole"]);
});
