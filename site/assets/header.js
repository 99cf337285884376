// What every page does: say who is signed in, sign out, and show what the last page left to say.

import { currentUser, messageOf, signOut } from "./api.js";
import { byId, say } from "./dom.js";
import { TEXT } from "./messages.js";
import { leaveNotice, takeNotice } from "./session.js";

/** @import { User } from "./types.d.ts" */

const notice = byId("notice", HTMLElement);

/** @param {string} text */
export const showNotice = (text) => say(notice, text);

async function leave() {
  try {
    await signOut();
  } catch (error) {
    showNotice(messageOf(error));
    return;
  }
  sessionStorage.clear();
  leaveNotice(TEXT.signedOut);
  location.assign("/");
}

/** @returns {Promise<User | null | undefined>} undefined when the API did not say */
async function showAccount() {
  let user;
  try {
    user = await currentUser();
  } catch {
    // The page says itself that the API cannot be reached; the links to sign in stay as they are.
    return undefined;
  }
  if (user !== null) {
    byId("account-name", HTMLElement).textContent = user.display_name;
    byId("account-guest", HTMLElement).hidden = true;
    byId("account-user", HTMLElement).hidden = false;
  }
  return user;
}

const left = takeNotice();
if (left !== "") showNotice(left);
byId("sign-out", HTMLButtonElement).addEventListener("click", leave);

// A page that the browser kept whole may show what belongs to a session that has ended since.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

/** Who is signed in: null for nobody, undefined when the API did not say. */
export const account = showAccount();
