// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import view from "../src/bokeh_view";
import type { BokehDocument, BokehModel } from "../src/lib/bokeh";
import { loadBokeh } from "../src/lib/bokeh";
import { plainColor } from "../src/lib/bokeh_theme";
import { FakeModel } from "./fake_model";

/** A Bokeh model as the theme sees it: values, and whether the author has set them. */
class FakeBokehModel implements BokehModel {
  [name: string]: unknown;
  readonly id = "p1";
  tags: unknown[] = [];
  private readonly set = new Set<string>();

  property(name: string) {
    return { dirty: this.set.has(name) };
  }

  setv(values: Record<string, unknown>) {
    for (const [name, value] of Object.entries(values)) {
      this[name] = value;
      this.set.add(name);
    }
  }
}
class Plot extends FakeBokehModel {}
class Title extends FakeBokehModel {}
class Line extends FakeBokehModel {}

class FakeDocument implements BokehDocument {
  readonly applied: unknown[] = [];
  readonly buffers: Map<string, ArrayBuffer>[] = [];
  element: HTMLElement | null = null;
  readonly views_manager = { clear: () => void bokeh.views.delete(this) };

  constructor(readonly all_models: Set<BokehModel>) {
    bokeh.documents.push(this);
  }

  apply_json_patch(patch: unknown, buffers: Map<string, ArrayBuffer>) {
    if (patch === "unknown model") throw new Error("can't resolve reference");
    this.applied.push(patch);
    this.buffers.push(buffers);
  }

  clear() {
    this.element?.replaceChildren();
  }
}

const models = () => new Set<BokehModel>([new Plot(), new Title(), new Line()]);
let made: () => Set<BokehModel> = models;
const kinds: Record<string, new () => FakeBokehModel> = { Plot, Title };
const bokeh = {
  documents: [] as FakeDocument[],
  views: new Set<FakeDocument>(), // of the whole page, as BokehJS keeps them
  Models: { get: (type: string) => kinds[type] ?? null },
  embed: {
    add_document_standalone: async (document: FakeDocument, element: HTMLElement) => {
      document.element = element;
      bokeh.views.add(document);
      element.append("canvas");
    },
  },
  require: (name: string) => (name === "document" ? { Document: { from_json: () => new FakeDocument(made()) } } : {}),
};

const buffer = (value: unknown) => new DataView(new TextEncoder().encode(JSON.stringify(value)).buffer);
const packed = (text: string) => new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
const settle = () => new Promise((done) => setTimeout(done, 0));
const snapshot = (number: number) => ({ needs: ["bokeh"], number });

function open() {
  const model = new FakeModel({ palette: [["#111", "#eee"]] as [string, string][], hides: "", alt: "losses", room: 260, version: "3.9.2" });
  const el = document.body.appendChild(document.createElement("div"));
  const close = view.render({ model, el });
  return { model, el, close, root: el.querySelector<HTMLElement>(".ntm-bokeh")! };
}

async function opened(number = 0) {
  const shown = open();
  shown.model.answer(snapshot(number), [buffer({})]);
  await settle();
  return shown;
}

beforeEach(() => {
  document.body.dataset.jpThemeLight = "true";
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  Object.assign(globalThis, { Bokeh: { "3.9.2": bokeh } });
});

afterEach(() => {
  document.body.replaceChildren();
  bokeh.documents.length = 0;
  bokeh.views.clear();
  made = models;
  vi.restoreAllMocks();
});

