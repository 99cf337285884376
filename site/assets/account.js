// Who is signed in, as far as this browser knows without asking: a hint for the header, never a right. All tabs share it.

/** @typedef {{ id: string, name: string }} Account */

const NAME = "holdfast.account";

/**
 * Reads what was kept; anything else than what `written` wrote is nothing.
 * @param {string | null} kept
 * @returns {Account | null}
 */
export function read(kept) {
  try {
    const { id, name } = JSON.parse(kept ?? "null") ?? {};
    return typeof id === "string" && typeof name === "string" ? { id, name } : null;
  } catch {
    return null;
  }
}

/** @param {Account} account */
export const written = ({ id, name }) => JSON.stringify({ id, name });

export const account = () => read(localStorage.getItem(NAME));

/** @typedef {(elsewhere: boolean) => void} Listener */
const listeners = /** @type {Listener[]} */ ([]);

/** @param {Account | null} next */
export function setAccount(next) {
  if (next === null) localStorage.removeItem(NAME);
  else localStorage.setItem(NAME, written(next));
  for (const listener of listeners) listener(false);
}

/** Calls the listener when somebody signs in or out, here or elsewhere: in another tab. @param {Listener} listener */
export function onAccount(listener) {
  listeners.push(listener);
  // Without a key everything was cleared.
  addEventListener("storage", ({ key }) => {
    if (key === NAME || key === null) listener(true);
  });
}
