// One order: the hold that runs out, and what became of it.

import { cancelOrder, isProblem, messageOf, showOrder } from "./api.js";
import { confirmed } from "./confirm.js";
import { clockText, secondsLeft, secondsToNextLook, thresholdPassed, untilNextSecond } from "./countdown.js";
import { byId, parameter, say } from "./dom.js";
import { dateText, priceText, timeText, whenText, whereText } from "./format.js";
import { ORDER_OUTCOMES, ORDER_STATES, TEXT, timeLeft } from "./messages.js";
import { forgetOrderKey } from "./order-keys.js";
import { isId, ticketPath } from "./paths.js";
import { Region } from "./region.js";
import { leftToSignIn } from "./session.js";
import "./header.js";

/** @import { Order } from "./types.d.ts" */

const id = parameter("id");
const region = new Region("order");
const cancel = byId("cancel", HTMLButtonElement);
const holdBox = byId("hold", HTMLElement);
const timer = byId("timer", HTMLElement);
const problem = byId("order-error", HTMLElement);
const announcement = byId("announcement", HTMLElement);

/** What was shown last, and how far this device's clock is behind the server's. */
let shown = /** @type {Order | null} */ (null);
let offset = 0;
let lastLeft = Infinity;
let looks = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {Order} order */
function render(order) {
  shown = order;
  document.title = `${order.ticket.title} · Holdfast`;
  const badge = byId("state", HTMLElement);
  badge.textContent = ORDER_STATES[order.state] ?? order.state;
  badge.dataset["state"] = order.state;
  byId("title", HTMLElement).textContent = order.ticket.title;
  byId("price", HTMLElement).textContent = priceText(order.ticket.price);
  byId("when", HTMLElement).textContent = whenText(order.ticket);
  byId("venue", HTMLElement).textContent = whereText(order.ticket);
  byId("ordered", HTMLElement).textContent = dateText(order.created_at);
  byId("until", HTMLElement).textContent = `until ${timeText(order.expires_at)}`;
  byId("ticket-link", HTMLAnchorElement).href = ticketPath(order.ticket.id);
  byId("credential-text", HTMLElement).textContent = order.credential ?? "";
  byId("credential", HTMLElement).hidden = (order.credential ?? "") === "";
  say(byId("outcome", HTMLElement), ORDER_OUTCOMES[order.state] ?? "");
  const open = order.state === "awaiting_payment";
  holdBox.hidden = !open;
  cancel.hidden = !open;
  byId("ticket-link", HTMLElement).hidden = order.state !== "cancelled" && order.state !== "expired";
  if (!open && order.state !== "capturing") forgetOrderKey(order.ticket.id);
  clearTimeout(waiting);
  if (open) tick(order);
  else if (order.state === "capturing") lookAgain();
}

/** Shows the time left, and looks again at the start of the next second. @param {Order} order */
function tick(order) {
  const expiresAt = Date.parse(order.expires_at);
  const now = Date.now() + offset;
  const left = secondsLeft(expiresAt, now);
  timer.textContent = clockText(left);
  timer.toggleAttribute("data-low", left <= 60);
  const threshold = thresholdPassed(lastLeft, left);
  if (threshold !== null && Number.isFinite(lastLeft)) announcement.textContent = timeLeft(threshold);
  lastLeft = left;
  if (left > 0) waiting = setTimeout(() => tick(order), untilNextSecond(expiresAt, now));
  else runOut();
}

/** The API alone says that the order is closed; until it does, the page says what is certain. */
function runOut() {
  holdBox.hidden = true;
  cancel.hidden = true;
  const outcome = byId("outcome", HTMLElement);
  if (outcome.textContent !== TEXT.runOut) announcement.textContent = TEXT.runOut;
  say(outcome, TEXT.runOut);
  lookAgain();
}

function lookAgain() {
  const seconds = secondsToNextLook(looks);
  if (seconds === null) return;
  looks += 1;
  waiting = setTimeout(() => void refresh(), seconds * 1_000);
}

async function fetchOrder() {
  const { data, clockOffset } = await showOrder(id);
  offset = clockOffset;
  render(data);
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
  if (shown !== null && shown.state !== before) announcement.textContent = ORDER_OUTCOMES[shown.state] ?? "";
}

/** @returns {Promise<"ready" | "empty">} */
async function load() {
  if (!isId(id)) return "empty";
  try {
    await fetchOrder();
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
    render(await cancelOrder(id));
    announcement.textContent = ORDER_OUTCOMES[shown?.state ?? ""] ?? "";
    byId("main", HTMLElement).focus();
  } catch (error) {
    if (leftToSignIn(error)) return;
    if (isProblem(error, "order-closed", "order-paid")) await refresh();
    say(problem, messageOf(error));
  } finally {
    busy = false;
  }
});

// Whoever comes back to this tab sees what is true now: it may have been cancelled elsewhere, or have run out.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || shown === null) return;
  looks = 0;
  void refresh();
});
void region.run(load);
