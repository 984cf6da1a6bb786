/** Make an element with a class and text; text is never parsed as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Set text only where it changed, so that a screen reader and a selection are left alone; in the node that is there, if it is alone. */
export function setText(element: Element, text: string): void {
  const only = element.firstChild;
  if (only instanceof Text && only === element.lastChild && text) {
    if (only.data !== text) only.data = text;
  } else if (element.textContent !== text) element.textContent = text;
}

/** Take away the white space that a text in an element begins with: there it would be empty lines. */
export function trimTop(element: Node): void {
  const first = element.firstChild;
  if (first instanceof Text) first.data = first.data.trimStart();
}
