// One ticket. The page shows what was true a moment ago; the API alone decides who holds it.

import { isProblem, listOrders, messageOf, placeOrder, showTicket } from "./api.js";
import { byId, parameter, say } from "./dom.js";
import { priceText, whenText, whereText } from "./format.js";
import { account } from "./header.js";
import { TEXT, TICKET_STATES } from "./messages.js";
import { forgetOrderKey, orderKey } from "./order-keys.js";
import { isId, orderPath } from "./paths.js";
import { Region } from "./region.js";
import { leftToSignIn } from "./session.js";

/** @import { Order, Ticket } from "./types.d.ts" */

const id = parameter("id");
const region = new Region("ticket");
const hold = byId("hold", HTMLButtonElement);
const refusal = byId("refusal", HTMLElement);
const refusalLink = byId("refusal-link", HTMLAnchorElement);

/** @param {string} text @param {{ href: string, label: string }} [link] */
function refuse(text, link) {
  say(byId("refusal-text", HTMLElement), text);
  refusal.hidden = text === "";
  refusalLink.href = link?.href ?? "";
  refusalLink.textContent = link?.label ?? "";
  const place = refusalLink.parentElement;
  if (place !== null) place.hidden = link === undefined;
}

/** @param {"listed" | "held" | "sold" | "mine"} state */
function offer(state) {
  for (const name of ["listed", "held", "sold", "mine"]) {
    byId(`offer-${name}`, HTMLElement).hidden = name !== state;
  }
}

/** @param {Ticket} ticket */
function render(ticket) {
  document.title = `${ticket.title} · Holdfast`;
  const badge = byId("state", HTMLElement);
  badge.textContent = TICKET_STATES[ticket.state] ?? ticket.state;
  badge.dataset["state"] = ticket.state;
  byId("title", HTMLElement).textContent = ticket.title;
  byId("price", HTMLElement).textContent = priceText(ticket.price);
  byId("when", HTMLElement).textContent = whenText(ticket);
  byId("venue", HTMLElement).textContent = whereText(ticket);
  byId("seller", HTMLElement).textContent = ticket.seller.display_name;
  say(byId("description", HTMLElement), ticket.description ?? "");
  offer(ticket.state);
  if (ticket.state === "held") void offerOwnHold();
}

/** @param {Order} order */
const isOpen = (order) => order.state === "awaiting_payment" || order.state === "capturing";

/** Whoever holds the ticket is shown the way to the order. The newest orders are enough: a hold lasts minutes. */
async function offerOwnHold() {
  if (!(await account)) return;
  const mine = await listOrders(null).catch(() => ({ items: [] }));
  const order = mine.items.find((found) => found.ticket.id === id && isOpen(found));
  if (order === undefined) return;
  byId("my-order", HTMLAnchorElement).href = orderPath(order.id);
  refuse("");
  offer("mine");
}

/** @returns {Promise<"ready" | "empty">} */
async function load() {
  if (!isId(id)) return "empty";
  try {
    render(await showTicket(id));
  } catch (error) {
    if (isProblem(error, "not-found")) return "empty";
    throw error;
  }
  return "ready";
}

/**
 * Places the order under the key that this tab keeps. When that key belongs to an order that has ended meanwhile (in
 * another tab, or because it ran out), a new one is tried once.
 * @returns {Promise<Order>}
 */
async function order() {
  const placed = await placeOrder(id, orderKey(id)).catch((error) => {
    if (isProblem(error, "idempotency-key-reused")) return null;
    throw error;
  });
  if (placed !== null && isOpen(placed)) return placed;
  forgetOrderKey(id);
  return placeOrder(id, orderKey(id));
}

/** @param {unknown} error */
async function explain(error) {
  if (leftToSignIn(error)) return;
  const own = isProblem(error, "own-ticket");
  const link = own ? { href: "/my-tickets/", label: TEXT.seeMyTickets } : undefined;
  refuse(messageOf(error), link);
  if (!isProblem(error, "ticket-held", "ticket-sold", "not-found")) return;
  // The public answer may be two seconds old, so that what the API has just said is shown in any case.
  if (isProblem(error, "not-found")) await region.run(load);
  else render({ ...(await showTicket(id)), state: isProblem(error, "ticket-sold") ? "sold" : "held" });
}

let busy = false;
hold.addEventListener("click", async () => {
  if (busy) return;
  busy = true;
  refuse("");
  const label = hold.textContent;
  hold.textContent = TEXT.working;
  hold.setAttribute("aria-disabled", "true");
  try {
    location.assign(orderPath((await order()).id));
  } catch (error) {
    await explain(error).catch((reason) => refuse(messageOf(reason)));
  } finally {
    busy = false;
    hold.textContent = label;
    hold.removeAttribute("aria-disabled");
  }
});

byId("check-again", HTMLButtonElement).addEventListener("click", () => {
  refuse("");
  void region.run(load);
});
void region.run(load);
