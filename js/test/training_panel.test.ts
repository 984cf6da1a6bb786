// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { rangeOf } from "../src/training/fields";
import type { Field, FormTraits } from "../src/training/model";
import { size } from "../src/training/model";
import widget, { setting } from "../src/training_panel";
import { FakeModel } from "./fake_model";

const field = (name: string, more: Partial<Field> = {}): Field => ({
  name, group: "", label: name, help: `help of ${name}`, expected: "", choices: [], best: false, ...more,
});
const FIELDS = [
  field("num_topics"), field("recipe", { choices: ["best", "sagemaker"] }), field("alpha", { group: "Start and prior", best: true }),
];

let seen: (visible: boolean) => void = () => undefined;

function show(traits: Partial<FormTraits> = {}) {
  const model = new FakeModel<FormTraits>({
    fields: FIELDS, given: {}, hints: { num_topics: "20", recipe: "best", alpha: "0.45" }, device: "auto", need: 2 ** 30, refusal: "",
    data: { documents: 900, words: 200, name: "mine" }, missing: "", run: "", running: false, palette: [["#111111", "#eeeeee"]], hides: "plain-1",
    ...traits,
  });
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  const find = <E extends HTMLElement>(selector: string) => el.querySelector(selector) as E;
  const asked = (op: string) => model.sent.filter((one) => one.op === op);
  const reply = async (op: string, content: object) => {
    model.emit("msg:custom", { reply: asked(op)[asked(op).length - 1].id, ...content });
    await vi.advanceTimersByTimeAsync(0);
  };
  const type = async (name: string, value: string) => {
    const input = find<HTMLInputElement>(`[data-name=${name}] :is(input, select)`);
    input.value = value;
    input.dispatchEvent(new Event("input"));
    input.dispatchEvent(new Event("change"));
    await vi.advanceTimersByTimeAsync(300);
    return input;
  };
  return { model, el, cleanup, find, asked, reply, type };
}

beforeEach(() => {
  vi.useFakeTimers();
  document.body.replaceChildren();
  vi.stubGlobal("IntersectionObserver", class {
    constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
      seen = (visible) => callback([{ isIntersecting: visible }]);
    }
    observe() {}
    disconnect() {}
  });
});

