// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import widget, { following, mark, type StepState, type StudioTraits } from "../src/studio";
import { FakeModel } from "./fake_model";

const NAMES = ["documents", "words", "train", "topics", "ask"];

function steps(states: StepState["state"][], share: number | null = null): StepState[] {
  return NAMES.map((name, at) => ({
    name, label: name, help: `help of ${name}`, state: states[at], line: `${name} <b>line</b>`, share: name === "train" ? share : null,
  }));
}

const EARLY = steps(["done", "next", "missing", "missing", "missing"]);

function show(traits: Partial<StudioTraits> = {}) {
  const model = new FakeModel<StudioTraits>({
    palette: [], hides: "", step: "documents", steps: EARLY, opened: ["documents"], code: "", outer: "studio-1", whole: false, revision: 0, ...traits,
  });
  const box = document.body.appendChild(document.createElement("div"));
  box.className = "ntm-studio-box";
  const el = box.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model: model as never, el });
  const find = <T extends HTMLElement>(selector: string) => el.querySelector(selector) as T;
  const button = (text: string) => [...el.querySelectorAll("button")].find((one) => one.textContent === text) as HTMLButtonElement;
  return { model, box, el, cleanup, find, button, tab: (name: string) => find<HTMLButtonElement>(`[data-step=${name}][role=tab]`) };
}

beforeEach(() => {
  document.body.innerHTML = "";
});

describe("steps", () => {
  it("marks what is done and what failed by more than colour", () => {
    const all = steps(["done", "failed", "next", "missing", "missing"]);
    expect(all.map(mark)).toEqual(["✓", "!", "3", "4", "5"]);
  });

  it("leads on only from a step that is done to one that can be entered", () => {
    expect(following(EARLY, "documents")?.name).toBe("words");
    expect(following(EARLY, "words")).toBeUndefined();
    expect(following(steps(["done", "done", "running", "missing", "missing"]), "train")).toBeUndefined();
    expect(following(steps(["done", "done", "done", "done", "done"]), "ask")).toBeUndefined();
  });
});

describe("studio head", () => {
  it("is a list of tabs, each with its state in words", () => {
    const { tab, find } = show();
    expect(find("[role=tablist]").querySelectorAll("[role=tab]").length).toBe(5);
    expect(tab("documents").getAttribute("aria-selected")).toBe("true");
    expect([tab("documents").tabIndex, tab("words").tabIndex]).toEqual([0, -1]);
    expect(tab("words").getAttribute("aria-label")).toBe("words, to do: words <b>line</b>");
    expect(find(".ntm-studio-help").textContent).toBe("help of documents");
    expect(tab("words").querySelector("b")).toBeNull();
  });

  it("says in a tab that a run failed, and why in its title", () => {
    const { tab } = show({ steps: steps(["done", "done", "failed", "missing", "missing"]) });
    expect([tab("train").querySelector(".ntm-studio-line")?.textContent, tab("train").title]).toEqual(["failed", "train <b>line</b>"]);
  });

  it("moves among the tabs with arrow keys and opens with a click", () => {
    const { model, tab } = show();
    tab("documents").focus();
    tab("documents").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(document.activeElement).toBe(tab("words"));
    expect(model.get("step")).toBe("documents");
    tab("words").click();
    expect([model.get("step"), model.saved]).toEqual(["words", 1]);
    expect(tab("words").getAttribute("aria-selected")).toBe("true");
  });

  it("offers the way on, as the main thing to do only while it is new", () => {
    const { model, button } = show();
    const onward = button("Continue: words");
    expect(onward.classList.contains("ntm-primary")).toBe(true);
    model.set("opened", ["documents", "words"]);
    expect(onward.classList.contains("ntm-primary")).toBe(false);
    onward.click();
    expect([model.get("step"), onward.hidden]).toEqual(["words", true]);
  });

  it("shows how far a run is, and speaks when a step changes, not at every epoch", () => {
    const running: StepState["state"][] = ["done", "done", "running", "missing", "missing"];
    const { model, tab, find } = show({ steps: steps(running, 0.25) });
    expect((tab("train").querySelector(".ntm-bar > div") as HTMLElement).style.transform).toBe("scaleX(0.25)");
    model.set("steps", steps(running, 0.5));
    expect(find(".ntm-said").textContent).toBe("");
    model.set("steps", steps(["done", "done", "done", "done", "done"]));
    expect(find(".ntm-said").textContent).toContain("train: done");
  });

  it("asks for the code only while it is open, and again when more was done", async () => {
    const { model, button, find } = show();
    model.set("revision", 1);
    expect(model.sent).toEqual([]);
    button("Code").click();
    expect([model.get("code"), model.sent[0].op]).toEqual(["python", "code"]);
    model.answer("corpus = '<img src=x onerror=alert(1)>'");
    await vi.waitFor(() => expect(find(".ntm-studio-text").textContent).toContain("<img"));
    expect(find(".ntm-studio-text").children.length).toBe(0);
    model.set("revision", 2);
    expect(model.sent.length).toBe(2);
    find("input[type=checkbox]").click();
    expect([model.get("whole"), model.sent[2]]).toMatchObject([true, { op: "code", kind: "python", whole: true }]);
    find(".ntm-studio-code").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect([model.get("code"), document.activeElement]).toEqual(["", button("Code")]);
  });

  it("copies, and where that is forbidden selects", async () => {
    const { model, button, find } = show({ code: "magics" });
    model.answer("%ntm corpus texts");
    await vi.waitFor(() => expect(button("Copy").disabled).toBe(false));
    const writeText = vi.fn(async () => undefined);
    Object.defineProperty(navigator, "clipboard", { value: { writeText }, configurable: true });
    button("Copy").click();
    await vi.waitFor(() => expect(find(".ntm-studio-told").textContent).toContain("copied"));
    expect(writeText).toHaveBeenCalledWith("%ntm corpus texts");
    writeText.mockRejectedValueOnce(new Error("not allowed"));
    button("Copy").click();
    await vi.waitFor(() => expect(find(".ntm-studio-told").textContent).toContain("Ctrl-C"));
    expect(getSelection()?.toString()).toBe("%ntm corpus texts");
  });

  it("says how to get a cell with the code where the host lets no view add one", () => {
    const { button, find } = show({ code: "python" });
    expect([button("Insert below").hidden, find(".ntm-studio-code .ntm-help").textContent]).toEqual([true, "%ntm code --insert puts it into a new cell."]);
  });

  it("names the panels that are added beside it", async () => {
    const { box, tab } = show();
    const stage = document.createElement("div");
    stage.className = "ntm-studio-stage ntm-studio-words";
    await new Promise((done) => setTimeout(done, 1));
    box.append(stage);
    await vi.waitFor(() => expect(stage.getAttribute("role")).toBe("tabpanel"));
    expect(stage.getAttribute("aria-labelledby")).toBe(tab("words").id);
    expect(tab("words").getAttribute("aria-controls")).toBe(stage.id);
  });

  it("leaves nothing behind", () => {
    const { model, el, cleanup } = show({ code: "python" });
    cleanup();
    expect([model.listeners, el.children.length]).toEqual([0, 0]);
  });
});
