// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { histogram, roundUp, ticks } from "../src/words/histogram";
import { PIECE, upload } from "../src/words/loader";
import { percent } from "../src/words/numbers";
import documents, { facts, markedText } from "../src/words_documents";
import widget, { quoted, rowsOf, summed, sums } from "../src/words_panel";
import { Asker } from "../src/lib/requests";
import { FakeModel } from "./fake_model";

const VALUES = {
  tokenizer: "lemma", ngram_range: "1-1", stop_words: "english", own: "", stop: "before", min_df: "2", max_df: "95 %",
  vocab_size: "2000", min_doc_words: "25", split: "none",
};
const FORM = { values: { ...VALUES }, defaults: { ...VALUES }, changed: [] as string[], undo: 0, redo: 0, choices: 0 };
const STATE = { version: 1, terms: 1000, in: 200, out: [["stop words", 300], ["too rare", 500]], documents: 50, kept: 40, covered: 0.4, choices: 0, absent: 0, message: "" };
const SHARED = { palette: [["#111111", "#eeeeee"]] as [string, string][], hides: "ntm-plain-1" };

function doubles(values: number[]): DataView {
  return new DataView(new Float64Array(values).buffer);
}

function words(count: number, start = 0, version = 1) {
  const names = Array.from({ length: count }, (_, i) => `word${start + i}`);
  const value = { version, total: 1000, start, words: names, why: names.map(() => "in"), in: names.map(() => true), cut: [] };
  return { value, buffers: [doubles(names.map((_, i) => 1000 - i)), doubles(names.map(() => 7))] };
}

class Server<T extends object> extends FakeModel<T> {
  constructor(traits: T, private readonly answers: (op: string, message: Record<string, any>) => { value?: unknown; buffers?: DataView[]; error?: string } | undefined) {
    super(traits);
  }
  asked(op: string): Record<string, any>[] {
    return this.sent.filter((message) => message.op === op);
  }
  send(content: object): void {
    super.send(content);
    const message = content as Record<string, any>;
    const found = this.answers(message.op, message) ?? { value: null };
    queueMicrotask(() => this.emit("msg:custom", { reply: message.id, value: found.value, error: found.error }, found.buffers ?? []));
  }
}

function show(part: object = {}, answers: ConstructorParameters<typeof Server>[1] = () => undefined) {
  const traits = { ...SHARED, form: FORM, state: STATE, work: { phase: "idle" }, problem: "", lacking: {}, result: "", stale: true, ...part };
  const rows = (asked?: Record<string, any>) => asked && words(Math.min(asked.number, 100), asked.start, model.get("state").version);
  const model: Server<any> = new Server(traits as any, (op, message) => answers(op, message) ?? rows(op === "rows" ? message : message.rows));
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model: model as any, el });
  return { model: model as any, el, cleanup, find: (selector: string) => el.querySelector(selector) as any };
}

beforeEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
  document.body.dataset.jpThemeLight = "true";
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
});

