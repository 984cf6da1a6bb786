/** BokehJS as the kernel has it: each file fetched once for all figures of a page. */

import { type InlineSheet, keepEqualStyles } from "./bokeh_styles";
import { type PlotView, takeBackListeners } from "./bokeh_viewport";

/** The part of a Bokeh model that is used here. */
export interface BokehModel {
  id: string;
  property(name: string): { dirty: boolean };
  setv(values: Record<string, unknown>, options: { sync: boolean }): void;
}

export interface BokehDocument {
  readonly all_models: Set<BokehModel>;
  readonly views_manager: { clear(): void } | null;
  apply_json_patch(patch: unknown, buffers: Map<string, ArrayBuffer>): void;
  clear(options: { sync: boolean }): void;
}

/** A class of models, and with `default_view` the class of their views. */
export type BokehKind = (abstract new () => BokehModel) & { prototype: { default_view?: { prototype: PlotView } } };

export interface Bokeh {
  documents: BokehDocument[];
  Models: { get(type: string): BokehKind | null };
  embed: { add_document_standalone(document: BokehDocument, element: HTMLElement): Promise<unknown> };
  require(name: "document"): { Document: { from_json(json: unknown): BokehDocument } };
  require(name: "core/dom"): { InlineStyleSheet?: { prototype: InlineSheet } };
}

type Bokehs = Record<string, Bokeh | undefined>;
type Fetch = (name: string) => Promise<DataView>;

/** Shared by all bundles and copies of this code in the page. */
const LOADED = Symbol.for("ntm_widgets.bokehjs");
const EARLY = Symbol.for("ntm_widgets.bokehjs.early");
const page = globalThis as unknown as { Bokeh?: Bokehs; [LOADED]?: Map<string, Promise<void>>; [EARLY]?: Set<string> };

/** Whether this browser reads gzip (Safari from 16.4, Firefox from 113). */
export const canUnpack = (): boolean => typeof DecompressionStream !== "undefined";

/** The text of a file that the kernel has sent in gzip. */
async function unpacked(code: DataView): Promise<string> {
  if (!canUnpack()) return new TextDecoder().decode(code);
  const packed = new Response(code as DataView<ArrayBuffer>).body;
  return new Response(packed?.pipeThrough(new DecompressionStream("gzip"))).text();
}

async function run(code: DataView): Promise<void> {
  const text = await unpacked(code);
  const element = document.createElement("script");
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return new Promise<void>((done, failed) => {
    element.addEventListener("load", () => done());
    element.addEventListener("error", () => failed(new Error("this page does not let BokehJS run")));
    element.src = address;
    document.head.append(element);
  }).finally(() => {
    element.remove();
    URL.revokeObjectURL(address);
  });
}

/** Resolves when the file has run; of several views that need it one fetches it, and the next if that one is closed. */
function load(key: string, fetch: () => Promise<DataView>): Promise<void> {
  const loaded = (page[LOADED] ??= new Map());
  const going = loaded.get(key);
  if (going) return going.catch(() => load(key, fetch));
  const mine = fetch()
    .then(run)
    .catch((error) => {
      loaded.delete(key);
      throw error;
    });
  loaded.set(key, mine);
  return mine;
}

/** BokehJS of a version with the files that a document needs, fetched in their order. */
export async function loadBokeh(version: string, needs: string[], fetch: Fetch): Promise<Bokeh> {
  for (const name of needs) {
    const there = name === "bokeh" && page.Bokeh?.[version];
    if (!there) await load(`${version} ${name}`, () => fetch(name));
  }
  const bokeh = page.Bokeh?.[version];
  if (!bokeh) throw new Error(`BokehJS ${version} did not start`);
  takeBackListeners(bokeh);
  keepEqualStyles(bokeh);
  return bokeh;
}

/**
 * Fetch and start BokehJS while a document is still awaited, in one view of the page at a time. Other views do not wait for
 * this one, whose kernel may be busy for long: they fetch it themselves once they have their documents.
 */
export async function startEarly(version: string, fetch: Fetch): Promise<void> {
  const early = (page[EARLY] ??= new Set());
  if (early.has(version) || page.Bokeh?.[version] || page[LOADED]?.has(`${version} bokeh`)) return;
  early.add(version);
  try {
    const code = await fetch("bokeh");
    await loadBokeh(version, ["bokeh"], async () => code);
  } finally {
    early.delete(version);
  }
}

/** Take a document and its views out of the page; BokehJS has a list of each. */
export function discard(bokeh: Bokeh, document: BokehDocument): void {
  document.views_manager?.clear();
  document.clear({ sync: false });
  const at = bokeh.documents.indexOf(document);
  if (at !== -1) bokeh.documents.splice(at, 1);
}
