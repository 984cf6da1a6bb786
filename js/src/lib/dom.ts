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

/** Set text only where it changed, so that a screen reader and a selection are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Take away the white space that a text in an element begins with: there it would be empty lines. */
export function trimTop(element: Node): void {
  const first = element.firstChild;
  if (first instanceof Text) first.data = first.data.trimStart();
}
