/** A Bokeh figure, kept level with the kernel's. Mirrors ntm_widgets/ui/bokeh_view.py. */
import { canUnpack, discard, loadBokeh, startEarly, type Bokeh, type BokehDocument } from "./lib/bokeh";
import { paint } from "./lib/bokeh_theme";
import { make } from "./lib/dom";
import { type Model, observe, type ViewTraits } from "./lib/model";
import { Asker, Superseded } from "./lib/requests";
import { openRoot, type Root } from "./lib/root";
import { watchTheme } from "./lib/theme";

interface BokehTraits extends ViewTraits {
  version: string;
  alt: string;
  room: number;
}

interface Snapshot {
  needs: string[];
  number: number;
}

/** A message of changes: its number, the ids of its buffers, and JSON followed by the buffers. */
interface Patch {
  number: number;
  ids: string[];
  parts: DataView[];
}

const read = (part: DataView): unknown => JSON.parse(new TextDecoder().decode(part));
const bytes = (part: DataView): ArrayBuffer => part.buffer.slice(part.byteOffset, part.byteOffset + part.byteLength) as ArrayBuffer;

/** Take what Bokeh puts into the order of the Tab key out of it: it shows no focus, and no key does anything there. */
function passBy(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    if (element.classList.contains("bk-events")) element.tabIndex = -1;
    if (element.shadowRoot) passBy(element.shadowRoot);
  }
}

/** One figure in the page: opened from a snapshot, then changed by the messages that follow it. */
class Figure {
  private shown: { bokeh: Bokeh; document: BokehDocument } | null = null;
  private waiting: Patch[] = [];
  private number = 0;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly root: Root,
    private readonly place: HTMLElement,
    private readonly asker: Asker<BokehTraits>,
    private readonly version: string,
  ) {}

  async open(): Promise<void> {
    const script = async (name: string) => (await this.asker.ask("script", { name, packed: canUnpack() })).buffers[0];
    const early = startEarly(this.version, script).catch(() => undefined); // what is missing is asked for again, and told
    const { value, buffers } = await this.asker.ask<Snapshot>("document");
    await early;
    const bokeh = await loadBokeh(this.version, value.needs, script);
    if (this.closed) return;
    const document = bokeh.require("document").Document.from_json(read(buffers[0]));
    paint(bokeh, document, this.root.element);
    await bokeh.embed.add_document_standalone(document, this.place);
    if (this.closed) {
      discard(bokeh, document);
      return;
    }
    this.shown = { bokeh, document };
    this.number = value.number;
    this.place.style.minHeight = "";
    passBy(this.place);
    this.tell("ready");
    for (const patch of this.waiting.splice(0)) this.change(patch);
  }

  /** Apply a message, or keep it until the figure is there. */
  change(patch: Patch): void {
    if (!this.shown) this.waiting.push(patch);
    else this.apply(patch);
  }

  repaint(): void {
    if (this.shown) paint(this.shown.bokeh, this.shown.document, this.root.element);
  }

  /** Tell what could not be shown; a question that nobody waits for any more is no failure. */
  readonly failed = (error: Error): void => {
    if (this.closed || error instanceof Superseded) return;
    console.error(error);
    this.tell("failed");
    this.root.fail(`The figure cannot be shown: ${error.message}`);
  };

  close(): void {
    this.closed = true;
    this.clear();
  }

  private apply({ number, ids, parts }: Patch): void {
    if (!this.shown || number <= this.number) return;
    const { bokeh, document } = this.shown;
    const missed = number !== this.number + 1;
    this.number = number;
    try {
      if (missed) throw new Error("messages were lost");
      document.apply_json_patch(read(parts[0]), new Map(ids.map((id, at) => [id, bytes(parts[at + 1])])));
      paint(bokeh, document, this.root.element, true);
      this.failures = 0;
      this.tell("ready");
    } catch (error) {
      this.again(error as Error);
    }
  }

  /** What was sent cannot be applied here (a part of BokehJS is missing, a message was lost): start from a new snapshot. */
  private again(error: Error): void {
    this.clear();
    this.failures += 1;
    if (this.failures > 3) this.failed(error);
    else this.open().catch(this.failed);
  }

  private clear(): void {
    if (this.shown) discard(this.shown.bokeh, this.shown.document);
    this.shown = null;
    this.waiting = [];
  }

  private tell(state: string): void {
    this.root.element.dataset.state = state;
    this.root.element.dataset.number = String(this.number);
  }
}

function render({ model, el }: { model: Model<BokehTraits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-bokeh");
  const place = root.element.appendChild(make("div", "ntm-bokeh-place"));
  place.setAttribute("role", "figure");
  place.style.minHeight = `${model.get("room")}px`;
  root.element.dataset.state = "loading";
  const asker = new Asker(model);
  const figure = new Figure(root, place, asker, model.get("version"));
  const heard = (content: { patch?: number; ids?: string[] }, parts: DataView[] = []) => {
    if (content.patch !== undefined) figure.change({ number: content.patch, ids: content.ids ?? [], parts });
  };
  model.on("msg:custom", heard);
  const unobserve = observe(model, ["alt"], () => place.setAttribute("aria-label", model.get("alt")));
  const unwatch = watchTheme(el, () => figure.repaint());
  figure.open().catch(figure.failed);
  return () => {
    unwatch();
    unobserve();
    model.off("msg:custom", heard);
    asker.close();
    figure.close();
    root.close();
  };
}

export default { render };
