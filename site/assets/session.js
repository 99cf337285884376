// Losing a session, and what a page tells the next one.

import { isSessionLost } from "./api.js";
import { signInPath } from "./paths.js";

const NOTICE = "holdfast.notice";

export const goToSignIn = () => location.assign(signInPath(location.pathname + location.search));

/**
 * Goes to sign in, and back here afterwards, when that is what the error asks for.
 * @param {unknown} error
 * @returns {boolean} whether the page is being left
 */
export function leftToSignIn(error) {
  const lost = isSessionLost(error);
  if (lost) goToSignIn();
  return lost;
}

/** @param {string} text for the page that comes next */
export const leaveNotice = (text) => sessionStorage.setItem(NOTICE, text);

/** @returns {string} what the last page left, once */
export function takeNotice() {
  const text = sessionStorage.getItem(NOTICE) ?? "";
  sessionStorage.removeItem(NOTICE);
  return text;
}
