// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import widget, { type TopicAnswer, type TopicsTraits } from "../src/topics_forming";
import { FakeModel } from "./fake_model";

const ANSWER: TopicAnswer = {
  first: 0,
  words: [["hockey", "<img src=x>"], ["space", "nasa"]],
  since: [[0, 3], [0, 2]],
  coherence: [0.43, null],
  new: 3,
  gone: [],
};
const settled = () => new Promise((done) => setTimeout(done));

async function show() {
  const traits: TopicsTraits = { topic: null, count: 2, version: [3, 1], palette: [["#111111", "#eeeeee"]], hides: "plain-1" };
  const model = new FakeModel<TopicsTraits>(traits);
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  model.answer(ANSWER);
  await settled();
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
    model.answer({ ...ANSWER, words: [["team"]], since: [[4]], coherence: [0.5] });
    await settled();
    expect(lines()[0]).toBe(first);
    expect(first.querySelector(".ntm-forming-words")?.textContent).toBe("team");
  });

  it("selects by click, tells Python, and shows where the words came from", async () => {
    const { model, lines, detail } = await show();
    lines()[0].click();
    expect([model.get("topic"), lines()[0].getAttribute("aria-pressed")]).toEqual([0, "true"]);
    expect(detail().textContent).toContain("since epoch 3");
    expect(model.sent[model.sent.length - 1]).toMatchObject({ op: "rows", chosen: 0 });
    model.answer({ ...ANSWER, gone: [["edu", 0, 3]] });
    await settled();
    expect(detail().textContent).toContain("edu (epochs 0 to 3)");
    lines()[1].click();
    expect(detail().textContent).not.toContain("edu");
    lines()[1].click();
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
