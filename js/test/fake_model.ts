/** An anywidget model without a kernel, whose messages a test reads and answers. */
import { LocalModel } from "../src/lib/local_model";

export class FakeModel<T extends object> extends LocalModel<T> {
  readonly sent: Record<string, unknown>[] = [];
  saved = 0;

  override save_changes(): void {
    this.saved += 1;
  }

  send(content: object): void {
    this.sent.push(content as Record<string, unknown>);
  }

  /** Answer the newest request, as Python would. */
  answer(value: unknown, buffers: DataView[] = []): void {
    this.emit("msg:custom", { reply: this.sent[this.sent.length - 1].id, value }, buffers);
  }
}
