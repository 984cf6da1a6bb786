/** The way from a panel to another step of the studio that it stands in. */
import { make } from "./dom";

const STEPS: Record<string, string> = { documents: "Documents", words: "Words", train: "Train" };

/** A button that opens a step of the studio around it, named after what is to be done there. */
export function wayTo(step: string, className = ""): HTMLButtonElement {
  const button = make("button", className, `Go to ${STEPS[step] ?? step}`);
  button.type = "button";
  button.dataset.goes = step;
  button.addEventListener("click", () => {
    const tabs = button.closest(".ntm-studio-box")?.querySelectorAll<HTMLElement>("[role=tab]") ?? [];
    const tab = [...tabs].find((one) => one.dataset.step === step);
    tab?.click();
    tab?.focus({ preventScroll: true }); // this button is out of sight there
  });
  return button;
}

/** Show an error in its place, with the way to the step that it speaks of. */
export function tellError(place: HTMLElement, error: Error): void {
  place.textContent = error.message;
  const step = (error as { step?: string }).step;
  if (step) place.append(" ", wayTo(step));
}
