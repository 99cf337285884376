// What an answer of the API says about the cards of a page that was rendered some time ago.

/** @import { ListedTicket, Page } from "./types.d.ts" */

/**
 * An answer may be some seconds older than the page that it corrects: a ticket as young as this may be on the page and
 * not yet in the answer.
 */
const UNCERTAIN_MS = 15_000;

/** The moment at which an id was made: a UUID of version 7 begins with it. @param {string} id */
const madeAt = (id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/**
 * For each card that the answer speaks of, the ticket as it is now, or null when it is not on the market any more. Both
 * go from the newest to the oldest, and ids sort by the time at which they were made. What the answer does not reach is
 * left out.
 * @param {string[]} ids of the cards
 * @param {Page<ListedTicket>} answer
 * @param {number} now by the server's clock
 * @returns {Map<string, ListedTicket | null>}
 */
export function corrections(ids, { items, next }, now) {
  const listed = new Map(items.map((ticket) => [ticket.id, ticket]));
  const last = items.at(-1)?.id;
  const isReached = (/** @type {string} */ id) => next === null || (last !== undefined && id > last);
  const isSettled = (/** @type {string} */ id) => now - madeAt(id) > UNCERTAIN_MS;
  const found = new Map();
  for (const id of ids) {
    const ticket = listed.get(id);
    if (ticket !== undefined) found.set(id, ticket.state === "listed" ? ticket : null);
    else if (isReached(id) && isSettled(id)) found.set(id, null);
  }
  return found;
}
