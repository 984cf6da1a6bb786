/** The devices, with their memory once a second while they are in sight, and the need of the run beside it. */
import { make, setText } from "../lib/dom";
import { Superseded } from "../lib/requests";
import { gib, size, type Ask } from "./model";

export interface DeviceRow {
  name: string;
  label: string;
  used: number | null;
  total: number | null;
  note: string;
}

let groups = 0;

class DeviceLine {
  readonly element = make("label", "ntm-device");
  readonly radio = make("input");
  private readonly label = make("span", "ntm-device-label ntm-quiet");
  private readonly bar = make("div", "ntm-bar ntm-device-bar");
  private readonly used = make("div");
  private readonly need = make("div", "ntm-device-need");
  private readonly numbers = make("span", "ntm-device-numbers");

  constructor(name: string, group: string) {
    this.radio.type = "radio";
    this.radio.name = group;
    this.radio.value = name;
    this.bar.append(this.used, this.need);
    const names = make("span", "ntm-device-name");
    names.append(make("span", "ntm-mono", name), this.label);
    this.element.dataset.name = name;
    this.element.append(this.radio, names, this.bar, this.numbers);
  }

  /** A line without memory. */
  plain(text: string): void {
    setText(this.label, text);
    this.bar.remove();
    this.numbers.remove();
  }

  show(row: DeviceRow, need: number | null): void {
    setText(this.label, [row.label, row.note].filter(Boolean).join(" · "));
    if (row.total === null || row.used === null) {
      setText(this.numbers, "memory unknown");
      return;
    }
    const part = row.used / row.total;
    this.used.style.transform = `scaleX(${part.toFixed(4)})`;
    this.need.style.left = `${(100 * part).toFixed(2)}%`;
    this.need.style.width = `${Math.min(100 * (1 - part), (100 * (need ?? 0)) / row.total).toFixed(2)}%`;
    setText(this.numbers, `${gib(row.used)} of ${gib(row.total)} GiB used, ${gib(row.total - row.used)} free`);
  }
}

export class Devices {
  readonly element = make("fieldset", "ntm-devices");
  private readonly list = make("div", "ntm-device-list");
  private readonly note = make("p", "ntm-help ntm-device-note");
  private readonly lines = new Map<string, DeviceLine>();
  private readonly group = `ntm-device-${++groups}`;
  private rows: DeviceRow[] = [];
  private timer = 0;
  private visible = false;
  private chosen = "auto";
  private need: number | null = null;
  private readonly watcher: IntersectionObserver | null;

  constructor(private readonly ask: Ask) {
    const title = make("legend");
    title.append(make("h4", "", "Device"));
    const auto = this.line("auto");
    auto.plain("the first GPU that is there, else the CPU");
    this.element.append(title, this.list, this.note);
    this.list.append(make("div", "ntm-skeleton ntm-device-skeleton ntm-quiet", "looking for devices …"));
    this.list.addEventListener("change", (event) => {
      const radio = event.target as HTMLInputElement;
      this.ask("device", { name: radio.value }).catch(() => this.show(this.chosen, this.need));
    });
    this.watcher = typeof IntersectionObserver === "undefined" ? null : new IntersectionObserver((seen) => this.look(seen[seen.length - 1].isIntersecting));
    this.watcher?.observe(this.element);
    document.addEventListener("visibilitychange", this.page);
  }

  private line(name: string): DeviceLine {
    const line = this.lines.get(name) ?? new DeviceLine(name, this.group);
    this.lines.set(name, line);
    line.radio.checked = name === this.chosen;
    if (!line.element.isConnected) this.list.append(line.element);
    return line;
  }

  /** Ask once a second while the list is in sight and the page in front. */
  private look(visible: boolean): void {
    this.visible = visible;
    this.element.dataset.visible = String(visible);
    window.clearTimeout(this.timer);
    if (visible && !document.hidden) void this.tick();
  }

  private readonly page = () => this.look(this.visible);

  private async tick(): Promise<void> {
    const began = Date.now();
    try {
      this.rows = await this.ask<DeviceRow[]>("memory");
      this.list.querySelector(".ntm-skeleton")?.remove();
      this.draw();
      this.element.dataset.ticks = String(Number(this.element.dataset.ticks ?? 0) + 1);
    } catch (error) {
      if (error instanceof Superseded) return;
      setText(this.note, (error as Error).message);
    }
    if (!this.visible || document.hidden) return;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.tick(), Math.max(100, 1000 - (Date.now() - began)));
  }

  show(chosen: string, need: number | null): void {
    [this.chosen, this.need] = [chosen, need];
    this.draw();
  }

  private draw(): void {
    for (const row of this.rows) this.line(row.name).show(row, this.need);
    for (const [name, line] of this.lines) line.radio.checked = name === this.chosen;
    setText(this.note, this.need === null ? "" : `This run is expected to need about ${size(this.need)}, hatched in the bars.`);
  }

  close(): void {
    this.visible = false;
    window.clearTimeout(this.timer);
    this.watcher?.disconnect();
    document.removeEventListener("visibilitychange", this.page);
  }
}
