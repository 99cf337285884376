// A question before something is given up.

import { byId } from "./dom.js";

/**
 * @param {string} id of the dialog
 * @returns {Promise<boolean>} whether to go on
 */
export function confirmed(id) {
  const dialog = byId(id, HTMLDialogElement);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "go-on"), { once: true });
  });
}
