/** Type another label where the label stands. */
import { make } from "../lib/dom";

/** Put an input over a label's button; `commit` gets the new label. Enter or leaving takes it, Esc does not; without text the topic gets its first words back. */
export function editLabel(button: HTMLElement, label: string, commit: (label: string) => void): void {
  const input = make("input", "tb-edit");
  input.value = label;
  input.placeholder = "its first words";
  input.setAttribute("aria-label", "Label of the topic; empty for its first words");
  const focused = document.activeElement; // before the button is hidden, which takes the focus from it
  const back = focused instanceof HTMLElement && focused !== document.body ? focused : button;
  button.hidden = true;
  button.before(input);
  let done = false;
  const end = (take: boolean) => {
    if (done) return;
    done = true;
    const text = input.value.trim();
    input.remove();
    button.hidden = false;
    if (take && text !== label) commit(text);
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    end(event.key === "Enter");
    (back.isConnected ? back : button).focus();
  });
  input.addEventListener("blur", () => end(true));
  input.focus();
  input.select();
}