describe("words", () => {
  it("says beside a message only what is still true", () => {
    expect(summed(STATE as any, "")).toEqual(sums(STATE as any));
    expect(summed(STATE as any, "max_df is below min_df")).toEqual(["", "The table shows the settings before this one."]);
    expect(summed({ ...STATE, in: 0, message: "lower min_df" } as any, "")[1]).toBe("");
    expect(summed({}, "")).toEqual(["", ""]);
    expect([quoted("orbit", 141, 3), quoted("pod", 1, 1)]).toEqual(["“orbit” in 141 documents, 3 of them", "“pod” in 1 document"]);
  });

  it("sums up what is in and what is out", () => {
    expect(sums(STATE as any)).toEqual(["200 of 1,000 terms in · out: 300 stop words, 500 too rare", "40 of 50 documents kept, the others are too short · 40 % of all words covered"]);
    expect([percent(0), percent(0.001), percent(0.456)]).toEqual(["0 %", "< 1 %", "46 %"]);
  });

  it("shows only the rows in sight, and their numbers", async () => {
    const { find, el, cleanup, model } = show();
    await vi.waitFor(() => expect(find("tbody th").textContent).toBe("word0"));
    expect(el.querySelectorAll("tbody tr").length).toBeLessThan(60);
    expect(find("table").getAttribute("aria-rowcount")).toBe("1001");
    expect([...find("tbody tr[data-row]").querySelectorAll("td")].slice(0, 3).map((cell: any) => cell.textContent)).toEqual(["1,000", "7", "in"]);
    cleanup();
    expect(model.listeners).toBe(0);
    expect(el.children.length).toBe(0);
  });

  it("never parses a word, a reason or an example as HTML", async () => {
    const bad = "<img src=x onerror=alert(1)>";
    const { find, el } = show({}, (op) => {
      if (op === "rows") return { value: { ...words(1).value, total: 1, words: [bad], why: [bad] }, buffers: [doubles([1]), doubles([1])] };
      return op === "examples" ? { value: [{ document: 3, parts: [bad, bad, bad] }] } : undefined;
    });
    await vi.waitFor(() => expect(find("tbody th").textContent).toBe(bad));
    find("tbody .ntm-link").click();
    await vi.waitFor(() => expect(find(".ntm-words-snippet").textContent).toBe(bad.repeat(3)));
    expect(el.querySelector("img")).toBeNull();
  });

  it("turns the word that is clicked, and moves by the arrow keys", async () => {
    const { model, find, el } = show();
    await vi.waitFor(() => expect(find("tbody th").textContent).toBe("word0"));
    const first = find("tbody .ntm-words-button");
    first.focus();
    first.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true }));
    expect(document.activeElement?.textContent).toBe("word1");
    expect(el.querySelectorAll("tbody .ntm-words-button[tabindex='0']").length).toBe(1);
    (document.activeElement as HTMLElement).click();
    expect(model.asked("turn")).toMatchObject([{ word: "word1" }]);
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true }));
    expect(model.asked("step")).toMatchObject([{ back: true }]);
  });

  it("asks in another order when a heading is clicked, and says which", async () => {
    const { model, find } = show();
    const head = find("th.ntm-words-word");
    head.querySelector("button").click();
    await vi.waitFor(() => expect(model.asked("rows").at(-1)).toMatchObject({ sort: "word", down: false, start: 0 }));
    expect([head.getAttribute("aria-sort"), find("th.ntm-words-count").getAttribute("aria-sort")]).toEqual(["ascending", "none"]);
  });

  it("sends what was typed once, and shows what is wrong beside it", async () => {
    vi.useFakeTimers();
    const { model, find } = show({}, (op) => (op === "set" ? { error: "'few': expected a number of documents" } : undefined));
    const field = find("[data-setting=min_df]");
    for (const text of ["f", "fe", "few"]) {
      field.value = text;
      field.dispatchEvent(new Event("input"));
    }
    await vi.advanceTimersByTimeAsync(300);
    expect(model.asked("set")).toMatchObject([{ name: "min_df", value: "few" }]);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(field.getAttribute("aria-describedby"))?.textContent).toContain("expected a number");
    model.set("form", { ...FORM, values: { ...VALUES, max_df: "50 %" }, changed: ["max_df"] });
    expect([field.value, find("[data-setting=max_df]").value]).toEqual(["few", "50 %"]);
    vi.useRealTimers();
  });

  it("marks the field that an impossible vocabulary is about, and takes back what Count said", async () => {
    const { model, find } = show({ result: "", form: { ...FORM, changed: ["min_df"] } }, (op) => (op === "apply" ? { error: "lower min_doc_words" } : undefined));
    await vi.waitFor(() => expect(find("tbody th").textContent).toBe("word0"));
    const invalid = (name: string) => find(`[data-setting=${name}]`).getAttribute("aria-invalid");
    model.set("problem", "max_df=0.95 of 40 documents is below min_df=99999: no term can be within both, lower min_df or raise max_df");
    expect([invalid("min_df"), invalid("max_df")]).toEqual(["true", "false"]);
    model.set("form", FORM);
    expect([invalid("min_df"), invalid("max_df")]).toEqual(["true", "true"]);
    model.set("problem", "");
    expect([invalid("min_df"), invalid("max_df")]).toEqual(["false", "false"]);
    find(".ntm-words-act .ntm-primary").click();
    await vi.waitFor(() => expect(find(".ntm-words").textContent).toContain("lower min_doc_words"));
    const field = find("[data-setting=min_doc_words]");
    field.value = "5";
    field.dispatchEvent(new Event("input"));
    await vi.waitFor(() => expect(find(".ntm-words").textContent).not.toContain("lower min_doc_words"));
  });

  it("says which words of one's own are in no document", () => {
    const { model, find } = show({ state: { ...STATE, unseen: ["max", "<b>"] } });
    const help = () => document.getElementById(find("[data-setting=own]").getAttribute("aria-describedby"))?.textContent;
    expect(help()).toContain("Not in these documents: max, <b>.");
    model.set("state", { ...STATE, unseen: ["a", "b", "c", "d", "e", "f"] });
    expect(help()).toContain("Not in these documents: a, b, c, d, e and others.");
    model.set("state", STATE);
    expect(help()).not.toContain("Not in");
  });

  it("shows the rows that a change is answered with, and asks for others only where a newer table came", async () => {
    const { model, find } = show({}, (op) => (op === "turn" ? words(100, 0, 2) : undefined));
    await vi.waitFor(() => expect(find("tbody th").textContent).toBe("word0"));
    const asked = () => model.sent.map((message: any) => message.op).filter((op: string) => op !== "show");
    find("tbody .ntm-words-button").click();
    model.set("state", { ...STATE, version: 2 });
    await vi.waitFor(() => expect(find(".ntm-words").dataset.shown).toBe("2"));
    expect(asked()).toEqual(["rows", "turn"]);
    find("tbody .ntm-words-button").click();
    model.set("state", { ...STATE, version: 3 });
    await vi.waitFor(() => expect(find(".ntm-words").dataset.shown).toBe("3"));
    expect(asked()).toEqual(["rows", "turn", "turn", "rows"]);
    model.set("state", { ...STATE, version: 4 });
    expect(asked().length).toBe(5);
  });

  it("marks what was changed and offers the way back", () => {
    const { model, find } = show({ form: { ...FORM, values: { ...VALUES, min_df: "5" }, changed: ["min_df"] } });
    const field = find("[data-setting=min_df]").closest(".ntm-words-field");
    expect(field.dataset.changed).toBe("true");
    const back = field.querySelector("button");
    expect([back.hidden, back.textContent]).toEqual([false, "Back to 2"]);
    back.click();
    expect(model.asked("reset")).toMatchObject([{ name: "min_df" }]);
  });

  it("shows how far a count is, and cancels it", () => {
    const { model, find, el } = show({ work: { phase: "counting", done: 50, total: 200, left: 3 } });
    expect(find(".ntm-words").dataset.state).toBe("counting");
    expect(find(".ntm-words-progress").textContent).toContain("50 of 200 documents · 3 s left");
    expect(find("[role=progressbar]").getAttribute("aria-valuenow")).toBe("25");
    [...el.querySelectorAll("button")].find((one) => one.textContent === "Cancel")?.click();
    expect(model.asked("cancel").length).toBe(1);
  });

  it("offers to fetch missing data or to go on without, by keyboard too, and shows how far the download is", async () => {
    const lacking = { what: "WordNet", package: "wordnet" };
    const { model, find, el } = show({ state: { version: 0 }, problem: "NLTK's WordNet is not on this machine.", lacking });
    const named = (text: string) => [...el.querySelectorAll("button")].find((one) => one.textContent === text) as HTMLButtonElement;
    const remedy = find(".ntm-words-remedy");
    expect(find(".ntm-words-slot .ntm-error").textContent).toContain("not on this machine");
    expect(remedy.hidden).toBe(false);
    named("Use the regex tokenizer").click();
    await vi.waitFor(() => expect(model.asked("set")).toMatchObject([{ name: "tokenizer", value: "regex" }]));
    named("Fetch WordNet").focus();
    named("Fetch WordNet").click();
    await vi.waitFor(() => expect(model.asked("fetch").length).toBe(1));
    model.set("work", { phase: "fetching", what: "WordNet", done: 40, total: 100 });
    expect(remedy.textContent).toContain("fetching WordNet: 40 %");
    expect(remedy.querySelector("[role=progressbar]").getAttribute("aria-valuenow")).toBe("40");
    expect(document.activeElement?.textContent).toBe("Cancel");
    (document.activeElement as HTMLElement).click();
    await vi.waitFor(() => expect(model.asked("cancel").length).toBe(1));
    model.set("work", { phase: "idle" });
    expect(document.activeElement).toBe(named("Fetch WordNet"));
    model.set("lacking", {});
    expect(remedy.hidden).toBe(true);
    expect((document.activeElement as HTMLElement).dataset.setting).toBe("tokenizer");
  });

  it("reads numbers from an unaligned buffer", () => {
    const bytes = new Uint8Array(17);
    bytes.set(new Uint8Array(new Float64Array([5, 6]).buffer), 1);
    const view = new DataView(bytes.buffer, 1);
    expect(rowsOf({ ...words(2).value }, [view, view]).map((row) => row.count)).toEqual([5, 6]);
  });
});

