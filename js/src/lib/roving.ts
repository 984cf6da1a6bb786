/** Arrow keys within a list or a grid: one element is in the Tab order, the arrows move among the others. */

/** Steps that a key makes in a grid of so many columns; undefined for other keys. */
export function step(key: string, columns: number): number | undefined {
  const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  return key === "Home" ? -Infinity : key === "End" ? Infinity : steps[key];
}

/** Elements that stand in the first line of a grid; a list item knows where it stands, whatever is contained in it. */
function columnsOf(items: HTMLElement[], container: HTMLElement): number {
  const places = items.map((item) => item.closest("li"));
  const top = (i: number) => (places[i] && container.contains(places[i]) ? places[i] : items[i]).offsetTop;
  const next = items.findIndex((_, i) => top(i) !== top(0));
  return next === -1 ? Math.max(items.length, 1) : next;
}

/** Put the first element that `selector` finds into the Tab order, or the one that was there; call after every change. */
export function settle(container: HTMLElement, selector: string): void {
  const items = [...container.querySelectorAll<HTMLElement>(selector)];
  const current = items.find((item) => item.tabIndex === 0) ?? items[0];
  for (const item of items) {
    const wanted = item === current ? "0" : "-1";
    if (item.getAttribute("tabindex") !== wanted) item.setAttribute("tabindex", wanted);
  }
}

/** Make the elements that `selector` finds in `container` one stop of the Tab key. */
export function rove(container: HTMLElement, selector: string): void {
  container.addEventListener("focusin", (event) => {
    const target = (event.target as HTMLElement).closest<HTMLElement>(selector);
    if (!target || target.tabIndex === 0) return;
    for (const item of container.querySelectorAll<HTMLElement>(selector)) item.tabIndex = item === target ? 0 : -1;
  });
  container.addEventListener("keydown", (event) => {
    const items = [...container.querySelectorAll<HTMLElement>(selector)];
    const at = items.indexOf(event.target as HTMLElement);
    const by = at === -1 || event.altKey || event.ctrlKey || event.metaKey ? undefined : step(event.key, columnsOf(items, container));
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    items[Math.min(items.length - 1, Math.max(0, at + by))].focus();
  });
  settle(container, selector);
}
