// Buttons outside of forms: what came of pressing one is said in the section in which it stands.

import { messageOf } from "./api.js";
import { whileBusy } from "./busy.js";
import { showDone, showFormError } from "./form.js";
import { leftToSignIn } from "./session.js";

/** @param {HTMLButtonElement} button @param {() => Promise<string>} run answers what was done, or nothing */
export function onPress(button, run) {
  button.addEventListener("click", () => {
    const section = button.closest("section");
    if (section === null) throw new Error("the button stands in no section");
    void whileBusy(button, async () => {
      showFormError(section, "");
      showDone(section, "");
      try {
        showDone(section, await run());
      } catch (error) {
        if (!leftToSignIn(error)) showFormError(section, messageOf(error));
      }
    });
  });
}
