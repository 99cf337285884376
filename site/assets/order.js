// One order: the hold that runs out, what became of it, and the receipt of a paid one.

import * as text from "#messages";

import { alsoExpect, cancelOrder, isProblem, messageOf, reconcileOrder, showOrder } from "./api.js";
import { confirmed } from "./confirm.js";
import { secondsToNextLook } from "./countdown.js";
import { byId, parameter, say } from "./dom.js";
import { dateText, priceText, whenText, whereText } from "./format.js";
import { handOver, handedOrder } from "./handed-order.js";
import { HoldClock, announce } from "./hold-clock.js";
import { fill } from "./messages.js";
import { forgetOrderKey } from "./order-keys.js";
import { checkoutPath, isId, ticketPath, withoutReturn } from "./paths.js";
import { learnName } from "./private.js";
import { ORDER_PROBLEMS } from "./problems.js";
import { ORDER_STATES, cardText, credentialHint, outcomeText, shownState } from "./receipt.js";
import { Region } from "./region.js";
import { leftToSignIn } from "./session.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

const id = parameter("id");
const region = new Region("order");
const clock = new HoldClock(runOut);
const cancel = byId("cancel", HTMLButtonElement);
const pay = byId("pay", HTMLAnchorElement);
const checkAgain = byId("check-again", HTMLButtonElement);
const ticketLink = byId("ticket-link", HTMLAnchorElement);
const outcome = byId("outcome", HTMLElement);
const problem = byId("order-error", HTMLElement);

/** What was shown last. */
let shown = /** @type {Order | null} */ (null);
let looks = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** Fills a row of the facts, or hides it when there is nothing to say. @param {string} name @param {string} words */
function fact(name, words) {
  const place = byId(name, HTMLElement);
  place.textContent = words;
  if (place.parentElement !== null) place.parentElement.hidden = words === "";
}

/** @param {Order} order */
function renderFacts(order) {
  const { ticket } = order;
  const moment = (/** @type {string | null} */ time) => (time === null ? "" : dateText(time));
  document.title = `${ticket.title} · Holdfast`;
  byId("title", HTMLElement).textContent = ticket.title;
  byId("price", HTMLElement).textContent = priceText(ticket.price);
  fact("when", whenText(ticket));
  fact("venue", whereText(ticket));
  fact("seller", order.seller?.display_name ?? "");
  fact("ordered", dateText(order.created_at));
  fact("paid", moment(order.paid_at));
  fact("card", order.card === null ? "" : cardText(order.card));
  fact("refunded", moment(order.refunded_at));
  fact("number", order.id);
  say(byId("credential-text", HTMLElement), order.credential ?? "");
  byId("credential-hint", HTMLElement).textContent = credentialHint(order);
  byId("credential", HTMLElement).hidden = order.state !== "paid";
}

/** @param {Order} order @param {number} [offset] what to add to this device's clock */
function render(order, offset = clock.offset) {
  shown = order;
  clearTimeout(waiting);
  clock.stop();
  const badge = byId("state", HTMLElement);
  const state = shownState(order);
  badge.textContent = ORDER_STATES[state] ?? state;
  badge.dataset["state"] = state;
  renderFacts(order);
  say(outcome, outcomeText(order));
  const [open, capturing] = [order.state === "awaiting_payment", order.state === "capturing"];
  pay.textContent = fill(text.payPrice, { price: priceText(order.ticket.price) });
  pay.href = checkoutPath(order.id);
  pay.hidden = !open;
  cancel.hidden = !open;
  checkAgain.hidden = !capturing;
  byId("print", HTMLElement).hidden = order.state !== "paid";
  ticketLink.href = ticketPath(order.ticket.id);
  ticketLink.hidden = order.state !== "cancelled" && order.state !== "expired";
  if (!open && !capturing) forgetOrderKey(localStorage, order.ticket.id);
  if (open) clock.start(order.expires_at, offset);
  if (capturing) lookAgain();
}

/** The API alone says that the order is closed; until it does, the page says what is certain. */
function runOut() {
  clock.stop();
  pay.hidden = true;
  cancel.hidden = true;
  if (outcome.textContent !== text.runOut) announce(text.runOut);
  say(outcome, text.runOut);
  lookAgain();
}

function lookAgain() {
  clearTimeout(waiting);
  const seconds = secondsToNextLook(looks);
  if (seconds === null) {
    if (shown?.state === "capturing") say(outcome, text.stillCapturing);
    return;
  }
  looks += 1;
  waiting = setTimeout(() => void refresh(), seconds * 1_000);
}

/**
 * A payment that is being taken is moved on by asking; anything else is only read.
 * @param {ReturnType<typeof handedOrder>} [known] what need not be asked
 */
async function fetchOrder(known = null) {
  const { data, clockOffset } = known ?? (await (shown?.state === "capturing" ? reconcileOrder(id) : showOrder(id)));
  render(data, clockOffset);
}

/** Asks again without taking away what is on the page. */
async function refresh() {
  clearTimeout(waiting);
  const before = shown?.state;
  try {
    await fetchOrder();
  } catch (error) {
    if (!leftToSignIn(error)) {
      say(problem, messageOf(error));
      lookAgain();
    }
    return;
  }
  say(problem, "");
  if (shown !== null && shown.state !== before) announce(outcomeText(shown));
}

/**
 * Whoever comes back from their bank is told what became of the payment. The address keeps nothing of it, so that a
 * reload or a bookmark is an ordinary visit.
 * @param {string} address without what Stripe added to it
 */
async function returned(address) {
  const { data, clockOffset } = await reconcileOrder(id);
  history.replaceState(null, "", address);
  render(data, clockOffset);
  if (data.state === "awaiting_payment") say(problem, text.notPaid);
}

/** @returns {Promise<"ready" | "empty">} */
async function load() {
  if (!isId(id)) return "empty";
  const address = withoutReturn(location.href);
  try {
    await (address === null ? fetchOrder(handedOrder(id)) : returned(address));
  } catch (error) {
    if (isProblem(error, "not-found")) return "empty";
    throw error;
  }
  return "ready";
}

let busy = false;
cancel.addEventListener("click", async () => {
  if (busy || !(await confirmed("cancel-dialog"))) return;
  busy = true;
  say(problem, "");
  try {
    const cancelled = await cancelOrder(id);
    render(cancelled);
    announce(outcomeText(cancelled));
    byId("main", HTMLElement).focus();
  } catch (error) {
    if (leftToSignIn(error)) return;
    if (isProblem(error, "order-closed", "order-paid")) await refresh();
    say(problem, messageOf(error));
  } finally {
    busy = false;
  }
});

checkAgain.addEventListener("click", async () => {
  if (checkAgain.hasAttribute("aria-disabled")) return;
  const label = checkAgain.textContent;
  checkAgain.setAttribute("aria-disabled", "true");
  checkAgain.textContent = text.working;
  looks = 0;
  await refresh();
  checkAgain.removeAttribute("aria-disabled");
  checkAgain.textContent = label;
});
pay.addEventListener("click", ({ altKey, ctrlKey, metaKey, shiftKey }) => {
  // With one of these the page opens elsewhere, and this one stays.
  if (shown !== null && !altKey && !ctrlKey && !metaKey && !shiftKey) handOver(shown, clock.offset);
});
byId("print", HTMLButtonElement).addEventListener("click", () => print());

// Whoever comes back to this tab sees what is true now: it may have been cancelled elsewhere, or have run out.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || shown === null) return;
  looks = 0;
  void refresh();
});
alsoExpect(ORDER_PROBLEMS);
void region.run(load).then(learnName);
