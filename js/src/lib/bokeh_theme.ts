/** What the author of a figure left open looks like the page around it: ink, grid and font of the present theme. */
import type { Bokeh, BokehDocument, BokehModel } from "./bokeh";

const COLORS = ["ink", "quiet", "line", "page", "accent", "warn"] as const;

/** Colours of the page as `base.css` names them, its font, and whether it is dark. */
export type Look = Record<(typeof COLORS)[number], string> & { font: string; dark: boolean };

type Values = Record<string, unknown>;
type Tagged = BokehModel & { tags?: unknown[] };

/** A colour as Bokeh reads it; browsers write mixed colours as color(srgb 0.2 0.2 0.2 / 0.5). */
export function plainColor(color: string): string {
  const mixed = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/.exec(color);
  if (!mixed) return color;
  const channels = mixed.slice(1, 4).map((channel) => Math.round(255 * Number(channel)));
  return `rgba(${channels.join(", ")}, ${mixed[4] ?? 1})`;
}

/** The look of a view's element; all colours are asked for together, so that the page computes its styles once. */
function lookOf(element: HTMLElement): Look {
  const probe = document.createElement("span");
  for (const name of COLORS) probe.appendChild(document.createElement("span")).style.color = `var(--${name})`;
  element.append(probe);
  const look = { font: getComputedStyle(element).fontFamily, dark: element.dataset.theme === "dark" } as Look;
  COLORS.forEach((name, at) => (look[name] = plainColor(getComputedStyle(probe.children[at]).color)));
  probe.remove();
  return look;
}

/** Values by type of model; a type also stands for those derived from it. */
function rules({ ink, quiet, line, page, font }: Look): [string, Values][] {
  const label = { text_color: ink, text_font: font };
  const major = { major_label_text_color: quiet, major_label_text_font: font, major_label_text_font_size: "12px" };
  return [
    ["Plot", { background_fill_color: null, border_fill_color: null, outline_line_color: null }],
    ["Grid", { grid_line_color: line, grid_line_alpha: 0.6 }],
    ["Axis", {
      ...major, axis_line_color: line, major_tick_line_color: line, minor_tick_line_color: null, major_tick_in: 0, major_tick_out: 4,
      axis_label_text_color: quiet, axis_label_text_font: font, axis_label_text_font_size: "12px",
      axis_label_text_font_style: "normal", axis_label_standoff: 8,
    }],
    ["Legend", {
      label_text_color: ink, label_text_font: font, label_text_font_size: "12px", title_text_color: quiet, title_text_font: font,
      background_fill_color: page, background_fill_alpha: 0.8, border_line_color: null, inactive_fill_color: page,
    }],
    ["BaseColorBar", {
      ...major, title_text_color: quiet, title_text_font: font, title_text_font_size: "12px", title_text_font_style: "normal",
      background_fill_color: null, major_tick_line_color: null, bar_line_color: null,
    }],
    ["Title", { ...label, text_font_size: "13px" }],
    ["Label", label],
    ["LabelSet", label],
    ["Text", label],
  ];
}

/** What this module has set on a model: the author has not, and it may be set again. */
const ours = new WeakMap<BokehModel, Values>();

function paintModel(model: BokehModel, values: Values): void {
  const before = ours.get(model) ?? {};
  const now: Values = {};
  for (const [name, value] of Object.entries(values)) {
    const open = name in before ? (model as unknown as Values)[name] === before[name] : !model.property(name).dirty;
    if (open) now[name] = value;
  }
  model.setv(now, { sync: false });
  for (const name of Object.keys(now)) now[name] = (model as unknown as Values)[name];
  ours.set(model, { ...before, ...now });
}

/** The tags that a model had when it was painted last. */
const seen = new WeakMap<BokehModel, unknown>();

/** Colours that the author has given for both themes, see `themed` in ntm_widgets/ui/bokeh_view.py. */
function paintTagged(model: Tagged, look: Look): void {
  seen.set(model, model.tags);
  for (const tag of model.tags ?? []) {
    const colors = (tag instanceof Map ? tag.get("themed") : (tag as Values | null)?.themed) as Map<string, unknown> | Values | undefined;
    if (!colors) continue;
    const now: Values = {};
    for (const [name, color] of colors instanceof Map ? colors : Object.entries(colors)) {
      now[name] = Array.isArray(color) ? color[look.dark ? 1 : 0] : look[color as "ink"];
    }
    model.setv(now, { sync: false });
    ours.set(model, { ...ours.get(model), ...now });
  }
}

/** Give the models of a document the look of an element; with `fresh` only those that came since, or have other colours of their author. */
export function paint(bokeh: Bokeh, document: BokehDocument, element: HTMLElement, fresh = false): void {
  const models = [...document.all_models].filter((model: Tagged) => !fresh || seen.get(model) !== model.tags);
  if (!models.length) return;
  const look = lookOf(element);
  for (const [type, values] of rules(look)) {
    const kind = bokeh.Models.get(type);
    if (!kind) continue;
    for (const model of models) if (model instanceof kind) paintModel(model, values);
  }
  for (const model of models) paintTagged(model, look);
}
