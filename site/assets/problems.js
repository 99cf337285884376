// What the API's refusals mean for the person who reads them, by the problem's type: those that not every route may answer.

import * as text from "#messages";

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
};

/** Of paying for an order and of cancelling it. */
export const ORDER_PROBLEMS = {
  "hold-expired": text.problemHoldExpired,
  "order-closed": text.problemOrderClosed,
  "order-paid": text.problemOrderPaid,
  "payments-not-configured": text.problemPaymentsNotConfigured,
};