describe("training form", () => {
  it("folds the settings when a run begins, with what was set in one line", () => {
    const { find, model } = show({ given: { num_topics: 30, threads: 2 }, hints: { recipe: "best", epochs: "10", validation: "none" } });
    const setup = find<HTMLDetailsElement>(".ntm-setup");
    expect(setup.open).toBe(true);
    model.set("running", true);
    expect([setup.open, find(".ntm-setup-chosen").textContent]).toEqual([false, "30 topics · 10 epochs · validation none · recipe best · threads 2"]);
    model.set("running", false);
    expect([setup.open, find(".ntm-train-start").closest("details")]).toEqual([false, null]);
    setup.dispatchEvent(new Event("toggle"));
    expect(find(".ntm-train-start").classList.contains("ntm-primary")).toBe(false);
    expect(setting({ epochs: 5 }, { num_topics: "20", validation: "0.1", recipe: "best" })).toBe("20 topics · 5 epochs · validation 0.1 · recipe best");
  });

  it("folds the settings while a run is shown, however it came there", () => {
    const { find, model } = show({ run: "run-001" });
    const setup = find<HTMLDetailsElement>(".ntm-setup");
    expect(setup.open).toBe(false);
    model.set("run", "");
    expect(setup.open).toBe(true);
    model.set("run", "run-002");
    expect(setup.open).toBe(false);
  });

  it("shows what an empty field will be, and marks what was changed", () => {
    const { find, model } = show({ given: { num_topics: 30 } });
    expect(find<HTMLInputElement>("[data-name=alpha] input").placeholder).toBe("0.45");
    expect(find<HTMLSelectElement>("[data-name=recipe] select").selectedOptions[0].text).toBe("best");
    const changed = find("[data-name=num_topics]");
    expect([changed.dataset.changed, changed.querySelector("input")?.value]).toEqual(["true", "30"]);
    changed.querySelector<HTMLButtonElement>("button")?.click();
    expect(model.sent[model.sent.length - 1]).toMatchObject({ op: "change", name: "num_topics", value: "" });
  });

  it("says below a field which values it may have, unless it lists them", async () => {
    const expected = { help: "More topics are finer ones.", expected: "an integer from 2 to 1000" };
    const { find, type, reply } = show({ fields: [field("num_topics", expected), field("recipe", { ...expected, choices: ["best", "sagemaker"] })] });
    const described = () => document.getElementById(find("[data-name=num_topics] input").getAttribute("aria-describedby") ?? "")?.textContent?.trim();
    expect([described(), find("[data-name=recipe] .ntm-field-note").textContent?.trim()]).toEqual(["More topics are finer ones. From 2 to 1000.", expected.help]);
    await type("num_topics", "1");
    await reply("change", { error: "num_topics='1': expected an integer from 2 to 1000" });
    expect(described()).toBe("num_topics='1': expected an integer from 2 to 1000");
    await type("num_topics", "");
    await reply("change", { value: null });
    expect(described()).toContain("From 2 to 1000.");
    const short = ["a number above 0 to 1000", "a positive integer or auto", ""].map((words) => rangeOf(field("x", { expected: words })));
    expect(short).toEqual(["Above 0 to 1000.", "A positive integer or auto.", ""]);
  });

  it("keeps a refused value with its reason, and does not start with it", async () => {
    const { find, reply, type, asked } = show();
    const input = await type("num_topics", "1");
    await reply("change", { error: "num_topics='1': expected an integer from 2 to 1000" });
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(find("[data-name=num_topics] .ntm-field-note").textContent).toBe("num_topics='1': expected an integer from 2 to 1000");
    expect(find<HTMLButtonElement>(".ntm-train-start").disabled).toBe(true);
    expect(find(".ntm-train-why").textContent).toBe("num_topics: not possible yet.");
    find(".ntm-train-why button").click();
    expect(document.activeElement).toBe(input);
    await type("alpha", "-1");
    await reply("change", { error: "alpha='-1': expected more" });
    expect(find(".ntm-train-why").textContent).toBe("num_topics, alpha: not possible yet.");
    find(".ntm-train-why button:last-of-type").click();
    expect([find<HTMLDetailsElement>(".ntm-more").open, document.activeElement?.closest<HTMLElement>(".ntm-field")?.dataset.name]).toEqual([true, "alpha"]);
    await type("alpha", "");
    await reply("change", { value: null });
    await type("num_topics", "12");
    await reply("change", { value: null });
    expect(find("[data-name=num_topics] .ntm-field-note").textContent?.trim()).toBe("help of num_topics");
    expect(find(".ntm-train-why").textContent).toBe("");
    find(".ntm-train-start").click();
    expect(asked("start").length).toBe(1);
  });

  it("has no fields of another recipe", () => {
    const { find } = show({ given: { recipe: "sagemaker" } });
    expect(find<HTMLInputElement>("[data-name=alpha] input").disabled).toBe(true);
  });

  it("refuses before memory runs out, and says what would fit", () => {
    const { find, model } = show({ refusal: "this run needs about 3 GiB and cuda:0 has 2 GiB free: expected to fit is num_topics=12" });
    expect(find<HTMLButtonElement>(".ntm-train-start").disabled).toBe(true);
    expect(find(".ntm-train-why").textContent).toContain("num_topics=12");
    model.set("refusal", "");
    expect(find<HTMLButtonElement>(".ntm-train-start").disabled).toBe(false);
  });

  it("asks for memory once a second while it is in sight, and never else", async () => {
    const { asked, reply, find } = show();
    const row = { name: "cpu", label: "<b>CPU</b>", used: 2 ** 30, total: 2 ** 32, note: "RAM" };
    expect(asked("memory").length).toBe(0);
    seen(true);
    expect(asked("memory").length).toBe(1);
    await reply("memory", { value: [row] });
    expect(find("[data-name=cpu] .ntm-device-numbers").textContent).toBe("1.0 of 4.0 GiB used, 3.0 free");
    expect(find("[data-name=cpu] .ntm-device-label").textContent).toBe("<b>CPU</b> · RAM");
    await vi.advanceTimersByTimeAsync(1100);
    expect(asked("memory").length).toBe(2);
    seen(false);
    await reply("memory", { value: [row] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked("memory").length).toBe(2);
  });

  it("says what to do without documents, with the button that does it", async () => {
    const { find, asked, model } = show({ data: {}, missing: "%ntm corpus 20newsgroups" });
    expect([find("form").hidden, find(".ntm-train").dataset.state]).toEqual([true, "empty"]);
    find<HTMLButtonElement>(".ntm-train-empty button").click();
    expect(asked("prepare").length).toBe(1);
    model.set("data", { documents: 10, words: 5, name: "" });
    expect(find("form").hidden).toBe(false);
  });

  it("lists earlier runs when it is unfolded, as text", async () => {
    const { find, asked, reply } = show();
    const runs = find<HTMLDetailsElement>(".ntm-runs");
    runs.open = true;
    runs.dispatchEvent(new Event("toggle"));
    const row = { name: "<i>run</i>", status: "stopped", topics: 4, documents: 900, epochs: "3/10", "training loss": 6.5, "validation loss": null, started: "" };
    await reply("runs", { value: [row] });
    expect([...runs.querySelectorAll("td")].slice(0, 3).map((one) => one.textContent)).toEqual(["open", "<i>run</i>", "stopped"]);
    const less = [...runs.querySelectorAll("th.ntm-runs-less, td.ntm-runs-less")].map((one) => one.textContent);
    expect(less).toEqual(["documents", "training loss", "validation loss", "900", "6.500", "–"]);
    runs.querySelector<HTMLButtonElement>("td button")?.click();
    expect(asked("open")[0]).toMatchObject({ name: "<i>run</i>" });
    await reply("open", { value: "" });
    await reply("runs", { value: [{ ...row, open: true }] });
    expect([runs.querySelector("tr[aria-current=true]")?.textContent?.startsWith("shown"), runs.querySelector("td button")]).toEqual([true, null]);
  });

  it("shows the earlier runs where there is nothing else to go on with", () => {
    const open = (earlier: number) => show({ data: {}, missing: "%ntm corpus 20newsgroups", earlier }).find<HTMLDetailsElement>(".ntm-runs").open;
    expect([open(0), open(3)]).toEqual([false, true]);
  });

  it("takes back what it said of an opened run, and of a run that was being prepared, when that is past", async () => {
    const { find, model, reply } = show();
    const told = () => find(".ntm-runs .ntm-help").textContent;
    model.set("opened", "run-1 is open with its counts.");
    expect(told()).toBe("run-1 is open with its counts.");
    model.set("opened", "");
    expect(told()).toBe("");
    find("form").dispatchEvent(new Event("submit", { cancelable: true }));
    await reply("start", { error: "a run is being prepared just now: try again when that is done" });
    expect(find(".ntm-error[role=alert]").textContent).toContain("just now");
    model.set("running", true); // it began, in another studio
    expect(find(".ntm-error[role=alert]").textContent).toBe("");
  });

  it("leaves nothing behind", () => {
    const { model, cleanup, el } = show();
    cleanup();
    expect([model.listeners, el.childElementCount]).toEqual([0, 0]);
  });

  it("says sizes as people do", () => {
    expect([size(23 * 2 ** 20), size(3 * 2 ** 30)]).toEqual(["23 MiB", "3.0 GiB"]);
  });
});
