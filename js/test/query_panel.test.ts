// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claimsOf, heavyTopics, percent, type Said, unpack, weight } from "../src/query/answer";
import { difference } from "../src/query/results";
import widget, { type Traits } from "../src/query_panel";
import { FakeModel } from "./fake_model";

const HOSTILE = "<img src=x onerror=alert(1)>";
const TEXT = `the 🚀 shuttle qwertz ${HOSTILE}`;

/** A view of the bytes that does not begin at the start of its buffer, as messages bring it. */
function view(array: ArrayLike<number> & { buffer: ArrayBufferLike }): DataView {
  const bytes = new Uint8Array(array.buffer);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  return new DataView(shifted.buffer, 3);
}

function said(part: Partial<Said> = {}): Said {
  return { title: "This text", state: "read", message: "", text: TEXT, length: [...TEXT].length, rest: 0, words: 2, known: 1, terms: ["shuttle"], ...part };
}

/** the 🚀 shuttle qwertz: a stop word, a known one claimed by topics 2, 0, 1, and an unknown one. */
function arrays(weights = [0.3, 0.1, 0.6]): DataView[] {
  return [
    view(new Float32Array(weights)), view(new Uint32Array([0, 3, 7, 14, 15, 21])), view(new Int32Array([-2, 0, -1])),
    view(new Int16Array([2, 0, 1])), view(new Float32Array([0.7, 0.299, 0.001])),
  ];
}

const TRAITS: Traits = {
  palette: [["#111111", "#eeeeee"], ["#222222", "#dddddd"], ["#333333", "#cccccc"]], hides: "plain", text: TEXT, topic: null, document: null,
  documents: 10, labels: ["a", "b", HOSTILE], status: "", version: 1, counted: 1, earlier: 0,
};

function show(traits: Partial<Traits> = {}) {
  const model = new FakeModel<Traits>({ ...TRAITS, ...traits });
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  const find = (selector: string) => el.querySelector(selector) as HTMLElement;
  return { model, el, cleanup, find, all: (selector: string) => [...el.querySelectorAll<HTMLElement>(selector)] };
}

async function answered(columns = [said()], buffers = arrays(), traits: Partial<Traits> = {}) {
  const shown = show(traits);
  shown.model.answer({ columns }, buffers);
  await vi.waitFor(() => expect(shown.find(".ntm-q").dataset.drawn).toBe("1"));
  return shown;
}

beforeEach(() => {
  document.body.replaceChildren();
  document.body.dataset.jpThemeLight = "true";
  Element.prototype.scrollIntoView = () => undefined;
});
afterEach(() => vi.useRealTimers());

describe("answer", () => {
  it("unpacks arrays wherever they begin", () => {
    const [column] = unpack([said()], arrays());
    expect([...column.kinds]).toEqual([-2, 0, -1]);
    expect(claimsOf(column, 0).map(({ topic }) => topic)).toEqual([2, 0, 1]);
  });

  it("chooses the topics that matter in any of the texts", () => {
    const columns = unpack([said(), said()], [...arrays([0.99, 0.01, 0]), ...arrays([0.5, 0.001, 0.499])]);
    expect(heavyTopics(columns.slice(0, 1))).toEqual([0]);
    expect(heavyTopics(columns)).toEqual([0, 2]);
    expect(heavyTopics(columns, true)).toEqual([0, 2, 1]);
  });

  it("writes numbers for people", () => {
    expect([weight(0.617), weight(0.001), percent(0.7), percent(0.001), percent(0)]).toEqual(["0.62", "< 0.01", "70 %", "< 1 %", "0 %"]);
    expect([difference(0.2), difference(-0.046), difference(0.001)]).toEqual(["+0.20", "−0.05", ""]);
  });
});