describe("the figure", () => {
  it("reserves its room, names itself, asks for the document and shows it", async () => {
    const { model, root } = open();
    const place = root.querySelector<HTMLElement>("[role=figure]")!;
    expect([root.dataset.state, place.style.minHeight, place.getAttribute("aria-label")]).toEqual(["loading", "260px", "losses"]);
    model.set("alt", "the loss is 6.57");
    expect(place.getAttribute("aria-label")).toBe("the loss is 6.57");
    expect(model.sent.map((message) => message.op)).toEqual(["document"]);
    model.answer(snapshot(0), [buffer({})]);
    await settle();
    expect([root.dataset.state, place.style.minHeight, place.textContent]).toEqual(["ready", "", "canvas"]);
  });

  describe("before BokehJS is there", () => {
    const asked = ({ model }: ReturnType<typeof open>) => model.sent.map(({ op }) => op);
    beforeEach(() => Object.assign(globalThis, { Bokeh: {} }));

    it("fetches it while the document is written, and says what is missing", async () => {
      const shown = open();
      expect(asked(shown)).toEqual(["script", "document"]);
      shown.model.emit("msg:custom", { reply: shown.model.sent[0].id, error: "the disk is gone" });
      shown.model.emit("msg:custom", { reply: shown.model.sent[1].id, value: snapshot(0) }, [buffer({})]);
      await settle();
      expect(asked(shown)).toEqual(["script", "document", "script"]);
      shown.model.emit("msg:custom", { reply: shown.model.sent[2].id, error: "the disk is gone" });
      await settle();
      expect(shown.root.querySelector("[role=alert]")?.textContent).toContain("the disk is gone");
      shown.close();
    });

    it("waits for no other view, whose kernel may be busy", async () => {
      const [busy, ready] = [open(), open()];
      expect([asked(busy), asked(ready)]).toEqual([["script", "document"], ["document"]]);
      ready.model.emit("msg:custom", { reply: ready.model.sent[0].id, value: snapshot(0) }, [buffer({})]);
      await settle();
      expect(asked(ready)).toEqual(["document", "script"]);
      busy.close();
      ready.close();
      await settle();
    });

    it("asks again after views that were closed while they waited", async () => {
      const views = [open(), open()];
      await settle();
      for (const view of views) view.close();
      await settle();
      const later = open();
      expect(asked(later)).toEqual(["script", "document"]);
      later.close();
      await settle();
    });
  });

  it("applies the messages after its snapshot, in order, with their buffers", async () => {
    const { model, root } = open();
    model.emit("msg:custom", { patch: 3, ids: [] }, [buffer("in the snapshot")]);
    model.emit("msg:custom", { patch: 4, ids: ["b1"] }, [buffer("first"), buffer(7)]);
    model.answer(snapshot(3), [buffer({})]);
    await settle();
    model.emit("msg:custom", { patch: 5, ids: [] }, [buffer("second")]);
    expect(bokeh.documents[0].applied).toEqual(["first", "second"]);
    expect(new TextDecoder().decode(bokeh.documents[0].buffers[0].get("b1"))).toBe("7");
    expect(root.dataset.number).toBe("5");
  });

  it.each([["a message that does not apply", { patch: 1 }, "unknown model"], ["a gap", { patch: 3 }, "late"]])(
    "starts anew after %s",
    async (_, message, content) => {
      const { model, root } = await opened();
      model.emit("msg:custom", { ...message, ids: [] }, [buffer(content)]);
      expect(model.sent.map((sent) => sent.op)).toEqual(["document", "document"]);
      model.answer(snapshot(9), [buffer({})]);
      await settle();
      expect([root.dataset.state, root.dataset.number, bokeh.documents.length]).toEqual(["ready", "9", 1]);
    },
  );

  it("shows Python's error", async () => {
    const { model, root } = open();
    model.emit("msg:custom", { reply: model.sent[0].id, error: "this view is closed: make a new BokehView" });
    await settle();
    expect(root.dataset.state).toBe("failed");
    expect(root.querySelector("[role=alert]")?.textContent).toContain("make a new BokehView");
  });

  it("leaves nothing behind", async () => {
    const { model, el, close } = await opened();
    const early = open();
    close();
    early.close();
    early.model.answer(snapshot(0), [buffer({})]);
    await settle();
    expect([model.listeners, early.model.listeners, bokeh.documents.length, bokeh.views.size, el.childElementCount]).toEqual([0, 0, 0, 0, 0]);
  });
});

describe("the theme", () => {
  it("colours what the author left open, again with every theme, and the author's choice never", async () => {
    const [plot, title, line] = [new Plot(), new Title(), new Line()];
    title.setv({ text_color: "#ff0000" });
    line.tags = [{ themed: { line_color: ["#000000", "#ffffff"] } }];
    made = () => new Set([plot, title, line]);
    await opened();
    expect([plot.background_fill_color, title.text_color, line.line_color]).toEqual([null, "#ff0000", "#000000"]);
    plot.setv({ border_fill_color: "#00ff00" });
    document.body.dataset.jpThemeLight = "false";
    await settle();
    expect([plot.background_fill_color, plot.border_fill_color, title.text_color]).toEqual([null, "#00ff00", "#ff0000"]);
    expect(line.line_color).toBe("#ffffff");
  });

  it("follows colours that the author gives to what is there already", async () => {
    const line = new Line();
    made = () => new Set([line]);
    const { model } = await opened();
    line.tags = [{ themed: { line_color: ["#000000", "#ffffff"] } }];
    model.emit("msg:custom", { patch: 1, ids: [] }, [buffer("tags")]);
    expect(line.line_color).toBe("#000000");
  });

  it("writes mixed colours as Bokeh reads them", () => {
    expect(plainColor("color(srgb 0.2 0.4 1 / 0.5)")).toBe("rgba(51, 102, 255, 0.5)");
    expect(plainColor("rgb(1, 2, 3)")).toBe("rgb(1, 2, 3)");
  });
});

describe("BokehJS", () => {
  it("is fetched once for all figures, and again if the one that fetched it has gone", async () => {
    const page = globalThis as unknown as { Bokeh: Record<string, unknown> };
    const sizes: number[] = [];
    const createObjectURL = (blob: Blob) => `blob:${sizes.push(blob.size)}`;
    Object.assign(URL, { createObjectURL, revokeObjectURL: () => undefined });
    const append = document.head.append.bind(document.head);
    vi.spyOn(document.head, "append").mockImplementation((element) => {
      append(element);
      page.Bokeh["4.0.0"] = bokeh;
      (element as HTMLElement).dispatchEvent(new Event("load"));
    });
    const gone = loadBokeh("4.0.0", ["bokeh"], () => Promise.reject(new Error("closed")));
    const fetched: string[] = [];
    const fetch = async (name: string) => {
      fetched.push(name);
      return new DataView(await new Response(packed("code of BokehJS")).arrayBuffer());
    };
    const others = [loadBokeh("4.0.0", ["bokeh"], fetch), loadBokeh("4.0.0", ["bokeh"], fetch)];
    await expect(gone).rejects.toThrow("closed");
    await Promise.all(others);
    expect(fetched).toEqual(["bokeh"]);
    await loadBokeh("4.0.0", ["bokeh", "bokeh-gl"], fetch);
    expect(fetched).toEqual(["bokeh", "bokeh-gl"]);
    expect(sizes).toEqual([15, 15]);
    expect(document.head.querySelector("script")).toBeNull();
    vi.stubGlobal("DecompressionStream", undefined); // a browser that does not read gzip gets the file as it is
    await loadBokeh("4.0.0", ["bokeh-tables"], async () => new DataView(new TextEncoder().encode("tables").buffer));
    expect(sizes).toEqual([15, 15, 6]);
    vi.unstubAllGlobals();
  });
});
