// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { cellsBelow, watchKernel } from "../src/lib/kernel";
import { Keys } from "../src/lib/keys";
import type { ViewTraits } from "../src/lib/model";
import { Asker } from "../src/lib/requests";
import { openRoot } from "../src/lib/root";
import { FakeModel } from "./fake_model";

/** A signal as JupyterLab has it. */
class Signal {
  readonly slots = new Set<(sender: unknown, now: string) => void>();
  connect(slot: (sender: unknown, now: string) => void) { this.slots.add(slot); }
  disconnect(slot: (sender: unknown, now: string) => void) { this.slots.delete(slot); }
  emit(now = "") { for (const slot of this.slots) slot(this, now); }
}

/** A model in a host that shows its kernel. */
class HostedModel extends FakeModel<ViewTraits> {
  readonly kernel = { statusChanged: new Signal(), connectionStatusChanged: new Signal(), disposed: new Signal() };
  readonly widget_manager = { kernel: this.kernel };
  get slots() {
    return Object.values(this.kernel).reduce((sum, signal) => sum + signal.slots.size, 0);
  }
}

const hosted = () => new HostedModel({ palette: [], hides: "" });

beforeEach(() => document.body.replaceChildren());

describe("a kernel that ends", () => {
  it("is told once in an output, by its first view", () => {
    const output = document.body.appendChild(document.createElement("div"));
    output.className = "jp-OutputArea-output";
    const models = [hosted(), hosted()];
    const roots = models.map((model) => openRoot(model, output, "ntm-test"));
    for (const model of models) model.kernel.statusChanged.emit("restarting");
    expect([...output.querySelectorAll(".ntm-gone")].map((line) => line.parentElement)).toEqual([roots[0].element]);
    expect(output.querySelector("[role=alert].ntm-gone")?.textContent).toContain("Run the cell again");
    expect(roots[1].element.dataset.kernel).toBe("ended");
    for (const root of roots) root.close();
    expect(models.map((model) => model.slots)).toEqual([0, 0]);
  });

  it("may be lost for a while and found again, but once ended it stays so", () => {
    const model = hosted();
    const told: string[] = [];
    watchKernel(model, (now) => told.push(now));
    model.kernel.statusChanged.emit("busy");
    model.kernel.connectionStatusChanged.emit("connecting");
    model.kernel.connectionStatusChanged.emit("connected");
    model.kernel.disposed.emit();
    model.kernel.connectionStatusChanged.emit("connected");
    expect(told).toEqual(["lost", "connected", "ended"]);
  });

  it("is not missed where there never was one, and the line goes when the connection is back", () => {
    const plain = openRoot(new FakeModel<ViewTraits>({ palette: [], hides: "" }), document.body, "ntm-test");
    expect(plain.element.dataset.kernel).toBeUndefined();
    const model = hosted();
    const root = openRoot(model, document.body, "ntm-test");
    model.kernel.connectionStatusChanged.emit("disconnected");
    expect(root.element.firstElementChild?.className).toBe("ntm-gone");
    model.kernel.connectionStatusChanged.emit("connected");
    expect(root.element.querySelector(".ntm-gone")).toBeNull();
  });

  it("fails a question that cannot be sent, in one line", async () => {
    const model = hosted();
    model.send = () => { throw new Error("Cannot send"); };
    vi.spyOn(console, "warn").mockReturnValue();
    await expect(new Asker(model).ask("rows")).rejects.toThrow("Python does not answer: its kernel has ended");
  });
});

describe("a cell below", () => {
  const output = (id: string) => ({ getOutputs: () => [{ data: { "application/vnd.jupyter.widget-view+json": { model_id: id } } }] });

  it("follows the cell that shows the widget, or is the last", () => {
    const notebook = { cells: [{}, output("mine"), output("other")], insertCell: vi.fn() };
    const model = { widget_manager: { context: { model: { sharedModel: notebook } } } };
    cellsBelow(model, "mine")?.("1 + 1");
    cellsBelow(model, "nowhere")?.("2");
    expect(notebook.insertCell.mock.calls.map(([at, cell]) => [at, cell.cell_type, cell.source])).toEqual([[2, "code", "1 + 1"], [3, "code", "2"]]);
  });

  it("is not offered where the host has no notebook", () => {
    expect([cellsBelow({}, "mine"), cellsBelow({ widget_manager: { context: {} } }, "mine")]).toEqual([null, null]);
  });
});

describe("keys", () => {
  const press = (target: Element, key: string) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    target.dispatchEvent(event);
    return event.defaultPrevented;
  };

  it("are listed by ? outside of fields, together with those of a panel, and put away by Esc", () => {
    const view = document.body.appendChild(document.createElement("div"));
    const more = document.createElement("dt");
    const keys = new Keys([["Esc", "close"]], () => [more]);
    const field = view.appendChild(document.createElement("input"));
    view.append(keys.element);
    view.addEventListener("keydown", (event) => keys.pressed(event));
    const [button, list] = [keys.element.querySelector("button")!, keys.element.querySelector("dl")!];
    expect([press(field, "?"), list.hidden]).toEqual([false, true]);
    expect([press(view, "?"), list.hidden, list.contains(more)]).toEqual([true, false, true]);
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect([press(field, "Escape"), list.hidden, document.activeElement]).toEqual([true, true, button]);
    expect(press(view, "Escape")).toBe(false);
  });

  it("are left to the view around where the button is not shown", () => {
    const keys = new Keys([["Esc", "close"]]);
    document.body.append(keys.element);
    keys.element.style.display = "none";
    const heard = vi.fn((event: KeyboardEvent) => keys.pressed(event));
    document.body.addEventListener("keydown", heard, { once: true });
    expect([press(document.body, "?"), heard.mock.results[0].value]).toEqual([false, false]);
  });
});
