// One ticket. The page was whole when it was rendered; the API says what is true now, again and again while somebody looks,
// and it alone decides who holds the ticket.

import * as text from "#messages";

import { account } from "./account.js";
import { alsoExpect, currentUser, isProblem, listOrders, messageOf, placeOrder, showTicket } from "./api.js";
import { byId, find, say } from "./dom.js";
import { dateText, localTimes, priceText, whereText } from "./format.js";
import { handOver } from "./handed-order.js";
import { forgetOrderKey, oneTabAtATime, orderKey } from "./order-keys.js";
import { myTicketsPath, orderPath, ordersPath } from "./paths.js";
import { HOLD_PROBLEMS } from "./problems.js";
import { TICKET_STATES } from "./rows.js";
import { goToSignIn, leftToSignIn } from "./session.js";
import { Watch } from "./watch.js";
import "./header.js";

/** @import { Order, Ticket } from "./types.d.ts" */
/** @typedef {"listed" | "held" | "mine" | "sold" | "begun" | "gone"} Offer what can be done about the ticket */

/** A shared answer of the API may be this old: after a refusal it is not asked any sooner. */
const SETTLED_MS = 5_000;

const id = byId("ticket", HTMLElement).dataset["ticket"] ?? "";
const hold = byId("hold", HTMLButtonElement);
const badge = byId("state", HTMLElement);
const failed = byId("offer-failed", HTMLElement);
const refusal = byId("refusal", HTMLElement);
const refusalLink = byId("refusal-link", HTMLAnchorElement);
const parts = ["unknown", "listed", "held", "mine", "sold", "begun", "gone", "failed"].map((name) =>
  byId(`offer-${name}`, HTMLElement),
);

/** What is read out when it becomes so. @type {Record<Offer, string>} */
const NEWS = {
  listed: text.nowListed,
  held: text.nowHeld,
  mine: text.nowMine,
  sold: text.nowSold,
  begun: text.nowBegun,
  gone: text.nowGone,
};

/** What was shown last. */
let shown = /** @type {Offer | null} */ (null);
/** While an order is being placed nothing else changes what is offered. */
let busy = false;
/** The hold about which the person's own orders were asked, by the version that took it, and what they said. */
let asked = { version: -1, order: /** @type {Order | undefined} */ (undefined) };

/** @param {string} message @param {{ href: string, label: string }} [link] */
function refuse(message, link) {
  say(byId("refusal-text", HTMLElement), message);
  refusal.hidden = message === "";
  refusalLink.href = link?.href ?? "";
  refusalLink.textContent = link?.label ?? "";
  const place = refusalLink.parentElement;
  if (place !== null) place.hidden = link === undefined;
}

/** Shows one part; a focus that would be lost with another goes to the state. @param {string} name */
function show(name) {
  const next = byId(`offer-${name}`, HTMLElement);
  const loses = parts.some((part) => part !== next && part.contains(document.activeElement));
  for (const part of parts) part.hidden = part !== next;
  if (loses) badge.focus();
}

/** @param {Offer} offer */
function offer(offer) {
  if (shown === offer) return;
  // What was refused before was about a state that has passed.
  if (shown !== null) {
    refuse("");
    byId("announcement", HTMLElement).textContent = NEWS[offer];
  }
  shown = offer;
  const state = { mine: "held", begun: "listed", gone: "sold" }[/** @type {string} */ (offer)] ?? offer;
  badge.hidden = offer === "gone";
  badge.dataset["state"] = state;
  badge.textContent = TICKET_STATES[state] ?? "";
  show(offer);
}

/** @param {string} name @param {string} words */
function correct(name, words) {
  const element = byId(name, HTMLElement);
  if (element.textContent !== words) element.textContent = words;
}

/** @param {string | null} startsAt */
function correctDate(startsAt) {
  const place = byId("when", HTMLElement);
  if (startsAt === null) {
    correct("when", text.dateNotGiven);
    return;
  }
  const time = place.querySelector("time") ?? document.createElement("time");
  if (time.isConnected && Date.parse(time.dateTime) === Date.parse(startsAt)) return;
  time.dateTime = startsAt;
  time.textContent = dateText(startsAt);
  place.replaceChildren(time);
}

/** @param {Ticket} ticket */
function correctFacts(ticket) {
  document.title = `${ticket.title} · Holdfast`;
  correct("title", ticket.title);
  correct("price", priceText(ticket.price));
  correct("venue", whereText(ticket));
  correct("seller", ticket.seller.display_name);
  correctDate(ticket.starts_at);
  const description = byId("description", HTMLElement);
  if (description.textContent !== (ticket.description ?? "")) say(description, ticket.description ?? "");
}

