/** A bar with what is done, what is left, and a way to stop it. */
import { make, setText } from "../lib/dom";
import { duration } from "../lib/format";
import { count } from "../lib/format";

export interface Work {
  phase: string;
  what?: string;
  done?: number;
  total?: number | null;
  left?: number | null;
}

/** "6,144 of 18,282 documents · 4 s left". */
export function far(work: Work, unit: string): string {
  const parts = [];
  if (work.total) parts.push(`${count(work.done ?? 0)} of ${count(work.total)} ${unit}`);
  else if (work.done) parts.push(`${count(work.done)} ${unit}`);
  if (work.left !== null && work.left !== undefined) parts.push(`${duration(work.left)} left`);
  return parts.join(" · ");
}

export class Progress {
  readonly element = make("div", "ntm-words-progress");
  private readonly line = make("span");
  private readonly bar = make("div", "ntm-bar");
  private readonly filled = make("div");

  constructor(label: string, cancel?: () => void) {
    const row = make("div", "ntm-words-progress-row");
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-label", label);
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", "100");
    row.append(this.line);
    if (cancel) {
      const button = make("button", "", "Cancel");
      button.type = "button";
      button.addEventListener("click", cancel);
      row.append(button);
    }
    this.bar.append(this.filled);
    this.element.append(row, this.bar);
  }

  update(said: string, work: Work): void {
    const share = work.total ? Math.min(1, (work.done ?? 0) / work.total) : undefined;
    setText(this.line, said);
    this.bar.classList.toggle("ntm-words-waiting", share === undefined);
    this.filled.style.transform = share === undefined ? "" : `scaleX(${share})`;
    if (share === undefined) this.bar.removeAttribute("aria-valuenow");
    else this.bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
    this.bar.setAttribute("aria-valuetext", said);
  }
}
