// Buttons that have been pressed: until there is an answer they say so, and pressing them again does nothing.

import * as text from "#messages";

/** @param {HTMLButtonElement} button */
export const isBusy = (button) => button.hasAttribute("aria-disabled");

/** @param {HTMLButtonElement} button @param {() => Promise<void>} run */
export async function whileBusy(button, run) {
  if (isBusy(button)) return;
  const label = button.textContent;
  button.textContent = text.working;
  button.setAttribute("aria-disabled", "true");
  try {
    await run();
  } finally {
    button.textContent = label;
    button.removeAttribute("aria-disabled");
  }
}
