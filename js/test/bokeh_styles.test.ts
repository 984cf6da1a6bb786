// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import type { Bokeh } from "../src/lib/bokeh";
import { keepEqualStyles } from "../src/lib/bokeh_styles";

/** A style sheet as BokehJS 3.9 has it. */
function made() {
  const written = vi.fn();
  class InlineStyleSheet {
    readonly el = document.createElement("style");

    _update(css: string) {
      written(css);
      this.el.textContent = css;
    }
  }
  return { bokeh: { require: () => ({ InlineStyleSheet }) } as unknown as Bokeh, InlineStyleSheet, written };
}

it("writes a style sheet when its text changes, and only then", () => {
  const { bokeh, InlineStyleSheet, written } = made();
  keepEqualStyles(bokeh);
  keepEqualStyles(bokeh);
  const [sheet, other] = [new InlineStyleSheet(), new InlineStyleSheet()];
  for (const css of ["", ":host { left: 1px }", ":host { left: 1px }", ":host { left: 2px }", "", ""]) sheet._update(css);
  other._update(":host { left: 1px }");
  expect(written.mock.calls.flat()).toEqual([":host { left: 1px }", ":host { left: 2px }", "", ":host { left: 1px }"]);
  expect([sheet.el.textContent, other.el.textContent]).toEqual(["", ":host { left: 1px }"]);
});

it("does nothing where BokehJS has other style sheets", () => {
  expect(() => keepEqualStyles({ require: () => ({}) } as unknown as Bokeh)).not.toThrow();
  const absent = () => {
    throw new Error("Cannot find module 'core/dom'");
  };
  expect(() => keepEqualStyles({ require: absent } as unknown as Bokeh)).not.toThrow();
  class InlineStyleSheet {}
  expect(() => keepEqualStyles({ require: () => ({ InlineStyleSheet }) } as unknown as Bokeh)).not.toThrow();
});
