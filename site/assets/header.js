// What every page does: say who is signed in, sign out, lead to the other languages, and show what the last page left to
// say.

import * as text from "#messages";

import { account, onAccount, setAccount } from "./account.js";
import { messageOf, signOut } from "./api.js";
import { byId, say } from "./dom.js";
import { forgetOrderKeys } from "./order-keys.js";
import { homePath } from "./paths.js";
import { leaveNotice, takeNotice } from "./session.js";

const notice = byId("notice", HTMLElement);

/** @param {string} message */
export const showNotice = (message) => say(notice, message);

/**
 * Leaves nothing behind that says who was signed in and what they ordered, and goes to the first page.
 * @param {string} message what that page says
 */
export function forgetUser(message) {
  setAccount(null);
  sessionStorage.clear();
  forgetOrderKeys(localStorage);
  leaveNotice(message);
  location.assign(homePath);
}

async function leave() {
  try {
    await signOut();
  } catch (error) {
    showNotice(messageOf(error));
    return;
  }
  forgetUser(text.signedOut);
}

function showAccount() {
  const user = account();
  byId("account-name", HTMLElement).textContent = user?.name ?? "";
  byId("account-guest", HTMLElement).hidden = user !== null;
  byId("account-user", HTMLElement).hidden = user === null;
}

const left = takeNotice();
if (left !== "") showNotice(left);
byId("sign-out", HTMLButtonElement).addEventListener("click", leave);
showAccount();
onAccount(showAccount);

// The same page in another language is about the same thing, which the query names. It changes while one searches.
for (const link of document.querySelectorAll("a[data-language]")) {
  for (const kind of ["pointerdown", "focus", "click"]) {
    link.addEventListener(kind, () => {
      if (link instanceof HTMLAnchorElement) link.search = location.search;
    });
  }
}

// A page that the browser kept whole may show what belongs to a session that has ended since.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
