// What an order says once it is decided.

import { dateText } from "./format.js";
import { TEXT, cardEnding, outcomeOf, refundedOn } from "./messages.js";

/** @import { Card, Order } from "./types.d.ts" */

const BRANDS = /** @type {Record<string, string>} */ ({
  amex: "American Express",
  cartes_bancaires: "Cartes Bancaires",
  diners: "Diners Club",
  discover: "Discover",
  eftpos_au: "Eftpos",
  jcb: "JCB",
  mastercard: "Mastercard",
  unionpay: "UnionPay",
  visa: "Visa",
});

/** @param {Card} card */
export const cardText = ({ brand, last4 }) => cardEnding(BRANDS[brand] ?? TEXT.card, last4);

/**
 * The state under which an order is listed: money that went back matters more than that it came.
 * @param {Order} order
 */
export const shownState = (order) => (order.refunded_at === null ? order.state : "refunded");

/** What became of an order, in a sentence, or nothing while it is open. @param {Order} order */
export const outcomeText = (order) =>
  order.refunded_at === null ? outcomeOf(order.state, order.closed_reason) : refundedOn(dateText(order.refunded_at));

/** What stands below the ticket's code, or in its place. @param {Order} order */
export function credentialHint(order) {
  if (order.refunded_at !== null) return TEXT.codeRefunded;
  return (order.credential ?? "") === "" ? TEXT.codeMissing : TEXT.codeShown;
}
