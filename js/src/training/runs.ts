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

/** The action first: it stays in sight where the table is wider than its place. */
const COLUMNS = ["", "run", "status", "topics", "documents", "epochs", "training loss", "validation loss", "started"];
const TEXT = new Set(["run", "status", "started", ""]);
/** Left out where there is little room. */
const LESS = new Set(["documents", "training loss", "validation loss"]);

function classOf(column: string): string {
  return [TEXT.has(column) ? "" : "ntm-number", LESS.has(column) ? "ntm-runs-less" : ""].filter((one) => one).join(" ");
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
      const th = make("th", classOf(name), name);
      th.scope = "col";
      if (!name) th.setAttribute("aria-label", "action");
      head.append(th);
    }
    const body = table.createTBody();
    for (const row of rows) this.line(body.insertRow(), row);
    return table;
  }

  private line(line: HTMLTableRowElement, row: RunRow): void {
    const action = line.insertCell();
    const losses = [loss(row["training loss"]), loss(row["validation loss"])];
    const values = [row.name, row.status, String(row.topics), count(row.documents), row.epochs, ...losses, row.started];
    values.forEach((value, at) => line.append(make("td", classOf(COLUMNS[at + 1]), value)));
    if (row.open) {
      line.setAttribute("aria-current", "true");
      action.textContent = "shown";
      return;
    }
    const open = make("button", "ntm-link", "open");
    open.type = "button";
    open.setAttribute("aria-label", `open ${row.name}`);
    open.addEventListener("click", () => void this.open(open, row.name));
    action.append(open);
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
      this.tell(await this.ask<string>("open", { name }));
      await this.refresh();
    } catch (error) {
      this.tell("");
      failing((text) => this.place.prepend(make("p", "ntm-error", text)))(error);
    }
    button.textContent = "open";
    this.element.setAttribute("aria-busy", "false");
    all.forEach((one) => (one.disabled = false));
  }

  /** That a run was opened, and what it did not bring; "" once that is past. */
  tell(text: string): void {
    setText(this.told, text);
    if (text) this.say(text);
  }
}
