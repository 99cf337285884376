// The rows of every list that shows tickets: in the catalogue, among one's own and in orders.

import * as text from "#messages";

import { say, slot } from "./dom.js";
import { dateText, priceText } from "./format.js";

/** @import { TicketFacts } from "./types.d.ts" */

/** @type {Record<string, string>} */
export const TICKET_STATES = { listed: text.stateListed, held: text.stateHeld, sold: text.stateSold };

/** @param {DocumentFragment} row @param {TicketFacts} ticket @param {string} address where the row leads */
export function fillFacts(row, ticket, address) {
  slot(row, "link").setAttribute("href", address);
  slot(row, "title").textContent = ticket.title;
  slot(row, "price").textContent = priceText(ticket.price);
  say(slot(row, "when"), ticket.starts_at === null ? "" : dateText(ticket.starts_at));
  say(slot(row, "venue"), ticket.venue ?? "");
}

/** @param {DocumentFragment} row @param {string} state @param {Record<string, string>} names */
export function fillState(row, state, names) {
  const badge = slot(row, "state");
  badge.textContent = names[state] ?? state;
  badge.dataset["state"] = state;
}
