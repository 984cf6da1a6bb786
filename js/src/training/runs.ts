/** Earlier runs of the folder, to open again; asked for when the list is unfolded. */
import { make, setText } from "../lib/dom";
import { count, loss } from "../lib/format";
import { failing } from "../lib/requests";
import type { Ask } from "./model";

interface RunRow {
  name: string;
  status: string;
  topics: number;
  documents: number;
  epochs: string;
  "training loss": number | null;
  "validation loss": number | null;
  started: string;
  /** Whether it is the run that is shown. */
  open: boolean;
}

const COLUMNS = ["run", "status", "topics", "documents", "epochs", "training loss", "validation loss", "started", ""];
const TEXT = new Set(["run", "status", "started", ""]);

function cell(row: HTMLTableRowElement, text: string, number: boolean): void {
  row.append(make("td", number ? "ntm-number" : "", text));
}

export class Runs {
  readonly element = make("details", "ntm-runs");
  private readonly place = make("div", "ntm-runs-place");

  private readonly told = make("p", "ntm-help");

  constructor(private readonly ask: Ask, private readonly say: (text: string) => void) {
    this.element.append(make("summary", "", "Earlier runs"), this.told, this.place);
    this.element.addEventListener("toggle", () => void this.refresh());
  }

  /** Read the folder again, if the list is open. */
  async refresh(): Promise<void> {
    if (!this.element.open) return;
    try {
      const rows = await this.ask<RunRow[]>("runs");
      this.place.replaceChildren(rows.length ? this.table(rows) : make("p", "ntm-quiet", "No runs yet."));
    } catch (error) {
      failing((text) => this.place.replaceChildren(make("p", "ntm-error", text)))(error);
    }
  }

  private table(rows: RunRow[]): HTMLTableElement {
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const name of COLUMNS) {
      const th = make("th", TEXT.has(name) ? "" : "ntm-number", name);
      th.scope = "col";
      if (!name) th.setAttribute("aria-label", "action");
      head.append(th);
    }
    const body = table.createTBody();
    for (const row of rows) this.line(body.insertRow(), row);
    return table;
  }

  private line(line: HTMLTableRowElement, row: RunRow): void {
    cell(line, row.name, false);
    cell(line, row.status, false);
    for (const value of [row.topics, count(row.documents), row.epochs]) cell(line, String(value), true);
    cell(line, loss(row["training loss"]), true);
    cell(line, loss(row["validation loss"]), true);
    cell(line, row.started, false);
    if (row.open) {
      line.setAttribute("aria-current", "true");
      cell(line, "shown", false);
      return;
    }
    const open = make("button", "ntm-link", "open");
    open.type = "button";
    open.setAttribute("aria-label", `open ${row.name}`);
    open.addEventListener("click", () => void this.open(open, row.name));
    line.insertCell().append(open);
  }

  /** Open a run, and say what it brings; reading it takes a moment. */
  private async open(button: HTMLButtonElement, name: string): Promise<void> {
    const all = this.place.querySelectorAll("button");
    all.forEach((one) => (one.disabled = true));
    this.place.querySelector(".ntm-error")?.remove();
    this.tell(`${name} is being opened …`);
    button.textContent = "opening …";
    this.element.setAttribute("aria-busy", "true");
    try {
      this.tell((await this.ask<string>("open", { name })) || `${name} is open.`);
      await this.refresh();
    } catch (error) {
      this.tell("");
      failing((text) => this.place.prepend(make("p", "ntm-error", text)))(error);
    }
    button.textContent = "open";
    this.element.setAttribute("aria-busy", "false");
    all.forEach((one) => (one.disabled = false));
  }

  private tell(text: string): void {
    setText(this.told, text);
    if (text) this.say(text);
  }
}
