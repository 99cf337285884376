// The key under which a tab orders a ticket. It stays until that order ends, so that a second click, a reload or a
// lost answer finds the first order again and does not place another.

const PREFIX = "holdfast.order-key.";

/** @param {string} ticketId */
export function orderKey(ticketId) {
  const kept = sessionStorage.getItem(PREFIX + ticketId);
  if (kept !== null) return kept;
  const key = crypto.randomUUID();
  sessionStorage.setItem(PREFIX + ticketId, key);
  return key;
}

/** @param {string} ticketId */
export const forgetOrderKey = (ticketId) => sessionStorage.removeItem(PREFIX + ticketId);
