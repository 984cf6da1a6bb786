// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import browser from "../src/topic_browser";
import type { Traits } from "../src/topic_browser/context";
import { measured } from "../src/lib/format";
import { ordinal, percent, sorted, Topics } from "../src/topic_browser/data";
import { markedText } from "../src/topic_browser/documents";
import { covers, fitted, flipped, freePlace } from "../src/topic_browser/map";
import { diagonal, largest } from "../src/topic_browser/prevalence";
import { bytes, ReportModel } from "../src/topic_browser/report_model";
import { FakeModel } from "./fake_model";

const EVIL = "<img src=x onerror=alert(1)>";
const view = (array: Float32Array | Uint32Array) => new DataView(array.buffer as ArrayBuffer);
const tints = Array.from({ length: 20 }, () => [["#111", "#222", "#333"], ["#aaa", "#bbb", "#ccc"]]) as [string[], string[]][];
const value = {
  words: ["team", "puck", EVIL, "moon"], agreement: 0.5, relevance: 0.4, vocabulary: 4, documents: 0, without: "no documents", texts: false, labelled: false,
  shown: 3, cloud: [228, 150] as [number, number], graded: true, tints,
};
// topic 0: team (common, probable), puck (special); topic 1: moon, the hostile word, team
const buffers = () => [
  view(new Uint32Array([0, 2, 5])), view(new Uint32Array([0, 1, 3, 2, 0])), view(new Float32Array([-1, -2, -1, -2, -3])),
  view(new Float32Array([0, -4, -1, -1])), view(new Float32Array([0, 0, 1, 2])), view(new Float32Array([0.25, 0.75])),
];
const traits = (): Traits => ({
  topic: null, relevance: 0.4, search: "", sort: "number", pane: "clouds", labels: ["hockey", EVIL], revision: 1, hides: "",
  status: { state: "ready", message: "", offer: "" }, palette: Array.from({ length: 20 }, () => ["#123456", "#abcdef"] as [string, string]),
});

async function settled(): Promise<void> {
  await vi.waitFor(() => undefined);
  await new Promise((done) => setTimeout(done, 40));
}

describe("topics", () => {
  const topics = new Topics(value, buffers());

  it("ranks by log p − (1 − λ) s", () => {
    expect(topics.leading(0, 1, 2)).toEqual(["team", "puck"]);
    expect(topics.leading(0, 0, 2)).toEqual(["puck", "team"]);
    expect(topics.probability(0)).toBeCloseTo(Math.exp(-1));
  });

  it("finds words with their rank, and only those that are shown", () => {
    expect(topics.search("TEA", 1).get(0)).toEqual([{ word: 0, rank: 1 }]);
    expect(topics.search("tea", 1).get(1)).toEqual([{ word: 0, rank: 3 }]);
    expect(topics.search("  ", 1).size).toBe(0);
    expect(topics.across(0, 1).map(([topic, , rank]) => [topic, rank])).toEqual([[0, 1], [1, 3]]);
  });

  it("sorts by share and label, and keeps numbers where there is nothing to sort by", () => {
    expect(sorted("share", topics, [], null)).toEqual([1, 0]);
    expect(sorted("label", topics, ["b", "a"], null)).toEqual([1, 0]);
    expect(sorted("coherence", topics, [], null)).toEqual([0, 1]);
  });
});

