// An order that a page was given a moment ago is handed to the page to which it leads, which need not ask for it again. It is
// taken once: a reload asks, and so does every page that comes in another way. Only an order that waits for its payment is
// handed over: nothing in it admits anybody, and whatever has become of it meanwhile is said when its payment is begun.

import { account } from "./account.js";

/** @import { Order } from "./types.d.ts" */

const FRESH_MS = 10_000;

/** Whose it is counts, too: who signs in meanwhile gets nobody else's. @param {string} id */
const nameOf = (id) => `holdfast.order.${account()?.id}.${id}`;

/**
 * Leaves it for the next page of this tab.
 * @param {Order} order
 * @param {number} clockOffset what to add to this device's clock
 */
export function handOver(order, clockOffset) {
  if (order.state !== "awaiting_payment") return;
  try {
    sessionStorage.setItem(nameOf(order.id), JSON.stringify({ data: order, clockOffset, at: Date.now() }));
  } catch {
    // There is no room for it: the next page asks.
  }
}

/**
 * What the page before this one has left, if that was just now.
 * @param {string} id
 * @returns {{ data: Order, clockOffset: number } | null}
 */
export function handedOrder(id) {
  try {
    const name = nameOf(id);
    const left = JSON.parse(sessionStorage.getItem(name) ?? "null");
    sessionStorage.removeItem(name);
    return Date.now() - left.at < FRESH_MS ? left : null;
  } catch {
    return null;
  }
}
