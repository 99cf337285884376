// Prices and dates as people read them.

import * as text from "#messages";

import { majorUnits } from "./money.js";

/** @import { Money, TicketFacts } from "./types.d.ts" */

/**
 * The reader's own variety of a language: day and month stand in the order that they know.
 * @param {string} language its tag
 * @param {string} otherwise what it is when they have none
 */
export const varietyOf = (language, otherwise) =>
  navigator.languages.find((tag) => tag.split("-")[0] === language) ?? otherwise;

/** Of the page's language. */
const own = varietyOf(text.languageTag, text.languageLocale);

/** @param {string} locale */
export const dateTimeIn = (locale) =>
  new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });

// To make one takes a while: it is done once, and where it is not used it is left out of the page's script.
const dateTime = /* @__PURE__ */ dateTimeIn(own);
const date = /* @__PURE__ */ new Intl.DateTimeFormat(own, { dateStyle: "medium" });
const time = /* @__PURE__ */ new Intl.DateTimeFormat(own, { hour: "numeric", minute: "2-digit" });

/** @param {string} locale @param {Money} money */
export function priceIn(locale, { amount, currency }) {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency });
  const exponent = format.resolvedOptions().maximumFractionDigits ?? 2;
  const major = /** @type {Intl.StringNumericLiteral} */ (majorUnits(amount, exponent));
  return format.format(major);
}

/** @param {Money} money */
export const priceText = (money) => priceIn(own, money);

/** @param {string} moment */
export const dateText = (moment) => dateTime.format(new Date(moment));

/** @param {string} moment */
export const timeText = (moment) => time.format(new Date(moment));

/** @param {TicketFacts} ticket */
export const whenText = (ticket) => (ticket.starts_at === null ? text.dateNotGiven : dateText(ticket.starts_at));

/** @param {TicketFacts} ticket */
export const whereText = (ticket) => ticket.venue ?? text.placeNotGiven;

/** Several prices, one after the other. @param {Money[]} prices */
export const pricesText = (prices) => new Intl.ListFormat(own).format(prices.map(priceText));

/** Writes what stands on the page in UTC in the reader's own time zone. @param {ParentNode} root */
export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]")) {
    if (!(element instanceof HTMLTimeElement)) continue;
    const format = element.dataset["format"] === "date" ? date : dateTime;
    element.textContent = format.format(new Date(element.dateTime));
  }
}
