/** The keys of a view: a button "?", and the key itself, list them. */
import { make } from "./dom";

export class Keys {
  readonly element = make("span", "ntm-keys");
  private readonly button = make("button", "", "?");
  private readonly list = make("dl", "ntm-small");
  private readonly rows: Node[];

  /** `more` gives the rows of what stands beside, whose own list is not shown; asked for when the list opens. */
  constructor(keys: [key: string, what: string][], private readonly more: () => Iterable<Node> = () => []) {
    this.button.type = "button";
    this.button.title = "Keys";
    this.button.setAttribute("aria-label", "Keys");
    this.button.addEventListener("click", () => this.show(this.list.hidden !== false));
    this.rows = keys.flatMap(([key, what]) => [make("dt", "ntm-mono", key), make("dd", "", what)]);
    this.list.append(...this.rows);
    this.element.append(this.button, this.list);
    this.show(false);
  }

  /** Whether a key that was pressed in the view was for the list: "?" outside of a field, or Esc while the list is open. */
  pressed(event: KeyboardEvent): boolean {
    const typing = (event.target as Element).matches("input:not([type=checkbox], [type=radio], [type=range]), select, textarea");
    if (event.defaultPrevented || getComputedStyle(this.element).display === "none") return false;
    if (event.key === "Escape" && !this.list.hidden) {
      this.show(false);
      this.button.focus();
    } else if (event.key === "?" && !typing) this.show(this.list.hidden !== false);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  private show(shown: boolean): void {
    if (shown) this.list.replaceChildren(...this.rows, ...this.more());
    this.list.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
  }
}
