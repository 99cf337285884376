// What an order says once it is decided.

import * as text from "#messages";

import { dateText } from "./format.js";
import { fill } from "./messages.js";

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

/** @type {Record<string, string>} */
export const ORDER_STATES = {
  awaiting_payment: text.orderAwaiting,
  capturing: text.orderCapturing,
  paid: text.orderPaid,
  cancelled: text.orderCancelled,
  expired: text.orderExpired,
  refunded: text.orderRefunded,
};

const CLOSED = /** @type {Record<string, string>} */ ({
  cancelled: text.outcomeCancelled,
  expired: text.outcomeExpired,
  paid_too_late: text.outcomePaidTooLate,
});

const PAID = /** @type {Record<string, string>} */ ({
  capturing: text.outcomeCapturing,
  paid: text.outcomePaid,
});

/** Why there is nothing to pay any more, in a sentence; nothing when that is not so, or it was paid. @param {Order} order */
export const closedText = ({ state, closed_reason: reason }) => CLOSED[reason === "paid_too_late" ? reason : state] ?? "";

/** @param {Card} card */
export const cardText = ({ brand, last4 }) => fill(text.cardEnding, { brand: BRANDS[brand] ?? text.card, last4 });

/**
 * The state under which an order is listed: money that went back matters more than that it came.
 * @param {Order} order
 */
export const shownState = (order) => (order.refunded_at === null ? order.state : "refunded");

/** What became of an order, in a sentence, or nothing while it is open. @param {Order} order */
export const outcomeText = (order) =>
  order.refunded_at === null
    ? (PAID[order.state] ?? closedText(order))
    : fill(text.outcomeRefunded, { date: dateText(order.refunded_at) });

/** What stands below the ticket's code, or in its place. @param {Order} order */
export function credentialHint(order) {
  if (order.refunded_at !== null) return text.codeRefunded;
  return (order.credential ?? "") === "" ? text.codeMissing : text.codeShown;
}