describe("words for numbers", () => {
  it("has three significant digits, and nothing for what is not known", () => {
    expect([measured(1234.5), measured(0.01234), percent(0.0721), percent(0.4), percent(NaN)]).toEqual(["1,230", "0.012", "7.2 %", "40 %", ""]);
    expect([1, 2, 3, 4, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual(["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"]);
  });
});

describe("the map", () => {
  it("has one scale for both axes and lays the longer one along the frame", () => {
    const places = new Float32Array([0, 0, 1, 4]);
    expect([flipped(places, 400, 200), flipped(places, 200, 400)]).toEqual([true, false]);
    const points = fitted(places, 400, 200, 20, true);
    expect(points[0][0]).toBeCloseTo(380 - (points[1][0] - 20), 0);
    expect(Math.abs(points[1][0] - points[0][0]) / Math.abs(points[1][1] - points[0][1])).toBeCloseTo(4);
    expect(fitted(new Float32Array([0, 0]), 400, 200, 20, false)).toEqual([[200, 100]]);
  });

  it("moves a number aside until it touches no other", () => {
    const frame = { left: 0, top: 0, right: 100, bottom: 100 };
    const first = freePlace(50, 50, 20, 10, [], frame, 40);
    const second = freePlace(50, 50, 20, 10, [first!], frame, 40);
    expect(first).toEqual({ left: 40, top: 45, right: 60, bottom: 55 });
    expect(second!.bottom <= first!.top || second!.top >= first!.bottom || second!.left >= first!.right || second!.right <= first!.left).toBe(true);
    expect(freePlace(50, 50, 300, 10, [], frame, 40)).toBeNull();
  });
});

it("lets no label stand on a circle", () => {
  const box = { left: 10, top: 10, right: 30, bottom: 20 };
  expect([covers([20, 30], 9, box), covers([20, 30], 11, box), covers([38, 28], 11, box), covers([20, 15], 1, box)]).toEqual([false, true, false, true]);
});

it("puts topics beside the label where they are strongest", () => {
  const shares = [[0.1, 0.8, 0.2], [0.7, 0.1, 0.9]];
  expect(diagonal(3, 2, (label, topic) => shares[label][topic])).toEqual([1, 2, 0]);
});

it("takes labels as they are, and of more than a table shows first those with most documents", () => {
  expect(largest([1, 3, 2], 3)).toEqual([0, 1, 2]);
  expect(largest(Array.from({ length: 61 }, (_, label) => label), 61).slice(0, 2)).toEqual([60, 59]);
  expect(largest([], 61)[0]).toBe(0);
});

it("marks words as text, strongest claims strongest", () => {
  const made = document.createElement("p");
  made.append(markedText(`a ${EVIL} moon`, new Uint32Array([2, 31]), new Uint32Array([30, 35]), new Float32Array([0.05, 0.9])));
  expect(made.textContent).toBe(`a ${EVIL} moon`);
  expect(made.querySelectorAll("*").length).toBe(1);
  expect(made.querySelector("mark")?.title).toBe("claims 90 %");
  expect(markedText("\n\n moon", new Uint32Array([3]), new Uint32Array([7]), new Float32Array([0.9])).textContent).toBe("moon");
});

describe("the view", () => {
  let model: FakeModel<Traits>;
  let el: HTMLElement;

  beforeEach(() => {
    vi.stubGlobal("requestAnimationFrame", (call: () => void) => setTimeout(call, 0));
    vi.stubGlobal("cancelAnimationFrame", clearTimeout);
    model = new FakeModel(traits());
    el = document.body.appendChild(document.createElement("div"));
  });

  const answer = (op: string, content: unknown, parts: DataView[] = []) => {
    const asked = model.sent.find((message) => message.op === op);
    model.emit("msg:custom", { reply: asked?.id, value: content }, parts);
  };

  async function opened(): Promise<() => void> {
    const close = browser.render({ model, el });
    answer("overview", value, buffers());
    await settled();
    return close;
  }

  it("shows topics with hostile labels and words as text, and leaves nothing behind", async () => {
    const close = browser.render({ model, el });
    const root = el.querySelector<HTMLElement>(".ntm-topics")!;
    expect(root.dataset.state).toBe("loading");
    answer("overview", value, buffers());
    await settled();
    expect(root.dataset.state).toBe("ready");
    expect([...el.querySelectorAll(".tb-card .tb-label")].map((label) => label.textContent)).toEqual(["hockey", EVIL]);
    answer("clouds", { words: [["team"], [EVIL]], notice: "" }, [view(new Float32Array([1, 20, 12, 30, 0, 1, 0.5, 1, 20, 12, 30, 2, 1, 0.25]))]);
    await settled();
    expect(root.dataset.clouds).toBe("2");
    expect(el.querySelectorAll(".tb-cloud text")[1].textContent).toBe(EVIL);
    expect(el.querySelector("img")).toBeNull();
    close();
    expect(model.listeners).toBe(0);
    expect(el.childElementCount).toBe(0);
  });

  it("follows λ without asking, and Python's topic", async () => {
    const close = browser.render({ model, el });
    answer("overview", value, buffers());
    model.set("topic", 0);
    await settled();
    const words = () => [...el.querySelectorAll(".tb-bar:not([hidden]) .tb-word")].map((word) => word.textContent);
    const asked = model.sent.length;
    const slider = el.querySelector<HTMLInputElement>(".tb-slider")!;
    for (const [at, expected] of [["1", ["team", "puck"]], ["0", ["puck", "team"]]] as const) {
      slider.value = at;
      slider.dispatchEvent(new Event("input"));
      await settled();
      expect(words()).toEqual(expected);
    }
    expect([model.sent.length, model.saved]).toEqual([asked, 0]);
    slider.dispatchEvent(new Event("change"));
    expect(model.get("relevance")).toBe(0);
    el.querySelector(".ntm-topics")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(model.get("topic")).toBeNull();
    close();
  });

  it("lets an open topic give way to the pane that is chosen, where it stands in its place", async () => {
    const close = await opened();
    const main = el.querySelector<HTMLElement>(".tb-main")!;
    const pane = (name: string) => el.querySelector<HTMLElement>(`[data-pane=${name}][aria-pressed]`)!;
    main.getClientRects = () => [{}] as unknown as DOMRectList;
    model.set("topic", 1);
    pane("map").click();
    expect([model.get("pane"), model.get("topic")]).toEqual(["map", 1]);
    main.getClientRects = () => [] as unknown as DOMRectList;
    pane("map").focus();
    pane("map").click();
    await settled();
    expect([model.get("pane"), model.get("topic"), document.activeElement]).toEqual(["map", null, pane("map")]);
    close();
  });

  it("says that a search finds nothing, with the way back; λ is offered where it changes something", async () => {
    const close = browser.render({ model, el });
    answer("overview", { ...value, labelled: true }, buffers());
    model.set("search", EVIL.slice(0, 9) + "?");
    await settled();
    const main = el.querySelector<HTMLElement>(".tb-main")!;
    expect(main.textContent).toContain("No topic has a word or label with “<img src=?”.");
    main.querySelector("button")?.click();
    await settled();
    expect([model.get("search"), document.activeElement?.className, main.querySelectorAll(".tb-card").length]).toEqual(["", "tb-search", 2]);
    await settled();
    expect(main.querySelectorAll(".tb-asleep, .tb-card[hidden]").length).toBe(0); // clouds show again after their heads
    const hidden = () => el.querySelector<HTMLElement>(".tb-lambda")!.hidden;
    expect(hidden()).toBe(false);
    model.set("pane", "labels");
    await settled();
    expect(hidden()).toBe(true);
    model.set("topic", 0);
    await settled();
    expect(hidden()).toBe(false);
    close();
  });

  /** Answers of a model whose documents have so many labels; those with higher numbers have more documents. */
  const answerWithLabels = (many: number) => {
    answer("overview", { ...value, labelled: true }, buffers());
    const shares = new Float32Array(2 * many).map((_, i) => (i % 2 ? 0.25 : 0.5 + i / 1000));
    const parts = [new Float32Array(4), new Float32Array(5), new Float32Array(0), shares, new Float32Array(many).map((_, i) => i + 1)];
    const labels = Array.from({ length: many }, (_, i) => `${EVIL} ${i}`);
    return () => answer("proof", { unit: "words", labels }, parts.map(view));
  };

  it("shows the largest of many labels, more on demand, and moves only marks when a topic opens", async () => {
    const close = browser.render({ model, el });
    const prove = answerWithLabels(130);
    model.set("pane", "labels");
    await settled();
    prove();
    await settled();
    const rows = () => [...el.querySelectorAll(".tb-prevalence tbody tr")];
    const line = el.querySelector<HTMLElement>(".tb-of")!;
    const more = el.querySelector<HTMLElement>(".tb-more")!;
    expect([rows().length, rows()[0].textContent?.startsWith(`${EVIL} 129`), line.textContent]).toEqual([60, true, "60 of 130 labels, those with most documents first"]);
    const first = rows()[0];
    model.set("topic", 1);
    await settled();
    expect(rows()[0]).toBe(first);
    expect(el.querySelector(".tb-prevalence [aria-current]")?.textContent).toBe("1");
    model.set("labels", ["hockey", "space"]);
    await settled();
    expect(rows()[0]).toBe(first);
    expect(el.querySelector(".tb-prevalence [aria-current] button")?.getAttribute("aria-label")).toBe("Open topic 1, space");
    more.click();
    expect([rows().length, line.textContent?.slice(0, 17), more.textContent]).toEqual([120, "120 of 130 labels", "Show 10 more"]);
    more.click();
    expect([rows().length, more.hidden, document.activeElement]).toEqual([130, true, line]);
    rows()[0].querySelector("td")?.dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(el.querySelector(".tb-tip")?.textContent).toContain(`${EVIL} 129, topic `);
    expect(el.querySelector("img")).toBeNull();
    close();
  });

  it("has no line about labels where all are shown, and thirty bars in a topic", async () => {
    const close = browser.render({ model, el });
    const prove = answerWithLabels(31);
    model.set("pane", "labels");
    model.set("topic", 0);
    await settled();
    prove();
    await settled();
    expect([".tb-of", ".tb-more"].map((part) => el.querySelector<HTMLElement>(part)?.hidden)).toEqual([true, true]);
    el.querySelector<HTMLElement>(".tb-tab[data-tab=labels]")?.click();
    expect([el.querySelectorAll(".tb-label-bars li").length, el.querySelector(".tb-rest")?.textContent]).toEqual([30, "and 1 label more"]);
    expect(el.querySelector(".tb-label-bars li")?.textContent).toContain(`${EVIL} 30`);
    close();
  });

  it("mutes in the map and among the labels what a search does not find", async () => {
    const sizes = ["clientWidth", "clientHeight"].map((name) => vi.spyOn(HTMLElement.prototype, name as "clientWidth", "get").mockReturnValue(400));
    const close = browser.render({ model, el });
    const prove = answerWithLabels(61);
    model.set("pane", "map");
    model.set("search", "moon");
    await settled();
    prove();
    await settled();
    const muted = (part: string) => [...el.querySelectorAll<HTMLElement>(part)].map((one) => [one.dataset.topic, one.classList.contains("tb-missed")]).sort();
    expect(muted(".tb-node")).toEqual([["0", true], ["1", false]]);
    expect(muted(".tb-number")).toEqual([["0", true], ["1", false]]);
    expect(el.querySelector('.tb-node[data-topic="0"]')?.getAttribute("aria-label")).toBe("Topic 0, hockey, 25 % of the words, not found by the search");
    model.set("pane", "labels");
    await settled();
    const cells = () => el.querySelectorAll(".tb-prevalence tbody .tb-missed").length;
    expect([cells(), el.querySelector(".tb-prevalence thead .tb-missed button")?.getAttribute("aria-label")]).toEqual([60, "Open topic 0, hockey, not found by the search"]);
    el.querySelector<HTMLElement>(".tb-more")?.click();
    expect(cells()).toBe(61);
    model.set("search", "");
    await settled();
    expect(cells()).toBe(0);
    model.set("pane", "map");
    await settled();
    expect(muted(".tb-node")).toEqual([["0", false], ["1", false]]);
    sizes.forEach((size) => size.mockRestore());
    close();
  });

  it("gives the focus back after a label is edited: to the label after a click, to the card after F2", async () => {
    const close = await opened();
    const label = el.querySelector<HTMLElement>("button.tb-label")!;
    const open = el.querySelector<HTMLElement>(".tb-open")!;
    const end = (key: string) => el.querySelector(".tb-edit")?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    for (const key of ["Enter", "Escape"]) {
      (document.activeElement as HTMLElement | null)?.blur(); // where a click on a button does not focus it
      label.click();
      end(key);
      expect(document.activeElement).toBe(label);
      open.focus();
      open.dispatchEvent(new KeyboardEvent("keydown", { key: "F2", bubbles: true }));
      end(key);
      expect(document.activeElement).toBe(open);
    }
    label.focus();
    model.set("labels", ["zzz", EVIL]);
    model.set("sort", "label");
    await settled();
    expect([el.querySelector(".tb-card:last-child .tb-label"), document.activeElement]).toEqual([label, label]);
    close();
  });

  it("brings an open topic's card into sight when the search that hid it ends, by Esc on a card too", async () => {
    const close = browser.render({ model, el });
    answer("overview", value, buffers());
    model.set("search", "puck");
    model.set("topic", 1);
    await settled();
    const main = el.querySelector<HTMLElement>(".tb-main")!;
    const card = el.querySelector<HTMLElement>('.tb-card[data-topic="1"]')!;
    let below = 500;
    card.getBoundingClientRect = () => ({ top: below, bottom: below }) as DOMRect;
    expect([card.hidden, main.scrollTop]).toEqual([true, 0]);
    model.set("search", "");
    await settled();
    expect(main.scrollTop).toBeGreaterThan(0);
    model.set("search", "moon");
    await settled();
    below = 0;
    const open = el.querySelector<HTMLElement>('.tb-card[data-topic="1"] .tb-open')!;
    const escape = () => open.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    escape();
    expect([model.get("topic"), model.get("search")]).toEqual([null, "moon"]);
    escape();
    expect(model.get("search")).toBe("");
    close();
  });

  it("says what to do where there is no model, and what failed", async () => {
    model.set("status", { state: "empty", message: "Train first.", offer: "train" });
    const close = browser.render({ model, el });
    expect(el.textContent).toContain("Train first.");
    el.querySelector<HTMLElement>(".ntm-primary")?.click();
    expect(model.sent[model.sent.length - 1].op).toBe("train");
    model.set("status", { state: "ready", message: "", offer: "" });
    const asked = model.sent.find((message) => message.op === "overview");
    model.emit("msg:custom", { reply: asked?.id, error: "no room" });
    await settled();
    expect(el.querySelector<HTMLElement>(".ntm-topics")?.dataset.state).toBe("failed");
    expect(el.textContent).toContain("no room");
    close();
  });
});

it("a report answers from its page, or says that it does not hold that", async () => {
  const stored = { overview: { value: { relevance: 0.4 }, buffers: [] }, "clouds 1": { value: ["moon"], buffers: [btoa("abcd")] }, "text 7 1": { value: "x", buffers: [] } };
  const model = new ReportModel({ traits: { search: "" }, answers: stored });
  const heard: { value?: { words: string[][]; notice: string }; error?: string }[] = [];
  model.on("msg:custom", (content: never) => heard.push(content));
  for (const request of [{ op: "text", id: 1, row: 7, topic: 1 }, { op: "clouds", id: 2, topics: [1], relevance: 0.9 }, { op: "clouds", id: 3, topics: [5] }]) model.send(request);
  await settled();
  expect(heard[0].value).toBe("x");
  expect(heard[1].value?.words).toEqual([["moon"]]);
  expect(heard[1].value?.notice).toContain("0.40");
  expect(heard[2].error).toContain("does not hold");
  expect(new Uint8Array(bytes(btoa("\u00ff\u0001")).buffer)).toEqual(new Uint8Array([255, 1]));
});
