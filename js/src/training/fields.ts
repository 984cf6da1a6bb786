/** The fields of a training: checked by Python as one types, changed ones marked, each back to its default in one click. */
import { make, setText } from "../lib/dom";
import { Superseded } from "../lib/requests";
import { asText, type Ask, type Field } from "./model";

/** How long a field waits after the last key before it is checked, in milliseconds. */
const PAUSE = 250;

/** Which values a setting may have, in short, where it is typed: "From 2 to 1000."; "" where they are listed. */
export function rangeOf({ expected, choices }: Field): string {
  if (choices.length || !expected) return "";
  const short = expected.replace(/^an? (integer|number) (?=from |above )/, "");
  return `${short[0].toUpperCase()}${short.slice(1)}.`;
}

export class FieldView {
  readonly element = make("div", "ntm-field");
  private readonly control: HTMLInputElement | HTMLSelectElement;
  private readonly note: HTMLElement;
  private readonly reset = make("button", "ntm-link ntm-field-reset", "reset");
  private timer = 0;
  problem = "";

  constructor(
    readonly field: Field,
    private readonly ask: Ask,
    private readonly changed: () => void,
    number: number,
  ) {
    const id = `ntm-field-${number}-${field.name}`;
    this.control = field.choices.length ? this.select(field.choices) : this.input();
    this.control.id = id;
    this.note = make("p", "ntm-help ntm-field-note");
    this.explain();
    this.note.id = `${id}-note`;
    this.control.setAttribute("aria-describedby", this.note.id);
    const label = make("label", "ntm-field-label");
    label.htmlFor = id;
    label.append(make("span", "", field.label), make("span", "ntm-mono ntm-quiet", field.name));
    this.reset.type = "button";
    this.reset.setAttribute("aria-label", `reset ${field.label}`);
    this.reset.addEventListener("click", () => {
      this.control.value = "";
      void this.send();
      this.control.focus();
    });
    const place = make("div", "ntm-field-place"); // the button stands in the field, so that nothing moves when it comes
    place.append(this.control, this.reset);
    this.element.dataset.name = field.name;
    this.element.append(label, place, this.note);
  }

  /** Go to the field, also where it is folded away. */
  focus(): void {
    for (let fold = this.element.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
    this.control.focus();
  }

  private input(): HTMLInputElement {
    const input = make("input");
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.send(), PAUSE);
    });
    input.addEventListener("change", () => void this.send());
    return input;
  }

  private select(choices: string[]): HTMLSelectElement {
    const select = make("select");
    select.append(make("option"), ...choices.map((choice) => make("option", "", choice)));
    [...select.options].forEach((option, at) => (option.value = at === 0 ? "" : option.text));
    select.addEventListener("change", () => void this.send());
    return select;
  }

  /** Tell Python what stands here now; what it refuses stays, with the reason below. */
  async send(): Promise<void> {
    window.clearTimeout(this.timer);
    const value = this.control.value.trim();
    try {
      await this.ask("change", { name: this.field.name, value });
      if (value === this.control.value.trim()) this.tell("");
    } catch (error) {
      if (error instanceof Superseded) return;
      if (value === this.control.value.trim()) this.tell((error as Error).message);
    }
    this.changed();
  }

  private tell(problem: string): void {
    this.problem = problem;
    this.control.setAttribute("aria-invalid", String(problem !== ""));
    this.note.classList.toggle("ntm-error", problem !== "");
    this.note.classList.toggle("ntm-help", problem === "");
    if (problem) setText(this.note, problem);
    else this.explain();
  }

  private explain(): void {
    this.note.replaceChildren(`${this.field.help} `, make("span", "ntm-field-range", rangeOf(this.field)));
  }

  /** Show what Python has: the given value if there is one, else what it will be. */
  show(given: unknown, hint: string, has: boolean): void {
    const changed = given !== undefined;
    const text = asText(given);
    this.element.dataset.changed = String(changed);
    this.reset.hidden = !changed;
    this.control.disabled = !has;
    if (this.control instanceof HTMLSelectElement) {
      setText(this.control.options[0], has ? hint || "as the recipe says" : "not in this recipe");
    } else {
      this.control.placeholder = has ? hint || "none" : "not in this recipe";
    }
    if (this.problem === "" && document.activeElement !== this.control && this.control.value !== text) this.control.value = text;
    if (this.problem === "" && this.control instanceof HTMLSelectElement) this.control.value = text;
  }

  close(): void {
    window.clearTimeout(this.timer);
  }
}
