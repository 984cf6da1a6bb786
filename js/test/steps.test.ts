// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Asker, Refused } from "../src/lib/requests";
import { tellError, wayTo } from "../src/lib/steps";
import query, { type Traits as QueryTraits } from "../src/query_panel";
import topics from "../src/topic_browser";
import type { Traits as TopicTraits } from "../src/topic_browser/context";
import { Runs } from "../src/training/runs";
import type { FormTraits } from "../src/training/model";
import training from "../src/training_panel";
import words, { loss, summed, type Traits as WordsTraits } from "../src/words_panel";
import { FakeModel } from "./fake_model";

const SHARED = { palette: [["#111111", "#eeeeee"]] as [string, string][], hides: "" };

/** A place in a studio with the tabs of its steps; which of them were clicked. */
function studio(): { el: HTMLElement; clicked: string[] } {
  const clicked: string[] = [];
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "ntm-studio-box";
  for (const step of ["documents", "words", "train"]) {
    const tab = box.appendChild(document.createElement("button"));
    tab.setAttribute("role", "tab");
    tab.dataset.step = step;
    tab.addEventListener("click", () => clicked.push(step));
  }
  return { el: box.appendChild(document.createElement("div")), clicked };
}

const texts = (el: Element, selector: string) => [...el.querySelectorAll<HTMLElement>(selector)].filter((one) => !one.closest("[hidden]")).map((one) => one.textContent);

beforeEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
  vi.stubGlobal("IntersectionObserver", class { observe() {} disconnect() {} });
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
});

describe("the way to a step", () => {
  it("opens the tab of the studio around it, and the focus goes there", () => {
    const { el, clicked } = studio();
    const way = el.appendChild(wayTo("words"));
    way.click();
    expect([way.textContent, clicked, (document.activeElement as HTMLElement).dataset.step]).toEqual(["Go to Words", ["words"], "words"]);
  });

  it("stands behind an error that names one, as text", async () => {
    const model = new FakeModel<object>({});
    const asked = new Asker(model).ask("load").catch((error: Error) => error);
    model.emit("msg:custom", { reply: model.sent[0].id, error: "<b>run-1</b> is still running", step: "train" });
    const error = (await asked) as Refused;
    const place = document.createElement("p");
    tellError(place, error);
    expect([place.textContent, place.querySelector("b")]).toEqual(["<b>run-1</b> is still running Go to Train", null]);
    tellError(place, new Error("no such file"));
    expect(place.querySelector("button")).toBeNull();
  });
});

describe("what is missing", () => {
  const form: FormTraits = { ...SHARED, fields: [], given: {}, hints: {}, device: "auto", need: null, refusal: "", data: {}, missing: "%ntm corpus x", run: "", running: false };

  it("is a magic in a training panel alone, and a step in a studio", () => {
    const model = new FakeModel<FormTraits>({ ...form, in_studio: false });
    const { el, clicked } = studio();
    training.render({ model, el });
    expect(texts(el, ".ntm-train-empty > *")[0]).toContain("%ntm corpus x");
    model.set("in_studio", true);
    expect(texts(el, ".ntm-train-empty > *")).toEqual(["Nothing to train on yet: first load documents.", "Go to Documents"]);
    model.set("missing", "%ntm vectorize");
    expect(texts(el, ".ntm-train-empty > *")).toEqual(["Nothing to train on yet: first count the words.", "Go to Words"]);
    el.querySelector<HTMLElement>("[data-goes=words]")?.click();
    expect(clicked).toEqual(["words"]);
  });

  it("is a step for topics and answers, too", () => {
    const status = { state: "empty" as const, message: "Next step: %ntm vectorize", offer: "", step: "words", inside: "No topics yet: first count the words." };
    const traits = { ...SHARED, topic: null, relevance: 0.4, search: "", sort: "number", pane: "clouds", labels: [], revision: 0, status } as TopicTraits;
    const alone = document.body.appendChild(document.createElement("div"));
    topics.render({ model: new FakeModel<TopicTraits>(traits), el: alone });
    expect(texts(alone, ".tb-empty > *")).toEqual(["Next step: %ntm vectorize"]);
    const { el } = studio();
    topics.render({ model: new FakeModel<TopicTraits>({ ...traits, in_studio: true }), el });
    expect(texts(el, ".tb-empty > *")).toEqual(["No topics yet: first count the words.", "Go to Words"]);
    const asked = { ...SHARED, text: "", topic: null, document: null, documents: 0, labels: [], status: "train one (%ntm train)", step: "train", version: 1, counted: 1, earlier: 0 };
    const place = studio().el;
    query.render({ model: new FakeModel<QueryTraits>({ ...asked, in_studio: true }), el: place });
    expect(place.querySelector("[role=status]")?.textContent).toBe("No model yet: first train one. Go to Train");
  });

  it("is said beside topics that stand in for those of a run", () => {
    const status = { state: "ready" as const, message: "run-2 has no topics yet", offer: "" };
    const traits = { ...SHARED, topic: null, relevance: 0.4, search: "", sort: "number", pane: "clouds", labels: ["a"], revision: 1, status } as TopicTraits;
    const el = document.body.appendChild(document.createElement("div"));
    const model = new FakeModel<TopicTraits>(traits);
    topics.render({ model, el });
    expect(el.querySelector(".tb-now")?.textContent).toBe("run-2 has no topics yet");
    model.set("status", { state: "empty", message: "No topics yet", offer: "" });
    model.emit("msg:custom", { reply: model.sent[0].id, error: "there is no model to browse yet" });
    expect([el.querySelector(".tb-now")?.textContent, texts(el, ".ntm-error")]).toEqual(["", [""]]);
  });
});

