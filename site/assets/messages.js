// The sentences that scripts say, in one place.

/** What the API's refusals mean for the person who reads them, by the problem's type. */
const PROBLEMS = /** @type {Record<string, string>} */ ({
  "bad-origin": "The page and the server do not agree on where you are. Reload the page and try again.",
  "body-too-large": "That is too much text.",
  "email-taken": "There is an account with this address already. Sign in instead.",
  "hold-expired": "Your time ran out before you began to pay. Nothing was charged.",
  "idempotency-key-reused": "This order was placed for another ticket. Reload the page and try again.",
  "internal": "Something went wrong on our side. Try again in a moment.",
  "invalid-fields": "Some fields are not right yet.",
  "no-session": "Your session has ended. Sign in again.",
  "not-found": "It is not here any more.",
  "order-closed": "This order is closed already.",
  "order-paid": "This order is paid, or its payment is being completed, so it cannot be cancelled.",
  "own-ticket": "This is your own ticket. You cannot buy from yourself.",
  "payments-not-configured": "Payments are not set up here. Nothing was charged.",
  "ticket-changed": "The ticket has changed meanwhile. Reload the page to see how.",
  "ticket-held": "Another buyer was faster: the ticket is held for them now.",
  "ticket-sold": "This ticket was sold to someone else.",
  "too-many-requests": "That was a little too fast. Wait a moment and try again.",
  "unavailable": "Holdfast is busy at the moment. Try again shortly.",
  "wrong-credentials": "The address and the password do not belong together.",
});

export const TEXT = {
  offline: "Holdfast cannot be reached. Check your connection and try again.",
  tooSlow: "The answer took too long. Try again; nothing happens twice.",
  badAnswer: "The answer could not be read. Try again in a moment.",
  refused: "That did not work. Try again in a moment.",
  required: "Fill this in.",
  notAnAddress: "Enter an e-mail address such as name@example.org.",
  notADate: "Enter the whole date and time.",
  inThePast: "This is in the past.",
  untilBeforeFrom: "This day is before the first one.",
  anyDate: "Date not given",
  anyPlace: "Place not given",
  signedOut: "You are signed out.",
  ticketListed: "Your ticket is listed.",
  ticketChanged: "Your changes are saved.",
  ticketDeleted: "The ticket is deleted.",
  heldNoChange: "A buyer is holding this ticket, so it cannot be changed now.",
  soldNoChange: "This ticket is sold, so it cannot be changed any more.",
  draftKept: "You were signed out. What you entered is still here; only the credential must be entered again.",
  changeHeading: "Change your ticket",
  changeButton: "Save the changes",
  seeMyTickets: "See my tickets",
  runOut: "Your time is up. The ticket is being listed again.",
  payHeading: "Pay for your ticket",
  closedHeading: "Nothing to pay",
  noCardForm: "The card form could not be loaded. Check your connection and try again; nothing was charged.",
  notPaid: "The payment did not go through, and nothing was charged. Try again.",
  tryAnotherCard: "Nothing was charged. You can try again or use another card.",
  finish: "Finish the payment",
  stillCapturing: "Your payment is still being completed. You can leave this page: it goes on by itself.",
  card: "Card",
  codeShown: "Show this where you are let in. It admits whoever has it, so keep it to yourself.",
  codeMissing: "The seller entered no code for this ticket. This receipt is your proof that it is yours.",
  codeRefunded: "The payment was refunded, so this ticket no longer admits you.",
  working: "One moment…",
};

/** @type {Record<string, string>} */
export const TICKET_STATES = { listed: "Listed", held: "Held", sold: "Sold" };

/** @type {Record<string, string>} */
export const ORDER_STATES = {
  awaiting_payment: "Held for you",
  capturing: "Payment under way",
  paid: "Paid",
  cancelled: "Cancelled",
  expired: "Run out",
  refunded: "Refunded",
};

const OUTCOMES = /** @type {Record<string, string>} */ ({
  capturing: "Your payment is being taken. This takes a few seconds.",
  paid: "It is paid, and the ticket is yours.",
  cancelled: "You cancelled this order, and the ticket is on the market again. Nothing was charged.",
  expired: "The time ran out, and the ticket is on the market again. Nothing was charged.",
  paid_too_late:
    "Your card was accepted, but too late: someone else had taken the ticket by then. The payment was called off, and " +
    "nothing was charged.",
});

/**
 * What became of an order, in a sentence; nothing while it is open.
 * @param {string} state
 * @param {string | null} reason why it was closed
 */
export const outcomeOf = (state, reason) => OUTCOMES[reason === "paid_too_late" ? reason : state] ?? "";

/**
 * @param {string} type
 * @returns {string | undefined}
 */
export function problemText(type) {
  return Object.hasOwn(PROBLEMS, type) ? PROBLEMS[type] : undefined;
}

/** @param {number} min */
export const tooShort = (min) => `Use at least ${min} characters.`;

/** @param {number} max @param {number} found */
export const tooLong = (max, found) => `Use at most ${max} characters; these are ${found}.`;

/** @param {number} count @param {string} thing @param {boolean} more */
export const countText = (count, thing, more) => `${count} ${thing}${count === 1 ? "" : "s"}${more ? " so far" : ""}`;

/** @param {string} lowest @param {string} highest */
export const priceRange = (lowest, highest) => `From ${lowest} to ${highest}.`;

/** @param {string} price */
export const payText = (price) => `Pay ${price}`;

/** @param {string} brand @param {string} last4 */
export const cardEnding = (brand, last4) => `${brand} ending in ${last4}`;

/** @param {string} date */
export const refundedOn = (date) => `Your payment was refunded on ${date}.`;

/** @param {number} seconds */
export function timeLeft(seconds) {
  const [count, unit] = seconds >= 60 ? [Math.floor(seconds / 60), "minute"] : [seconds, "second"];
  return `${count} ${unit}${count === 1 ? "" : "s"} left to hold this ticket.`;
}
