// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import widget, { type TopicRow, type TopicsTraits } from "../src/topics_forming";
import { FakeModel } from "./fake_model";

const ROWS: TopicRow[] = [
  { topic: 0, words: [["hockey", 0, false], ["<img src=x>", 3, true]], gone: [["edu", 0, 3]], coherence: 0.4321 },
  { topic: 1, words: [["space", 0, false], ["nasa", 0, false]], gone: [], coherence: null },
];

async function show(rows = ROWS) {
  const traits: TopicsTraits = { topic: null, count: 2, version: [3, 1], palette: [["#111111", "#eeeeee"]], hides: "plain-1" };
  const model = new FakeModel<TopicsTraits>(traits);
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  model.answer(rows);
  await new Promise((done) => setTimeout(done));
  const lines = () => [...el.querySelectorAll<HTMLButtonElement>(".ntm-forming-row")];
  return { model, el, cleanup, lines, detail: () => el.querySelector(".ntm-forming-detail") as HTMLElement };
}

beforeEach(() => document.body.replaceChildren());

describe("topics forming", () => {
  it("shows each topic's words, marks the new ones and says so to a screen reader", async () => {
    const { lines, el } = await show();
    expect([...lines()[0].querySelectorAll(".ntm-forming-words > span")].map((word) => word.textContent)).toEqual(["hockey", "<img src=x>"]);
    expect([...el.querySelectorAll(".ntm-new")].map((word) => word.textContent)).toEqual(["<img src=x>"]);
    expect(lines()[0].getAttribute("aria-label")).toBe("topic 0: hockey, <img src=x>; new: <img src=x>");
    expect(el.querySelector("img")).toBeNull();
    expect(lines()[0].querySelector(".ntm-forming-npmi")?.textContent).toBe("0.43");
  });

  it("asks again when something changed, and keeps the rows' elements", async () => {
    const { model, lines } = await show();
    const [first] = lines();
    model.set("version", [4, 2]);
    expect(model.sent.length).toBe(2);
    model.answer([{ ...ROWS[0], words: [["team", 4, true]] }]);
    await new Promise((done) => setTimeout(done));
    expect(lines()[0]).toBe(first);
    expect(first.querySelector(".ntm-forming-words")?.textContent).toBe("team");
  });

  it("selects by click, tells Python, and shows where the words came from", async () => {
    const { model, lines, detail } = await show();
    lines()[0].click();
    expect([model.get("topic"), lines()[0].getAttribute("aria-pressed")]).toEqual([0, "true"]);
    expect(detail().textContent).toContain("edu (epochs 0 to 3)");
    expect(detail().textContent).toContain("since epoch 3");
    lines()[0].click();
    expect([model.get("topic"), detail().hidden]).toEqual([null, true]);
  });

  it("follows a selection that Python makes", async () => {
    const { model, lines } = await show();
    model.set("topic", 1);
    expect(lines().map((line) => line.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
  });

  it("leaves nothing behind", async () => {
    const { model, cleanup, el } = await show();
    cleanup();
    expect([model.listeners, el.childElementCount]).toEqual([0, 0]);
  });
});
