// What pages do that show what belongs to one person.

import { account, onAccount } from "./account.js";
import { currentUser } from "./api.js";
import { goToSignIn } from "./session.js";

const before = account()?.id;

onAccount((elsewhere) => {
  if (!elsewhere) return;
  const now = account();
  if (now === null) goToSignIn();
  else if (before !== undefined && now.id !== before) location.reload();
});

/** A page that was given its data knows that somebody is signed in; the header learns who, if this browser forgot. */
export async function learnName() {
  if (account() === null) await currentUser().catch(() => null);
}
