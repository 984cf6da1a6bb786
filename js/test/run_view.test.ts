// @vitest-environment jsdom
import { beforeEach, describe, expect, it } from "vitest";
import { duration, loss, rate } from "../src/lib/format";
import widget, { type RunState, type RunTraits, where } from "../src/run_view";
import { FakeModel } from "./fake_model";

const STATE: RunState = {
  name: "run-0003", phase: "training", doing: "", epoch: 3, epochs: 10, fraction: 0.25, left: 12.4, train: 6.2918, validation: null,
  coherence: 0.4349, uniqueness: 1, rate: 10234.5, message: "", safe: "", resumable: false,
};

function show(state: Partial<RunState> | null = {}) {
  const given = state === null ? {} : { ...STATE, ...state };
  const model = new FakeModel<RunTraits>({ state: given as RunState, palette: [["#111111", "#eeeeee"]], hides: "plain-1" });
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  const change = (part: Partial<RunState>) => model.set("state", { ...(model.get("state") as RunState), ...part });
  return { model, el, cleanup, change, find: (selector: string) => el.querySelector(selector) as HTMLElement };
}

beforeEach(() => {
  document.body.replaceChildren();
  document.body.dataset.jpThemeLight = "true";
});

describe("format", () => {
  it("writes losses, rates and durations for people", () => {
    expect([loss(6.2918), loss(null), loss(Number.NaN)]).toEqual(["6.292", "–", "–"]);
    expect([rate(10234.5), rate(8.256), rate(null)]).toEqual(["10,200", "8.26", "–"]);
    expect([duration(8.4), duration(200), duration(7500)]).toEqual(["8 s", "3 min 20 s", "2 h 5 min"]);
  });
});

describe("run view", () => {
  it("shows where the run is and its numbers", () => {
    const { find, el } = show();
    expect(find(".ntm-run-where").textContent).toBe("epoch 3 of 10 · 12 s left");
    expect([...el.querySelectorAll(".ntm-run-numbers b")].map((d) => d.textContent)).toEqual(["6.292", "–", "0.43", "1.00", "10,200"]);
    expect(find("[role=progressbar]").getAttribute("aria-valuenow")).toBe("25");
  });

  it("is not there without a run, and appears with one", () => {
    const { find, model } = show(null);
    expect(find(".ntm-run").hidden).toBe(true);
    model.set("state", STATE);
    expect(find(".ntm-run").hidden).toBe(false);
  });

  it("never parses a name or a message as HTML", () => {
    const { find, el } = show({ name: "<img src=x>", phase: "failed", message: "<b>disk full</b>" });
    expect(find(".ntm-run-title").textContent).toBe("<img src=x>");
    expect(find(".ntm-run-message").textContent).toBe("<b>disk full</b>");
    expect(el.querySelector("img, .ntm-run-message b")).toBeNull();
  });

  it("updates in place without rebuilding", () => {
    const { change, find } = show();
    const bar = find("[role=progressbar]");
    change({ epoch: 4, fraction: 0.4 });
    expect(find("[role=progressbar]")).toBe(bar);
    expect(bar.getAttribute("aria-valuenow")).toBe("40");
  });

  it("asks to stop once", () => {
    const { model, find } = show();
    const stop = find(".ntm-run-stop") as HTMLButtonElement;
    stop.click();
    stop.click();
    expect(model.sent.map(({ op }) => op)).toEqual(["stop"]);
    expect(stop.disabled).toBe(true);
  });

  it("resumes a stopped run to its planned end, and a finished one by so many epochs", () => {
    const { model, find, change } = show({ phase: "stopped", resumable: true });
    expect(find(".ntm-run-stop").hidden).toBe(true);
    find(".ntm-run-resume").click();
    change({ phase: "finished" });
    (find(".ntm-run-more input") as HTMLInputElement).value = "5";
    find(".ntm-run-resume").click();
    expect(model.sent.map(({ op, epochs }) => [op, epochs])).toEqual([["resume", null], ["resume", 5]]);
  });

  it("shows why a request was refused, and lets one try again", async () => {
    const { model, find, change } = show({ phase: "stopped", resumable: true });
    find(".ntm-run-resume").click();
    model.emit("msg:custom", { reply: model.sent[0].id, error: "the documents of this run are missing" });
    await new Promise((done) => setTimeout(done));
    expect(find(".ntm-error").textContent).toBe("the documents of this run are missing");
    expect((find(".ntm-run-resume") as HTMLButtonElement).disabled).toBe(false);
    change({ phase: "starting", resumable: false }); // resumed in another studio
    expect(find(".ntm-error").textContent).toBe("");
  });

  it("speaks once an epoch", () => {
    const { change, find } = show();
    change({ left: 3 });
    expect(find(".ntm-said").textContent).toBe("run-0003: epoch 3 of 10 · 12 s left");
    change({ epoch: 4, left: 2 });
    expect(find(".ntm-said").textContent).toBe("run-0003: epoch 4 of 10 · 2 s left");
  });

  it("says what phase it is in", () => {
    const starting: RunState = { ...STATE, phase: "starting", epoch: 0, left: null };
    expect(where(starting)).toBe("getting ready");
    expect(where({ ...starting, doing: "word vectors (1 of 3)" })).toBe("getting ready: word vectors (1 of 3)");
    const partition = { ...starting, doing: "partition of the documents (2 of 3)", left: 12.4 };
    expect(where(partition)).toBe("getting ready: partition of the documents (2 of 3), 12 s left of this");
    expect(where({ ...partition, left: 0.3 })).toBe("getting ready: partition of the documents (2 of 3)");
    expect(where({ ...STATE, phase: "interrupted" })).toBe("interrupted · epoch 3 of 10");
  });

  it("has a bar of its own for getting ready, and says each of its phases once", () => {
    const { change, find } = show({ phase: "starting", epoch: 0, doing: "word vectors (1 of 3)", fraction: 0, left: null });
    const bar = find("[role=progressbar]");
    expect([bar.getAttribute("aria-label"), bar.getAttribute("aria-valuenow")]).toEqual(["progress of getting ready", "0"]);
    expect(find(".ntm-said").textContent).toBe("run-0003: getting ready: word vectors (1 of 3)");
    change({ doing: "partition of the documents (2 of 3)", fraction: 0.4, left: 30 });
    const said = find(".ntm-said").textContent;
    change({ fraction: 0.5, left: 20 });
    expect([bar.getAttribute("aria-valuenow"), find(".ntm-said").textContent]).toEqual(["50", said]);
    expect(bar.getAttribute("aria-valuetext")).toBe("getting ready: partition of the documents (2 of 3), 20 s left of this");
    change({ phase: "training", doing: "", fraction: 0.01, left: 60 });
    expect(bar.getAttribute("aria-label")).toBe("training progress");
  });

  it("leaves nothing behind when it is removed", () => {
    const { model, cleanup, el } = show();
    cleanup();
    expect([model.listeners, el.childElementCount]).toEqual([0, 0]);
  });
});
