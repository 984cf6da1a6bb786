// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { duration, loss, rate } from "../src/lib/format";
import widget, { type Model, type RunState, where } from "../src/run_view";

const STATE: RunState = {
  name: "run-0003", phase: "training", epoch: 3, epochs: 10, fraction: 0.25, left: 12.4, train: 6.2918,
  validation: null, rate: 10234.5, topics: ["hockey team game", "<b>space</b> nasa"], message: "",
};

class FakeModel implements Model {
  sent: { op: string }[] = [];
  listeners = new Map<string, () => void>();
  constructor(public state: RunState) {}
  get(name: string): any {
    return name === "state" ? this.state : [["#111111", "#eeeeee"], ["#222222", "#dddddd"]];
  }
  on(name: string, callback: () => void): void { this.listeners.set(name, callback); }
  off(name: string): void { this.listeners.delete(name); }
  send(content: { op: string }): void { this.sent.push(content); }
  change(part: Partial<RunState>): void {
    this.state = { ...this.state, ...part };
    this.listeners.get("change:state")?.();
  }
}

function show(state: Partial<RunState> = {}) {
  const model = new FakeModel({ ...STATE, ...state });
  const el = document.body.appendChild(document.createElement("div"));
  const cleanup = widget.render({ model, el });
  return { model, el, cleanup, find: (selector: string) => el.querySelector(selector) as HTMLElement };
}

beforeEach(() => {
  document.body.innerHTML = "";
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
  it("shows where the run is, its numbers and its topics", () => {
    const { find, el } = show();
    expect(find(".ntm-run-where").textContent).toBe("epoch 3 of 10 · 12 s left");
    expect([...el.querySelectorAll(".ntm-run-numbers b")].map((d) => d.textContent)).toEqual(["6.292", "–", "10,200"]);
    expect(find("[role=progressbar]").getAttribute("aria-valuenow")).toBe("25");
  });

  it("never parses words as HTML", () => {
    const { find, el } = show();
    expect(el.querySelectorAll(".ntm-run-topics span")[1].textContent).toBe("<b>space</b> nasa");
    expect(find(".ntm-run-topics span b")).toBeNull();
  });

  it("updates in place without rebuilding", () => {
    const { model, find } = show();
    const bar = find("[role=progressbar]");
    model.change({ epoch: 4, fraction: 0.4 });
    expect(find("[role=progressbar]")).toBe(bar);
    expect(bar.getAttribute("aria-valuenow")).toBe("40");
  });

  it("asks to stop once", () => {
    const { model, find } = show();
    const stop = find(".ntm-run-stop") as HTMLButtonElement;
    stop.click();
    stop.click();
    expect(model.sent).toEqual([{ op: "stop" }]);
    expect(stop.disabled).toBe(true);
  });

  it("speaks once an epoch", () => {
    const { model, find } = show();
    const said = find("[aria-live]");
    model.change({ left: 3 });
    expect(said.textContent).toBe("run-0003: epoch 3 of 10 · 12 s left");
    model.change({ epoch: 4, left: 2 });
    expect(said.textContent).toBe("run-0003: epoch 4 of 10 · 2 s left");
  });

  it("follows the host's theme", async () => {
    const { find } = show();
    expect(find("li").style.getPropertyValue("--topic")).toBe("#111111");
    document.body.dataset.jpThemeLight = "false";
    await vi.waitFor(() => expect(find("li").style.getPropertyValue("--topic")).toBe("#eeeeee"));
  });

  it("says why a run failed and what phase it is in", () => {
    const { find } = show({ phase: "failed", message: "no space left on device" });
    expect(find(".ntm-run-message").textContent).toBe("no space left on device");
    expect(where({ ...STATE, phase: "starting", epoch: 0 })).toBe("getting ready");
  });

  it("stops listening when it is removed", () => {
    const { model, cleanup } = show();
    cleanup();
    expect(model.listeners.size).toBe(0);
  });
});
