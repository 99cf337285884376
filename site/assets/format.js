// Prices and dates as people read them.

import * as text from "#messages";

import { majorUnits } from "./money.js";

/** @import { Money, TicketFacts } from "./types.d.ts" */

/** The reader's own variety of the page's language: day and month stand in the order that they know. */
const locale = navigator.languages.find((tag) => tag.split("-")[0] === text.languageTag) ?? text.languageLocale;

const dateTime = new Intl.DateTimeFormat(locale, {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "numeric",
  minute: "2-digit",
});
const date = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
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
export const whenText = (ticket) => (ticket.starts_at === null ? text.dateNotGiven : dateText(ticket.starts_at));

/** @param {TicketFacts} ticket */
export const whereText = (ticket) => ticket.venue ?? text.placeNotGiven;

/** Several prices, one after the other. @param {Money[]} prices */
export const pricesText = (prices) => new Intl.ListFormat(locale).format(prices.map(priceText));

/** Writes what stands on the page in UTC in the reader's own time zone. @param {ParentNode} root */
export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    if (!(element instanceof HTMLTimeElement)) continue;
    const format = element.dataset["format"] === "date" ? date : dateTime;
    element.textContent = format.format(new Date(element.dateTime));
  }
}
