/** One small text beside the pointer or the focus: what exactly is there. */
import { make } from "../lib/dom";

export class Tip {
  private readonly box = make("div", "tb-tip");

  constructor(private readonly frame: HTMLElement) {
    this.box.setAttribute("role", "tooltip");
    this.box.hidden = true;
    frame.append(this.box);
  }

  /** Say something beside an element: first line strong. */
  show(at: Element, title: string, ...lines: string[]): void {
    this.box.replaceChildren(make("b", "", title), ...lines.map((line) => make("span", "", line)));
    this.box.hidden = false;
    const frame = this.frame.getBoundingClientRect();
    const place = at.getBoundingClientRect();
    const { offsetWidth: wide, offsetHeight: high } = this.box;
    const middle = place.left + place.width / 2 - frame.left - wide / 2;
    const above = place.top - frame.top - high - 6;
    this.box.style.left = `${Math.max(0, Math.min(middle, frame.width - wide))}px`;
    this.box.style.top = `${above >= 0 ? above : place.bottom - frame.top + 6}px`;
  }

  hide(): void {
    this.box.hidden = true;
  }
}
