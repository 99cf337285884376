// Prices and dates as people read them.

import { TEXT } from "./messages.js";
import { majorUnits } from "./money.js";

/** @import { Money, TicketFacts } from "./types.d.ts" */

/** The reader's own variety of the page's language: day and month stand in the order that they know. */
const language = document.documentElement.lang;
const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

const dateTime = new Intl.DateTimeFormat(locale, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });

/** @param {Money} money */
export function priceText({ amount, currency }) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const exponent = format.resolvedOptions().maximumFractionDigits ?? 2;
  const major = /** @type {Intl.StringNumericLiteral} */ (majorUnits(amount, exponent));
  return format.format(major);
}

/** @param {string} moment */
export const dateText = (moment) => dateTime.format(new Date(moment));

/** @param {string} moment */
export const timeText = (moment) => time.format(new Date(moment));

/** @param {TicketFacts} ticket */
export const whenText = (ticket) => (ticket.starts_at === null ? TEXT.anyDate : dateText(ticket.starts_at));

/** @param {TicketFacts} ticket */
export const whereText = (ticket) => ticket.venue ?? TEXT.anyPlace;
