/** What is set before a training: fields, device, Start, and the runs there are. Mirrors ntm_widgets/ui/training_panel.py. */
import { make, setText } from "./lib/dom";
import { count } from "./lib/format";
import { observe, type Model } from "./lib/model";
import { Asker, Superseded } from "./lib/requests";
import { openRoot } from "./lib/root";
import { tellError, wayTo } from "./lib/steps";
import { Devices } from "./training/devices";
import { FieldView } from "./training/fields";
import { type Ask, asText, type Field, type FormTraits } from "./training/model";
import { Runs } from "./training/runs";

let forms = 0;

/** The settings in a line, for when they are folded: "20 topics · 10 epochs · validation 0.1 · recipe best". */
export function setting(given: Record<string, unknown>, hints: Record<string, string>): string {
  const value = (name: string) => asText(given[name]) || hints[name] || "";
  const parts = [`${value("num_topics")} topics`, `${value("epochs")} epochs`, `validation ${value("validation")}`, `recipe ${value("recipe")}`];
  const shown = ["num_topics", "epochs", "validation", "recipe"];
  const others = Object.keys(given).filter((name) => !shown.includes(name)).map((name) => `${name} ${asText(given[name])}`);
  return [...parts, ...others].join(" · ");
}

/** "Epochs, Seed: not possible yet." */
function notYet(faulty: FieldView[]): string {
  return faulty.length ? `${faulty.map((one) => one.field.label).join(", ")}: not possible yet.` : "";
}

/** The same with each field as a button that goes there. */
function blame(faulty: FieldView[]): Node[] {
  const buttons = faulty.map((one) => {
    const button = make("button", "ntm-link", one.field.label);
    button.type = "button";
    button.title = one.problem;
    button.addEventListener("click", () => one.focus());
    return button;
  });
  const parts = buttons.flatMap((button, at) => (at ? [document.createTextNode(", "), button] : [button]));
  return [...parts, document.createTextNode(": not possible yet.")];
}

/** The fields in their groups: the main ones in sight, the others folded away. */
function layOut(fields: FieldView[]): HTMLElement[] {
  const main = make("div", "ntm-fields");
  const more = make("details", "ntm-more");
  const count = make("span", "ntm-quiet ntm-more-count");
  const summary = make("summary", "", "More settings ");
  summary.append(count);
  more.append(summary);
  const groups = new Map<string, HTMLElement>();
  for (const view of fields) {
    const { group } = view.field;
    if (group && !groups.has(group)) {
      const place = make("div", "ntm-fields");
      more.append(make("h4", "", group), place);
      groups.set(group, place);
    }
    (groups.get(group) ?? main).append(view.element);
  }
  return [main, more];
}

