/** What the parts of the browser share: traits, data, and the few things that can be done. */
import type { Model, ViewTraits } from "../lib/model";
import type { Asker } from "../lib/requests";
import type { Root } from "../lib/root";
import type { Proof, Sort, Topics } from "./data";
import type { Tip } from "./tip";

/** Mirrors `TopicBrowser` in ntm_widgets/ui/topic_browser.py. */
export interface Traits extends ViewTraits {
  topic: number | null;
  relevance: number;
  search: string;
  sort: Sort;
  pane: "clouds" | "map" | "labels";
  labels: string[];
  status: { state: "empty" | "running" | "ready"; message: string; offer: string; step?: string; inside?: string; readonly?: boolean };
  revision: number;
  /** Whether it stands in a studio, where a missing step is a click away. */
  in_studio?: boolean;
}

export interface Context {
  readonly model: Model<Traits>;
  readonly root: Root;
  readonly asker: Asker<Traits>;
  readonly tip: Tip;
  topics: Topics;
  proof: Proof | null;
  /** λ of the slider, which Python hears of when it is let go. */
  relevance: number;
  /** Position of the word that is looked at across topics, or −1. */
  word: number;
  label(topic: number): string;
  /** Open a topic, or none. */
  open(topic: number | null): void;
  /** Look at a word across topics; −1 for none. */
  pick(word: number): void;
  /** Let a person type another label over this button. */
  rename(topic: number, button: HTMLElement): void;
}
