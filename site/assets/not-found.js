// An address at which there is no page. At a ticket's the API says why: a ticket that is sold has none any more, and one that
// was listed a moment ago has none yet.

import { showTicket } from "./api.js";
import { byId, find, say, slot } from "./dom.js";
import { dateTimeIn, priceIn, varietyOf } from "./format.js";
import { ticketAt } from "./paths.js";
import "./header.js";

/** @import { Ticket } from "./types.d.ts" */

const MOST_RELOADS = 5;
const RELOAD_AFTER_MS = 2_000;

const missing = byId("missing", HTMLElement);

/** The part in the language of the address. Addresses of the first language begin like all others. */
function partHere() {
  const parts = [...document.querySelectorAll("[data-prefix]")].filter((part) => part instanceof HTMLElement);
  const part = parts.findLast(({ dataset }) => location.pathname.startsWith(`${dataset["prefix"]}/`));
  if (part === undefined) throw new Error("the page is in no language");
  return part;
}

/**
 * Says one thing about the ticket. That there is no page is not said before it is known, nor of one that is sold.
 * @param {HTMLElement} part
 * @param {"loading" | "being-made" | "sold" | "nothing"} name
 */
function show(part, name) {
  for (const one of part.querySelectorAll("[data-when]")) {
    if (one instanceof HTMLElement) one.hidden = one.dataset["when"] !== name;
  }
  missing.hidden = name === "loading" || name === "sold";
}

/** @param {HTMLElement} part @param {Ticket} ticket */
function showSold(part, ticket) {
  const { title, price, venue, starts_at: startsAt } = ticket;
  const locale = varietyOf(part.lang, part.dataset["locale"] ?? part.lang);
  slot(part, "title").textContent = title;
  slot(part, "price").textContent = priceIn(locale, price);
  say(slot(part, "when"), startsAt === null ? "" : dateTimeIn(locale).format(new Date(startsAt)));
  say(slot(part, "venue"), venue ?? "");
  find(part, "[data-slot=link]", HTMLAnchorElement).search = `?${new URLSearchParams({ q: title })}`;
  document.title = `${title} · Holdfast`;
  show(part, "sold");
}

/** @param {HTMLElement} part @param {string} id */
function waitForPage(part, id) {
  const name = `holdfast.reloads.${id}`;
  const reloads = Number(sessionStorage.getItem(name) ?? 0);
  show(part, reloads < MOST_RELOADS ? "being-made" : "nothing");
  if (reloads >= MOST_RELOADS) return;
  sessionStorage.setItem(name, String(reloads + 1));
  setTimeout(() => location.reload(), RELOAD_AFTER_MS);
}

/** @param {string} id */
async function explain(id) {
  const part = partHere();
  show(part, "loading");
  // What the API does not know, or does not say, is simply not there.
  const ticket = await showTicket(id).then(({ data }) => data).catch(() => null);
  if (ticket === null) show(part, "nothing");
  else if (ticket.state === "sold") showSold(part, ticket);
  else waitForPage(part, id);
}

const ticket = ticketAt(location.pathname);
if (ticket !== null) void explain(ticket);