/** @param {Order} order */
const isOpen = (order) => order.state === "awaiting_payment" || order.state === "capturing";

/** The person's own order of this ticket, if it holds it. The newest orders are enough: a hold lasts minutes. */
async function ownOrder() {
  if (account() === null) return undefined;
  const { items } = await listOrders(null);
  return items.find((order) => order.ticket.id === id && isOpen(order));
}

/** Asks once a hold: another person's does not become one's own. @param {number} version */
async function isOwnHold(version) {
  if (asked.version !== version) {
    // Without an answer it is asked at the next look.
    const order = await ownOrder().catch(() => null);
    if (order === null) return false;
    asked = { version, order };
  }
  if (asked.order !== undefined) byId("my-order", HTMLAnchorElement).href = orderPath(asked.order.id);
  return asked.order !== undefined;
}

/** @param {Ticket} ticket @param {number} now by the server's clock @returns {Promise<Offer>} */
async function offerOf({ state, starts_at: startsAt, version }, now) {
  if (state === "held") return (await isOwnHold(version)) ? "mine" : "held";
  return state === "listed" && startsAt !== null && Date.parse(startsAt) <= now ? "begun" : state;
}

/** @returns {Promise<"again" | "failed" | "over">} */
async function look() {
  if (busy) return "again";
  try {
    const { data, clockOffset } = await showTicket(id);
    const found = await offerOf(data, Date.now() + clockOffset);
    // What was asked before a click says nothing about what came of it.
    if (busy) return "again";
    correctFacts(data);
    offer(found);
    return found === "sold" ? "over" : "again";
  } catch (error) {
    if (isProblem(error, "not-found")) {
      offer("gone");
      return "over";
    }
    // What was true at the last look is kept until there is something better.
    if (shown === null) {
      find(failed, "[data-reason]", HTMLElement).textContent = messageOf(error);
      show("failed");
    }
    return "failed";
  }
}

const watch = new Watch(look);

/**
 * Places the order under the key that all tabs of this person share. When that key belongs to an order that has ended
 * meanwhile, a new one is tried once.
 * @param {string} owner
 */
async function place(owner) {
  const placed = await placeOrder(id, orderKey(localStorage, owner, id)).catch((error) => {
    if (isProblem(error, "idempotency-key-reused")) return null;
    throw error;
  });
  if (placed !== null && isOpen(placed.data)) return placed;
  forgetOrderKey(localStorage, id);
  return placeOrder(id, orderKey(localStorage, owner, id));
}

/** Where something can be done about it. @param {unknown} error */
function wayOut(error) {
  if (isProblem(error, "own-ticket")) return { href: myTicketsPath, label: text.seeMyTickets };
  return isProblem(error, "too-many-holds") ? { href: ordersPath, label: text.seeMyOrders } : undefined;
}

/** @param {unknown} error */
async function explain(error) {
  if (leftToSignIn(error)) return;
  const order = isProblem(error, "ticket-held") ? await ownOrder().catch(() => undefined) : undefined;
  if (order !== undefined) {
    location.assign(orderPath(order.id));
    return;
  }
  if (isProblem(error, "ticket-held")) offer("held");
  if (isProblem(error, "ticket-sold")) offer("sold");
  if (isProblem(error, "not-found")) offer("gone");
  refuse(messageOf(error), wayOut(error));
  watch.wait(SETTLED_MS);
}

/** Places the order and goes to its page, which need not ask for what is known. @param {string} owner */
async function goToOrder(owner) {
  const { data, clockOffset } = await oneTabAtATime(navigator.locks, id, () => place(owner));
  handOver(data, clockOffset);
  location.assign(orderPath(data.id));
}

/** Whoever is signed in, even if this browser has forgotten. */
async function owner() {
  return account()?.id ?? (await currentUser())?.id ?? null;
}

hold.addEventListener("click", async () => {
  if (busy) return;
  busy = true;
  refuse("");
  const label = hold.textContent;
  hold.textContent = text.working;
  hold.setAttribute("aria-disabled", "true");
  try {
    const who = await owner();
    if (who === null) goToSignIn();
    else await goToOrder(who);
  } catch (error) {
    await explain(error);
  } finally {
    busy = false;
    hold.textContent = label;
    hold.removeAttribute("aria-disabled");
  }
});

for (const button of [byId("check-again", HTMLButtonElement), find(failed, "[data-retry]", HTMLButtonElement)]) {
  button.addEventListener("click", () => {
    refuse("");
    void watch.now();
  });
}
alsoExpect(HOLD_PROBLEMS);
localTimes(document);
void watch.now();