describe("query panel", () => {
  it("shows bars, heaviest first, and the words where they stand", async () => {
    const { all, find } = await answered();
    expect(all(".ntm-q-bar .ntm-q-weight").map((cell) => cell.textContent)).toEqual(["0.60", "0.30", "0.10"]);
    expect(find(".ntm-q-word").textContent).toBe("shuttle");
    expect(find(".ntm-q-word").dataset).toMatchObject({ topic: "2", number: "2" });
    expect([find(".ntm-q-stop").textContent, find(".ntm-q-unknown").textContent]).toEqual(["the", "qwertz"]);
    expect(find(".ntm-q-text").textContent).toBe(TEXT);
  });

  it("never parses a text or a label as HTML", async () => {
    const { el, find } = await answered([said({ title: HOSTILE, message: HOSTILE })]);
    find(".ntm-q-word").dispatchEvent(new Event("pointerover", { bubbles: true }));
    expect(find(".ntm-q-tip").textContent).toContain(HOSTILE);
    expect(el.querySelector("img, b, script")).toBeNull();
  });

  it("says who claims a word, by pointer and by keys, and Esc closes it", async () => {
    const { find } = await answered();
    const [text, tip] = [find(".ntm-q-text"), find(".ntm-q-tip")];
    text.focus();
    expect(tip.hidden).toBe(false);
    expect(tip.textContent).toContain("70 %");
    expect(find(".ntm-said").textContent).toContain("shuttle: topic 2");
    expect(text.getAttribute("aria-activedescendant")).toBe(find(".ntm-q-word").id);
    text.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(tip.hidden).toBe(true);
  });

  it("emphasises the words of a topic that is pointed at, and selects it by a click", async () => {
    const { model, all, find } = await answered();
    const bar = all(".ntm-q-bar")[0];
    bar.dispatchEvent(new Event("pointerenter"));
    expect(find(".ntm-q-word").classList.contains("is-lit")).toBe(true);
    bar.dispatchEvent(new Event("pointerleave"));
    expect(find(".ntm-q-text").classList.contains("is-dimmed")).toBe(false);
    bar.click();
    expect(model.get("topic")).toBe(2);
    expect(bar.getAttribute("aria-pressed")).toBe("true");
    bar.click();
    expect(model.get("topic")).toBeNull();
  });

  it("says which topic alone is shown, also where it was chosen elsewhere, and lets it go", async () => {
    const { model, find, all } = await answered([said(), said({ title: "pinned" })], [...arrays(), ...arrays()]);
    expect([all(".ntm-q-chip").length, find(".ntm-q-chip").hidden]).toEqual([1, true]);
    model.set("topic", 2);
    expect([find(".ntm-q-chip").hidden, find(".ntm-q-chip").textContent]).toEqual([false, "showing topic 2×"]);
    expect(find(".ntm-q-chip").getAttribute("aria-label")).toBe(`showing topic 2, ${HOSTILE}: show all topics`);
    find(".ntm-q-chip").click();
    expect([model.get("topic"), find(".ntm-q-chip").hidden, document.activeElement]).toEqual([null, true, find("textarea")]);
    expect(all(".is-dimmed").length).toBe(0);
  });

  it("takes no colour from the words for a topic that was chosen in another step of a studio", async () => {
    const { model, find, all } = await answered();
    const dimmed = () => [find(".ntm-q-text").classList.contains("is-dimmed"), !find(".ntm-q-chip").hidden];
    model.set("in_studio", true);
    model.set("topic", 2);
    const [bar] = all(".ntm-q-bar");
    expect([dimmed(), bar.getAttribute("aria-pressed")]).toEqual([[false, false], "true"]);
    bar.click(); // now it is chosen here
    expect([dimmed(), model.get("topic")]).toEqual([[true, true], 2]);
    model.set("topic", 0);
    model.set("topic", 2);
    expect(dimmed()).toEqual([false, false]);
    bar.click();
    bar.click();
    expect([dimmed(), model.get("topic")]).toEqual([[false, false], null]);
  });

  it("keeps the words of a text in colour where the selected topic is none of its own", async () => {
    const { model, all, find } = await answered([said()], arrays([0.99, 0.005, 0.005]));
    const dimmed = () => find(".ntm-q-text").classList.contains("is-dimmed");
    expect(all(".ntm-q-bar").map((bar) => bar.dataset.topic)).toEqual(["0"]);
    model.set("topic", 1); // neither a bar nor a word
    expect(dimmed()).toBe(false);
    model.set("topic", 0); // a bar
    expect(dimmed()).toBe(true);
    model.set("topic", 2); // a word, and no bar
    expect([dimmed(), find(".ntm-q-word").classList.contains("is-lit")]).toEqual([true, true]);
  });

  it("sends what was typed once, 150 ms after the last key", async () => {
    const { model, find } = await answered();
    vi.useFakeTimers();
    const box = find("textarea") as HTMLTextAreaElement;
    for (const text of ["a", "ab", "abc"]) {
      box.value = text;
      box.dispatchEvent(new Event("input"));
      vi.advanceTimersByTime(100);
    }
    expect(model.saved).toBe(0);
    vi.advanceTimersByTime(60);
    expect([model.get("text"), model.saved]).toEqual(["abc", 1]);
  });

  it("refuses five megabytes in a line", async () => {
    const { model, find } = await answered();
    vi.useFakeTimers();
    (find("textarea") as HTMLTextAreaElement).value = "x".repeat(5_000_001);
    find("textarea").dispatchEvent(new Event("input"));
    vi.advanceTimersByTime(200);
    expect(find(".ntm-error").textContent).toContain("too long");
    expect(model.get("text")).toBe(TEXT);
  });

  it("keeps a long paste out of the box, and all of it in the text", async () => {
    const { model, find } = await answered();
    const box = find("textarea") as HTMLTextAreaElement;
    const paste = Object.assign(new Event("paste", { cancelable: true }), { clipboardData: { getData: () => "long ".repeat(200_000) } });
    vi.useFakeTimers();
    box.setSelectionRange(box.value.length, box.value.length);
    box.dispatchEvent(new Event("input")); // a letter typed just before
    box.dispatchEvent(paste);
    vi.advanceTimersByTime(1000);
    expect(paste.defaultPrevented).toBe(true);
    expect(model.get("text")).toHaveLength(TEXT.length + 1_000_000);
    expect([box.value.length, box.readOnly]).toEqual([10_000, true]);
    expect(find(".ntm-help").textContent).toContain("characters");
  });

  it("puts texts side by side on one scale, with the differences", async () => {
    const { find, all } = await answered([said(), said({ title: "“other”" })], [...arrays(), ...arrays([0.1, 0.1, 0.8])]);
    expect(find(".ntm-q-columns").dataset.count).toBe("2");
    const pinned = all(".ntm-q-column")[1];
    expect([...pinned.querySelectorAll(".ntm-q-bar")].map((bar) => bar.textContent)).toEqual([`2${HOSTILE}+0.200.80`, "0a−0.200.10", "1b0.10"]);
    expect(pinned.querySelectorAll<HTMLElement>(".ntm-q-tick")[0].style.left).toMatch(/^60/);
  });

  it("asks again when Python says so, and draws the newest answer only", async () => {
    const { model, find } = await answered();
    model.set("version", 2);
    const old = model.sent[model.sent.length - 1];
    model.set("version", 3);
    model.answer({ columns: [said({ title: "new" })] }, arrays());
    model.emit("msg:custom", { reply: old.id, value: { columns: [said({ title: "old" })] } }, arrays());
    await vi.waitFor(() => expect(find(".ntm-q").dataset.drawn).toBe("2"));
    expect(find("h4").textContent).toBe("new");
  });

  it("says what to do with an empty or unknown text", async () => {
    const { find, all } = await answered([said({ state: "empty", message: "Type a text.", text: "", terms: [] })], arrays());
    expect(find(".ntm-q").dataset.state).toBe("empty");
    expect(find(".ntm-q-message").textContent).toBe("Type a text.");
    expect(all(".ntm-q-bar")).toHaveLength(0);
    const unknown = await answered([said({ state: "unknown", message: "None is known.", terms: [], text: "x" })], arrays());
    expect(unknown.all(".ntm-q-bar")).toHaveLength(0);
    expect(unknown.find(".ntm-q-text").textContent).toBe("x");
  });

  it("picks documents within the corpus", async () => {
    const { model, find, el } = await answered();
    const number = find("input[type=number]") as HTMLInputElement;
    number.value = "99";
    number.dispatchEvent(new Event("change"));
    expect(model.get("document")).toBe(9);
    (el.querySelector("[aria-label='Previous document']") as HTMLElement).click();
    expect(model.get("document")).toBe(8);
  });

  it("lists similar documents, read by a click", async () => {
    const { model, find } = await answered();
    const rows = [{ document: 7, id: HOSTILE, label: HOSTILE, similarity: 0.834, text: HOSTILE }];
    model.answer({ rows, how: "cosine", among: 1234 });
    await vi.waitFor(() => expect(find(".ntm-q-similar").dataset.rows).toBe("1"));
    expect(find(".ntm-q-similar").textContent).toContain("cosine, among 1,234");
    expect(find(".ntm-q-similar img")).toBeNull();
    find(".ntm-q-similar li .ntm-link").click();
    expect(model.get("document")).toBe(7);
  });

  it("leaves no listener behind", async () => {
    const { model, cleanup, el } = await answered();
    cleanup();
    expect(model.listeners).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
