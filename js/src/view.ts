/**
 * The module that anywidget loads for every view. It does so once for each widget, and a page never lets go of a module; so this one is small, and
 * imports the view's own, which comes in the trait `module`, once in a page.
 */
import type { Model } from "./lib/model";

interface Context {
  model: Model<{ module: string }>;
  el: HTMLElement;
}

interface View {
  default: { render(context: Context): unknown };
}

type Views = Map<string, Promise<View>>;

const page = globalThis as { ntmViews?: Views };

async function imported(code: string): Promise<View> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ address)) as View;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The module of this code; imported again only if that failed. */
function viewOf(code: string): Promise<View> {
  const views = (page.ntmViews ??= new Map() as Views);
  let view = views.get(code);
  if (!view) {
    view = imported(code);
    views.set(code, view);
    view.catch(() => views.delete(code));
  }
  return view;
}

async function render(context: Context): Promise<unknown> {
  return (await viewOf(context.model.get("module"))).default.render(context);
}

export default { render };
