/** The most typical documents of a topic; a text comes when it is opened, its words marked by the topic's claims. */
import { make, trimTop } from "../lib/dom";
import { count } from "../lib/format";
import { rove } from "../lib/roving";
import { Superseded } from "../lib/requests";
import { topicColor } from "../lib/root";
import { wayTo } from "../lib/steps";
import type { Context } from "./context";
import { floats, integers } from "./data";

export interface Listed {
  row: number;
  number: number;
  label: string | null;
  weight: number;
  beginning: string;
}

/** The text with its claimed words marked: strength by the claim, exact on hover. */
export function markedText(text: string, starts: Uint32Array, ends: Uint32Array, claims: Float32Array): DocumentFragment {
  const marked = document.createDocumentFragment();
  let done = 0;
  starts.forEach((start, i) => {
    if (claims[i] < 0.1 || start < done) return;
    const word = make("mark", "", text.slice(start, ends[i]));
    word.style.setProperty("--claim", `${Math.round(55 * claims[i])}%`);
    word.title = `claims ${Math.round(100 * claims[i])} %`;
    marked.append(text.slice(done, start), word);
    done = ends[i];
  });
  marked.append(text.slice(done));
  trimTop(marked);
  return marked;
}

export class Documents {
  readonly element = make("div", "tb-documents");
  private readonly list = make("ol");
  private readonly note = make("p", "ntm-help");
  private topic = -1;

  constructor(private readonly context: Context) {
    this.list.setAttribute("aria-label", "Most typical documents");
    this.element.append(this.note, this.list);
    this.list.addEventListener("click", (event) => {
      const button = (event.target as Element).closest<HTMLButtonElement>(".tb-document");
      if (button) void this.toggle(button);
    });
    rove(this.list, ".tb-document");
  }

  /** Show the documents of a topic. */
  async update(topic: number): Promise<void> {
    if (topic === this.topic) return;
    this.topic = topic;
    this.element.style.setProperty("--topic", topicColor(topic));
    const { without, anew, texts } = this.context.topics.value;
    const read = texts ? "Words are marked as strongly as the topic claims them." : "Their texts are not here: load them again to read them.";
    this.note.textContent = without || ["Largest topic weight first.", read, anew].filter((part) => part).join(" ");
    if (!texts && this.context.model.get("in_studio")) this.note.append(" ", wayTo("documents"));
    if (without) return this.list.replaceChildren();
    this.list.replaceChildren(...Array.from({ length: 6 }, () => make("li", "tb-wait-line ntm-skeleton")));
    try {
      const answer = await this.context.asker.ask<{ documents: Listed[] }>("documents", { topic });
      if (this.topic === topic) this.fill(answer.value.documents);
    } catch (error) {
      if (error instanceof Superseded) return;
      this.list.replaceChildren();
      this.note.textContent = (error as Error).message;
    }
  }

  private fill(documents: Listed[]): void {
    this.list.replaceChildren(...documents.map((one) => this.item(one)));
    rove(this.list, ".tb-document");
  }

  private item(one: Listed): HTMLElement {
    const item = make("li");
    const button = item.appendChild(make("button", "tb-document"));
    button.dataset.row = String(one.row);
    button.setAttribute("aria-expanded", "false");
    button.append(make("span", "ntm-number", one.weight.toFixed(2)), make("b", "", one.label ?? `document ${one.number}`), make("span", "tb-beginning", one.beginning));
    if (one.label !== null) button.title = `document ${one.number}`;
    if (!this.context.topics.value.texts) button.disabled = true;
    return item;
  }

  private async toggle(button: HTMLButtonElement): Promise<void> {
    const open = button.nextElementSibling;
    button.setAttribute("aria-expanded", String(!open));
    if (open) return open.remove();
    const text = make("div", "tb-text");
    text.append(make("div", "tb-wait-line ntm-skeleton"));
    button.after(text);
    try {
      const answer = await this.context.asker.ask<{ text: string; more: number; note: string }>("text", { row: Number(button.dataset.row), topic: this.topic });
      const [starts, ends] = answer.buffers.slice(0, 2).map(integers);
      text.replaceChildren(markedText(answer.value.text, starts, ends, floats(answer.buffers[2])));
      if (answer.value.note) text.append(make("p", "ntm-help", `Words are not marked: ${answer.value.note}`));
      if (answer.value.more) text.append(make("p", "ntm-help", `… ${count(answer.value.more)} more characters`));
    } catch (error) {
      text.replaceChildren(make("p", "ntm-error", error instanceof Superseded ? "" : (error as Error).message));
    }
  }
}