function render({ model, el }: { model: Model<FormTraits>; el: HTMLElement }): () => void {
  const root = openRoot(model, el, "ntm-train");
  const asker = new Asker(model);
  const ask: Ask = async <V>(op: string, args: object = {}) => (await asker.ask<V>(op, args)).value;
  const form = make("form", "ntm-train-form");
  const number = ++forms;
  const title = make("div", "ntm-train-head");
  const about = make("span", "ntm-quiet");
  title.append(make("h3", "", "Train"), about);

  const empty = make("div", "ntm-train-empty");
  const nothing = make("p");
  const prepare = make("button", "ntm-primary");
  prepare.type = "button";
  const ways = [wayTo("documents", "ntm-primary"), wayTo("words", "ntm-primary")];
  empty.append(nothing, prepare, ...ways);

  const start = make("button", "ntm-primary ntm-train-start", "Start training");
  start.type = "submit";
  const why = make("p", "ntm-train-why ntm-quiet");
  why.setAttribute("aria-live", "polite");
  let starting = false;

  const ready = () => {
    const faulty = fields.filter((one) => one.problem !== "");
    const problems = faulty.length;
    const refusal = model.get("refusal");
    start.disabled = starting || model.get("running") || problems > 0 || refusal !== "";
    const reason = model.get("running") ? "A run is going on; stop it below to start another." : notYet(faulty) || refusal;
    if (why.textContent !== reason) why.replaceChildren(...(reason && reason === notYet(faulty) ? blame(faulty) : [reason]));
    why.classList.toggle("ntm-error", reason === refusal && refusal !== "");
    why.classList.toggle("ntm-quiet", refusal === "" || reason !== refusal);
    form.dataset.problems = String(problems);
  };
  const fields: FieldView[] = model.get("fields").map((field: Field) => new FieldView(field, ask, ready, number));
  const [main, more] = layOut(fields);
  const devices = new Devices(ask);
  const runs = new Runs(ask, (told) => root.say(told));
  const foot = make("div", "ntm-train-foot");
  foot.append(start, why);
  const setup = make("details", "ntm-setup");
  const heading = make("summary", "", "Settings ");
  const chosen = heading.appendChild(make("span", "ntm-quiet ntm-setup-chosen"));
  setup.open = true;
  setup.addEventListener("toggle", () => start.classList.toggle("ntm-primary", setup.open)); // folded, there is something to go on with
  setup.append(heading, main, more, devices.element);
  form.append(setup, foot);
  root.element.append(title, empty, form, root.error, runs.element);

  const failed = (error: Error) => {
    if (!(error instanceof Superseded)) tellError(root.error, error);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (start.disabled) return;
    root.fail("");
    starting = true;
    if (document.activeElement === start) heading.focus(); // a disabled button cannot keep the focus
    ready();
    ask<string>("start")
      .then((name) => root.say(`${name} started`))
      .catch(failed)
      .finally(() => {
        starting = false;
        ready();
      });
  });
  prepare.addEventListener("click", () => {
    root.fail("");
    prepare.disabled = true;
    setText(prepare, "working …");
    ask("prepare").catch(failed).finally(() => {
      prepare.disabled = false;
      showData();
    });
  });

  const showData = () => {
    const { documents, words, name } = model.get("data");
    const none = documents === undefined;
    root.element.dataset.state = none ? "empty" : model.get("running") ? "running" : "ready";
    empty.hidden = !none;
    form.hidden = none;
    setText(about, none ? "" : `${name ? `${name}: ` : ""}${count(documents)} documents, ${count(words ?? 0)} words`);
    const counts = model.get("missing").includes("vectorize");
    const inside = model.get("in_studio") === true;
    prepare.hidden = inside;
    ways.forEach((way, at) => (way.hidden = !inside || at !== Number(counts)));
    if (inside) setText(nothing, counts ? "Nothing to train on yet: first count the words." : "Nothing to train on yet: first load documents.");
    else setText(nothing, `There are no counted words to train on yet: ${model.get("missing")} ${counts ? "counts them" : "loads documents"}, or`);
    if (!prepare.disabled) setText(prepare, counts ? "Count the words now" : "Take Python's own documentation");
    ready();
  };
  const showFields = () => {
    const given = model.get("given");
    const hints = model.get("hints");
    const recipe = given.recipe ?? hints.recipe;
    for (const view of fields) view.show(given[view.field.name], hints[view.field.name] ?? "", !view.field.best || recipe === "best");
    const folded = fields.filter((one) => one.field.group !== "" && one.field.name in given).length;
    setText(more.querySelector(".ntm-more-count") as HTMLElement, folded ? `${folded} changed` : "");
    setText(chosen, setting(given, hints));
    root.element.dataset.given = Object.keys(given).sort().join(" ");
    ready();
  };
  const unobserve = [
    observe(model, ["given", "hints"], showFields),
    observe(model, ["device", "need"], () => devices.show(model.get("device"), model.get("need"))),
    observe(model, ["data", "missing", "running", "refusal", "in_studio"], showData),
    observe(model, ["opened"], () => runs.tell(model.get("opened") ?? "")),
    observe(model, ["earlier"], () => {
      if (model.get("earlier")) runs.element.open = true; // nothing else to go on with
    }),
    observe(model, ["run"], () => {
      setup.open = !model.get("run"); // room for a run, which stands below
    }),
    observe(model, ["running"], () => {
      root.fail(""); // what was refused while a run began or went on
      if (model.get("running")) setup.open = false;
      void runs.refresh();
    }),
  ];
  return () => {
    unobserve.forEach((stop) => stop());
    fields.forEach((one) => one.close());
    devices.close();
    asker.close();
    root.close();
  };
}

export default { render };
