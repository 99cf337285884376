// The key under which somebody orders a ticket. It stays until that order ends, so that a second click, a reload, another
// tab or a lost answer finds the first order again and does not place another. It says whose it is: on a device that two
// people use, neither orders under the other's key.

const PREFIX = "holdfast.order-key.";

/**
 * @param {Storage} storage
 * @param {string} owner the account's id
 * @param {string} ticketId
 */
export function orderKey(storage, owner, ticketId) {
  const [whose, kept] = (storage.getItem(PREFIX + ticketId) ?? "").split(" ");
  if (whose === owner && kept !== undefined) return kept;
  const key = crypto.randomUUID();
  storage.setItem(PREFIX + ticketId, `${owner} ${key}`);
  return key;
}

/** @param {Storage} storage @param {string} ticketId */
export const forgetOrderKey = (storage, ticketId) => storage.removeItem(PREFIX + ticketId);

/** Whoever signs out leaves nothing behind that says what they ordered. @param {Storage} storage */
export function forgetOrderKeys(storage) {
  const names = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
  for (const name of names) if (name.startsWith(PREFIX)) storage.removeItem(name);
}

/**
 * Runs while no other tab does the same: two tabs in which the same button is pressed at once come to the same order, one
 * after the other.
 * @template Result
 * @param {LockManager | undefined} locks without a secure context there are none; the API decides then as well, and this
 *   only spares it a refusal
 * @param {string} ticketId
 * @param {() => Promise<Result>} run
 * @returns {Promise<Result>}
 */
export const oneTabAtATime = async (locks, ticketId, run) =>
  locks === undefined ? run() : await locks.request(PREFIX + ticketId, run);