describe("documents", () => {
  const glance = { name: "<b>mails</b>", documents: 2000, report: [[3, "blank, dropped"], [null, "a note"]], labels: { names: ["<i>spam</i>"], counts: [1500], labels: 1, without: 500 }, lengths: { edges: [1, 10, 100], counts: [500, 1500], median: 40, longest: 99, every: 1 } };

  it("shows a corpus and a document as text, with its words marked", async () => {
    const places = new DataView(new Int32Array([0, 4, 5, 8]).buffer);
    const text = { number: 0, id: "0", label: "spam", text: "free 😀 <b>", characters: 11 };
    const model = new Server({ ...SHARED, glance, document: 0, marked: 0, work: { phase: "idle" } } as any, (op) => (op === "document" ? { value: text, buffers: [places] } : { value: [] }));
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    await vi.waitFor(() => expect(el.querySelectorAll("mark").length).toBe(2));
    expect(el.querySelector(".ntm-docs-text")?.textContent).toBe(text.text);
    expect(el.querySelector("h3")?.textContent).toBe("<b>mails</b>");
    expect(el.querySelector(".ntm-docs-text b, .ntm-docs-labels i")).toBeNull();
    expect(facts(glance as any)).toBe("2,000 documents · 1 label · median 40 words, longest 99");
    (el.querySelector("[aria-label='previous document']") as HTMLElement).click();
    expect(model.get("document" as never)).toBe(1999);
    cleanup();
    expect(model.listeners).toBe(0);
  });

  it("leads to the earlier runs where there is nothing else, in a studio", () => {
    const model = new Server({ ...SHARED, glance: {}, document: 0, marked: 0, work: { phase: "idle" }, earlier: 3, in_studio: true } as any, () => ({ value: [] }));
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    const line = el.querySelector<HTMLElement>(".ntm-docs-earlier")!;
    expect([line.hidden, line.textContent]).toEqual([false, "3 earlier runs are there to go on with. Go to Train"]);
    model.set("in_studio" as never, false as never);
    expect(line.hidden).toBe(true);
    model.set("in_studio" as never, true as never);
    model.set("glance" as never, glance as never);
    expect(line.hidden).toBe(true);
    cleanup();
  });

  it("offers to read damaged documents once more as files of Windows", async () => {
    const asked: unknown[] = [];
    const model = new Server({ ...SHARED, glance: { ...glance, damaged: 7 }, document: 0, marked: 0, work: { phase: "idle" } } as any, (op, message) => {
      if (op === "again") asked.push(message.encoding);
      return { value: [] };
    });
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    const again = () => el.querySelector<HTMLElement>(".ntm-docs-again");
    again()!.click();
    await vi.waitFor(() => expect(asked).toEqual(["cp1252"]));
    model.set("glance" as never, glance as never);
    expect(again()).toBeNull();
    cleanup();
  });

  it("offers to read documents without their HTML", async () => {
    const asked: unknown[] = [];
    const model = new Server({ ...SHARED, glance: { ...glance, report: [], html: "about 1,200" }, document: 0, marked: 0, work: { phase: "idle" } } as any, (op, message) => {
      if (op === "again") asked.push(message.strip_html);
      return { value: [] };
    });
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    expect(el.querySelector(".ntm-docs-report")?.textContent).toBe("about 1,200 with HTML tags or entities, kept");
    el.querySelector<HTMLElement>(".ntm-docs-again")!.click();
    await vi.waitFor(() => expect(asked).toEqual([true]));
    cleanup();
  });

  it("says why variables cannot be listed, and leaves nothing unhandled when it closes over an open question", async () => {
    const unhandled = vi.fn();
    const { process } = globalThis as any;
    process.on("unhandledRejection", unhandled);
    const model = new FakeModel({ ...SHARED, glance: {}, document: 0, marked: 0, work: { phase: "idle" } } as any);
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    const asked = () => model.sent.filter((one) => one.op === "variables");
    model.emit("msg:custom", { reply: asked()[0].id, error: "the notebook's variables cannot be read" });
    const error = el.querySelector(".ntm-load .ntm-error") as HTMLElement;
    await vi.waitFor(() => expect(error.textContent).toBe("the notebook's variables cannot be read"));
    const refresh = [...el.querySelectorAll("button")].find((one) => one.textContent === "Refresh") as HTMLElement;
    model.send = () => { throw new Error("the comm is gone"); };
    refresh.click();
    await vi.waitFor(() => expect(error.textContent).toContain("Python does not answer"));
    model.send = FakeModel.prototype.send;
    refresh.click();
    expect([asked().length, error.textContent]).toEqual([2, ""]);
    cleanup();
    await new Promise((done) => setTimeout(done, 20));
    process.off("unhandledRejection", unhandled);
    expect([unhandled.mock.calls, error.textContent]).toEqual([[], ""]);
  });

  it("chooses no column of a file that is no longer the one that was asked for", async () => {
    const model = new Server({ ...SHARED, glance: {}, document: 0, marked: 0, work: { phase: "idle" } } as any, (op, message) => {
      if (op !== "columns") return { value: [] };
      return message.source === "good.csv" ? { value: { columns: ["one", "two"], text: "one" } } : { error: "no such file" };
    });
    const el = document.body.appendChild(document.createElement("div"));
    const cleanup = documents.render({ model: model as any, el });
    const [path, choice] = [el.querySelector<HTMLInputElement>(".ntm-load input[type=text]")!, el.querySelector<HTMLElement>(".ntm-load-choice")!];
    const open = (name: string) => {
      path.value = name;
      path.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    };
    open("good.csv");
    await vi.waitFor(() => expect(choice.hidden).toBe(false));
    open("bad.csv");
    await vi.waitFor(() => expect(el.querySelector(".ntm-load .ntm-error")?.textContent).toBe("no such file"));
    expect([choice.hidden, choice.childElementCount]).toEqual([true, 0]);
    cleanup();
  });

  it("says once how many are without a label", () => {
    const said = (report: unknown) => {
      const model = new Server({ ...SHARED, glance: { ...glance, report }, document: 0, marked: 0, work: { phase: "idle" } } as any, () => ({ value: [] }));
      const el = document.body.appendChild(document.createElement("div"));
      documents.render({ model: model as any, el });
      return el.textContent?.match(/without label/g)?.length;
    };
    expect([said([]), said([[500, "without label"]])]).toEqual([1, 1]);
  });

  it("draws an axis with round numbers", () => {
    const marks = (most: number) => [...histogram({ ...glance.lengths, counts: [most, 0] }).querySelectorAll("text[text-anchor=end]")].map((one) => one.textContent);
    expect([marks(1), marks(2), marks(3), marks(700)]).toEqual([["1"], ["1", "2"], ["5"], ["500", "1,000"]]);
    expect([roundUp(3), roundUp(4200), roundUp(60)]).toEqual([5, 5000, 100]);
    expect([ticks(1, 100), ticks(10, 12000)]).toEqual([[1, 3, 10, 30, 100], [10, 100, 1000, 10000]]);
    const drawn = histogram(glance.lengths);
    expect([...drawn.querySelectorAll("rect title")].map((title) => title.textContent)).toEqual(["1 to 9 words: 500 documents", "10 to 99 words: 1,500 documents"]);
    expect(markedText("plain", undefined).map((node) => node.textContent)).toEqual(["plain"]);
  });

  it("sends a file in pieces, each after the answer to the one before", async () => {
    const pieces: number[] = [];
    const model = new Server({ ...SHARED } as any, (_, message) => {
      pieces.push(message.at);
      return { value: message.at + PIECE < message.size ? { done: message.at + PIECE } : { done: message.size, path: "uploads/a.csv", columns: ["text"] } };
    });
    const file = { name: "a.csv", size: 2 * PIECE + 5, slice: () => ({ arrayBuffer: () => Promise.resolve(new ArrayBuffer(4)) }) };
    const source = await upload(new Asker(model as any), file as any, () => undefined);
    expect([pieces, source.source]).toEqual([[0, PIECE, 2 * PIECE], "uploads/a.csv"]);
    await expect(upload(new Asker(model as any), { name: "b", size: 6e8 } as any, () => undefined)).rejects.toThrow("larger than 500 MB");
  });
});
