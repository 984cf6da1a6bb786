/** The frame of every view: its element, the topics' colours in the present theme, and the plain output out of sight. */
import { make, setText } from "./dom";
import { type Connection, watchKernel } from "./kernel";
import type { Model, ViewTraits } from "./model";
import { watchTheme } from "./theme";

export interface Root {
  /** The element to build in; `data-theme` is "light" or "dark". */
  element: HTMLElement;
  /** Tell a screen reader, politely. */
  say(text: string): void;
  /** Show an error in one line, or take it away with "". */
  fail(text: string): void;
  /** The line of `fail`: first in the element, unless the view puts it where it belongs. */
  error: HTMLElement;
  close(): void;
}

/** Hide the plain outputs of a class while a view is there. */
function hidePlain(token: string): () => void {
  if (!/^[\w-]+$/.test(token)) return () => undefined;
  const style = make("style");
  style.textContent = `.${token}, .jp-OutputArea-child:has(.${token}) { display: none !important; }`;
  document.head.append(style);
  return () => style.remove();
}

const GONE: Record<Exclude<Connection, "connected">, string> = {
  ended: "The kernel has ended: what stands here is as it was, and no longer answers. Run the cell again.",
  lost: "The connection to the kernel is lost; the page tries to find it again.",
};

/** Say in the first view of an output that Python does not answer any more. */
function tellGone(element: HTMLElement, now: Connection): void {
  element.querySelector(":scope > .ntm-gone")?.remove();
  element.dataset.kernel = now;
  if (now === "connected" || element.closest(".jp-OutputArea-output")?.querySelector(".ntm-gone")) return;
  const line = make("p", "ntm-gone", GONE[now]);
  line.setAttribute("role", "alert");
  element.prepend(line);
}

export function openRoot<T extends ViewTraits>(model: Model<T>, el: HTMLElement, className: string): Root {
  const element = el.appendChild(make("div", `ntm ${className}`));
  const error = make("p", "ntm-error");
  const said = make("div", "ntm-said");
  element.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take letters, arrows and Enter for its own commands
  error.setAttribute("role", "alert");
  said.setAttribute("aria-live", "polite");
  element.append(error, said);
  const show = hidePlain(model.get("hides"));
  const unwatch = watchTheme(el, (dark) => {
    element.dataset.theme = dark ? "dark" : "light";
    model.get("palette").forEach((pair, k) => element.style.setProperty(`--ntm-topic-${k}`, pair[dark ? 1 : 0]));
  });
  const unwatchKernel = watchKernel(model, (now) => tellGone(element, now));
  return {
    element,
    error,
    say: (text) => setText(said, text),
    fail: (text) => setText(error, text),
    close: () => {
      unwatch();
      unwatchKernel();
      show();
      element.remove();
    },
  };
}

/** The colour of a topic, as a CSS value that follows the theme. */
export function topicColor(topic: number): string {
  return `var(--ntm-topic-${topic % 20})`;
}

/** A swatch with the topic's number beside it, new or one that is there: from twenty topics on colours repeat, numbers do not. */
export function swatch(topic: number, mark: HTMLElement = make("span", "ntm-swatch")): HTMLElement {
  setText(mark, String(topic));
  mark.style.setProperty("--topic", topicColor(topic));
  return mark;
}
