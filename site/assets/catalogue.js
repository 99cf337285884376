// A page of the catalogue. It was whole when it was rendered; one request corrects what has changed since.

import * as text from "#messages";

import { listTickets } from "./api.js";
import { find, say } from "./dom.js";
import { dateText, localTimes, priceText } from "./format.js";
import { corrections } from "./range.js";
import "./header.js";

/** @import { ListedTicket } from "./types.d.ts" */

/** @param {Element} element @param {string} words */
function correct(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** @param {Element} card @param {string | null} startsAt */
function correctDate(card, startsAt) {
  const shown = card.querySelector("time");
  if (startsAt === null) {
    shown?.parentElement?.remove();
    return;
  }
  if (shown !== null && Date.parse(shown.dateTime) === Date.parse(startsAt)) return;
  const time = shown ?? document.createElement("time");
  time.dateTime = startsAt;
  time.textContent = dateText(startsAt);
  if (shown !== null) return;
  const place = document.createElement("span");
  place.append(time);
  find(card, ".facts", HTMLElement).prepend(place);
}

/** @param {Element} card @param {ListedTicket} ticket */
function correctFacts(card, ticket) {
  correct(find(card, "[data-slot=title]", HTMLElement), ticket.title);
  correct(find(card, "[data-slot=price]", HTMLElement), priceText(ticket.price));
  correctDate(card, ticket.starts_at);
}

/** @param {HTMLElement} card */
function markTaken(card) {
  card.dataset["state"] = "held";
  const badge = find(card, "[data-slot=state]", HTMLElement);
  badge.dataset["state"] = "held";
  say(badge, text.takenNow);
}

/** @param {HTMLElement} list */
async function correctCards(list) {
  const cards = new Map();
  for (const card of list.querySelectorAll("[data-ticket]")) {
    if (card instanceof HTMLElement) cards.set(card.dataset["ticket"] ?? "", card);
  }
  const { limit, cursor } = list.dataset;
  const query = new URLSearchParams({ limit: limit ?? String(cards.size) });
  if (cursor !== undefined) query.set("cursor", cursor);
  const { data, clockOffset } = await listTickets(query);
  for (const [id, ticket] of corrections([...cards.keys()], data, Date.now() + clockOffset)) {
    const card = cards.get(id);
    if (ticket === null) markTaken(card);
    else correctFacts(card, ticket);
  }
}

localTimes(document);
const list = document.getElementById("ticket-list");
// Without an answer the page stays as it was rendered: the API decides when somebody wants to hold a ticket.
if (list !== null) void correctCards(list).catch(() => null);
