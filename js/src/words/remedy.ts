/** What to do where a tokenizer's data are not on the machine: fetch them, or go on with the tokenizer that needs none. */
import { make, setText } from "../lib/dom";
import { Progress, type Work } from "./progress";

export interface Lacking {
  what?: string;
  package?: string;
}

export interface Ways {
  fetch(): void;
  regex(): void;
  cancel(): void;
  /** The focus was here, and there is nothing to do here any more. */
  left(): void;
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = make("button", "", text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

export class Remedy {
  readonly element = make("div", "ntm-words-remedy");
  private readonly choices = make("div", "ntm-words-choices");
  private readonly help = make("p", "ntm-help");
  private readonly fetch: HTMLButtonElement;
  private readonly progress: Progress;

  constructor(private readonly ways: Ways) {
    this.fetch = button("", () => ways.fetch());
    this.progress = new Progress("fetching data", () => ways.cancel());
    this.choices.append(this.fetch, button("Use the regex tokenizer", () => ways.regex()));
    this.element.append(this.choices, this.help, this.progress.element);
    this.element.hidden = true;
  }

  show(lacking: Lacking, work: Work): void {
    const fetching = work.phase === "fetching";
    const here = this.element.contains(document.activeElement);
    this.element.hidden = !lacking.what;
    this.choices.hidden = this.help.hidden = fetching;
    this.progress.element.hidden = !fetching;
    if (fetching) this.progress.update(`fetching ${work.what}: ${work.done ?? 0} %`, work);
    setText(this.fetch, `Fetch ${lacking.what ?? ""}`);
    setText(this.help, "To fetch it takes a network, once. The regex tokenizer needs nothing and counts words as they are written.");
    if (here) this.keepFocus();
  }

  /** Where what had the focus is hidden, the focus goes on to what stands in its place. */
  private keepFocus(): void {
    if (this.element.hidden) return this.ways.left();
    if (document.activeElement instanceof HTMLElement && !document.activeElement.closest("[hidden]")) return;
    const shown = [...this.element.querySelectorAll("button")].find((one) => !one.closest("[hidden]"));
    shown?.focus();
  }
}
