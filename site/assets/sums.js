// What sold tickets came to. Amounts of different currencies are never added.

/** @import { Money, OwnTicket } from "./types.d.ts" */

/**
 * One sum a currency, in the order in which they are met.
 * @param {OwnTicket[]} tickets
 * @returns {Money[]}
 */
export function sumsOfSold(tickets) {
  const sums = /** @type {Map<string, number>} */ (new Map());
  for (const { state, price } of tickets) {
    if (state === "sold") sums.set(price.currency, (sums.get(price.currency) ?? 0) + price.amount);
  }
  return [...sums].map(([currency, amount]) => ({ amount, currency }));
}
