// What the API's refusals mean for the person who reads them, by the problem's type: those that not every route may answer.

import * as text from "#messages";

import { plural } from "./messages.js";

/** Of forms. */
export const FORM_PROBLEMS = {
  "body-too-large": text.problemBodyTooLarge,
  "invalid-fields": text.problemInvalidFields,
};

/** Of holding a ticket. */
export const HOLD_PROBLEMS = {
  "idempotency-key-reused": text.problemKeyReused,
  "own-ticket": text.problemOwnTicket,
  "ticket-held": text.problemTicketHeld,
  "ticket-sold": text.problemTicketSold,
  "too-many-holds": text.problemTooManyHolds,
};

/**
 * Tries come back one by one, in minutes.
 * @param {number} seconds until the next one
 */
export const waitText = (seconds) =>
  seconds > 0
    ? plural(Math.ceil(seconds / 60), { one: text.problemTooManyTriesOne, other: text.problemTooManyTriesOther })
    : text.problemTooManyTries;

/** Of whatever is counted. */
export const TRY_PROBLEMS = { "too-many-tries": waitText };

/** Of asking for a mail, which is counted as well. */
export const MAIL_PROBLEMS = { "mail-not-configured": text.problemMailNotConfigured };

/** Of paying for an order and of cancelling it. */
export const ORDER_PROBLEMS = {
  "hold-expired": text.problemHoldExpired,
  "order-closed": text.problemOrderClosed,
  "order-paid": text.problemOrderPaid,
  "payments-not-configured": text.problemPaymentsNotConfigured,
};