describe("an earlier run", () => {
  it("says that it is being opened, and what it does not bring", async () => {
    let done: (told: string) => void = () => undefined;
    const row = { name: "run-1", status: "finished", topics: 2, documents: 9, epochs: "1/1", "training loss": 1, "validation loss": null, started: "" };
    const said: string[] = [];
    const ask = (op: string) => (op === "runs" ? Promise.resolve([row, row]) : new Promise((answer) => (done = answer as typeof done)));
    const runs = new Runs(ask as never, (text) => said.push(text));
    runs.element.open = true;
    await runs.refresh();
    const buttons = runs.element.querySelectorAll<HTMLButtonElement>("td button");
    buttons[0].click();
    expect([buttons[0].textContent, buttons[1].disabled, runs.element.getAttribute("aria-busy")]).toEqual(["opening …", true, "true"]);
    done("run-1 is open with its counts.");
    await vi.waitFor(() => expect(buttons[0].textContent).toBe("open"));
    expect([buttons[1].disabled, runs.element.querySelector(".ntm-help")?.textContent]).toEqual([false, "run-1 is open with its counts."]);
    expect(said).toEqual(["run-1 is being opened …", "run-1 is open with its counts."]);
  });
});

describe("short texts", () => {
  const state = { version: 1, terms: 9, in: 5, out: [], documents: 482, kept: 6, covered: 0.3, choices: 0, absent: 0, message: "", lower: [4, 461] as [number, number] };

  it("are told of where more than a tenth are dropped", () => {
    expect(loss(state, "25")).toEqual(["99 % of the documents are dropped as too short: only 6 of 482 have more than 25 words of the vocabulary.", "Keep 461, with more than 4 words"]);
    expect(loss({ ...state, kept: 0, lower: [0, 482] }, "25")).toEqual(["100 % of the documents are dropped as too short: none of the 482 has more than 25 words of the vocabulary.", "Keep all 482, with at least 1 word"]);
    expect(loss({ ...state, lower: null }, "25")).toBeNull();
    expect(summed(state, "")[1]).toBe("30 % of all words covered");
  });

  it("are kept by one click, which counts again where it was refused or done before", async () => {
    const values = { min_doc_words: "25" };
    const traits = { ...SHARED, form: { values, defaults: values, changed: [], undo: 0, redo: 0, choices: 0 }, state, work: { phase: "idle" }, problem: "", lacking: {}, result: "", stale: true };
    const model = new FakeModel<WordsTraits>(traits as unknown as WordsTraits);
    const el = document.body.appendChild(document.createElement("div"));
    words.render({ model, el });
    const ops = () => model.sent.map(({ op }) => op).filter((op) => op === "lower" || op === "apply");
    const page = { version: 1, total: 0, start: 0, words: [], why: [], in: [], cut: [], said: null };
    const keep = el.querySelector<HTMLButtonElement>(".ntm-words-short button") as HTMLButtonElement;
    keep.click();
    model.answer(page, [new DataView(new ArrayBuffer(0)), new DataView(new ArrayBuffer(0))]);
    await new Promise((soon) => setTimeout(soon, 0));
    expect(ops()).toEqual(["lower"]);
    model.set("result", "6 documents × 5 words");
    keep.click();
    model.answer(page, [new DataView(new ArrayBuffer(0)), new DataView(new ArrayBuffer(0))]);
    await vi.waitFor(() => expect(ops()).toEqual(["lower", "lower", "apply"]));
    model.set("state", { ...state, kept: 461, lower: null });
    expect(el.querySelector<HTMLElement>(".ntm-words-short")?.hidden).toBe(true);
  });
});
