/** Whether the page is dark: JupyterLab says so on the body, elsewhere the ink is lighter than the page. */
export function isDark(element: Element): boolean {
  const host = document.body.dataset.jpThemeLight;
  if (host !== undefined) return host === "false";
  const channels = getComputedStyle(element).color.match(/\d+(\.\d+)?/g);
  return channels !== null && channels.slice(0, 3).every((channel) => Number(channel) > 160);
}

/** Call back now and whenever the host changes its theme; returns the way to stop. */
export function watchTheme(element: Element, changed: (dark: boolean) => void): () => void {
  const tell = () => changed(isDark(element));
  const observer = new MutationObserver(tell);
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
  tell();
  return () => observer.disconnect();
}
