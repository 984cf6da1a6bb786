// @vitest-environment jsdom
import { describe, expect, it, vi } from "vitest";
import { aligned, placesFor } from "../src/lib/format";
import type { ViewTraits } from "../src/lib/model";
import { Asker, failing, Superseded } from "../src/lib/requests";
import { openRoot, swatch } from "../src/lib/root";
import { rove, step } from "../src/lib/roving";
import { FakeModel } from "./fake_model";

const traits = (): ViewTraits => ({ palette: [["#111111", "#eeeeee"]], hides: "ntm-plain-1" });

describe("requests", () => {
  it("resolves with the answer of the same id only", async () => {
    const model = new FakeModel(traits());
    const asker = new Asker(model);
    const answer = asker.ask<number>("double", { x: 21 });
    const { op, x, id } = model.sent[0];
    expect([op, x]).toEqual(["double", 21]);
    model.emit("msg:custom", { reply: Number(id) + 1000, value: 0 });
    model.emit("msg:custom", { other: true });
    model.emit("msg:custom", { reply: id, value: 42 }, []);
    expect((await answer).value).toBe(42);
  });

  it("rejects with Python's message, and when it is closed", async () => {
    const model = new FakeModel(traits());
    const asker = new Asker(model);
    const refused = asker.ask("double");
    model.emit("msg:custom", { reply: model.sent[0].id, error: "x=None: expected a number" });
    await expect(refused).rejects.toThrow("expected a number");
    const open = asker.ask("double");
    asker.close();
    await expect(open).rejects.toBeInstanceOf(Superseded);
    expect(model.listeners).toBe(0);
  });

  it("tells why a request failed, unless nobody waits for it any more", async () => {
    const model = new FakeModel(traits());
    const asker = new Asker(model);
    const told = vi.fn();
    const refused = asker.ask("double").catch(failing(told));
    model.emit("msg:custom", { reply: model.sent[0].id, error: "x=None: expected a number" });
    const replaced = asker.ask("double").catch(failing(told));
    model.emit("msg:custom", { reply: model.sent[1].id, superseded: true });
    const open = asker.ask("double").catch(failing(told));
    asker.close();
    await Promise.all([refused, replaced, open, asker.ask("double").catch(failing(told))]);
    expect(told.mock.calls).toEqual([["x=None: expected a number"]]);
  });
});

describe("root", () => {
  it("hides the plain output while it is there, and only then", () => {
    const el = document.body.appendChild(document.createElement("div"));
    const root = openRoot(new FakeModel(traits()), el, "ntm-test");
    expect(document.head.textContent).toContain(".ntm-plain-1");
    expect(root.element.style.getPropertyValue("--ntm-topic-0")).toBe("#111111");
    root.close();
    expect(document.head.textContent).not.toContain("ntm-plain");
    expect(el.children.length).toBe(0);
  });

  it("takes no class that could end the rule", () => {
    const model = new FakeModel({ ...traits(), hides: "a { } body" });
    openRoot(model, document.body, "ntm-test");
    expect(document.head.textContent).not.toContain("body");
  });

  it("prints a topic's number beside its colour", () => {
    expect(swatch(23).textContent).toBe("23");
    expect(swatch(23).style.getPropertyValue("--topic")).toBe("var(--ntm-topic-3)");
  });
});

describe("roving", () => {
  it("moves by the grid's columns", () => {
    expect([step("ArrowDown", 4), step("ArrowLeft", 4), step("a", 4)]).toEqual([4, -1, undefined]);
  });

  it("is one stop of the Tab key", () => {
    const list = document.body.appendChild(document.createElement("ul"));
    for (let k = 0; k < 3; k += 1) list.appendChild(document.createElement("li"));
    const items = [...list.querySelectorAll("li")];
    rove(list, "li");
    expect(items.map((item) => item.tabIndex)).toEqual([0, -1, -1]);
    items[0].focus();
    items[0].dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true }));
    expect(document.activeElement).toBe(items[2]);
    expect(items.map((item) => item.tabIndex)).toEqual([-1, -1, 0]);
  });
});

describe("numbers of a column", () => {
  it("have the decimals of the largest, at most three significant digits", () => {
    const column = [136, 61.8, 45].map((value) => aligned(value, placesFor(136)));
    expect([column, aligned(5, placesFor(9.87)), aligned(45, placesFor(61.8)), aligned(1234, placesFor(1234))]).toEqual([["136", "62", "45"], "5.00", "45.0", "1,234"]);
  });
});
