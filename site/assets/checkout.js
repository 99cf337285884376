// Paying for an order while its hold lasts. The page may be reloaded, left and come back to at any moment: it asks first
// what is true, and whatever it begins twice is one payment.

import * as text from "#messages";

import { alsoExpect, cancelOrder, isProblem, messageOf, reconcileOrder, showOrder, startPayment } from "./api.js";
import { CardForm } from "./card-form.js";
import { confirmed } from "./confirm.js";
import { secondsToNextLook } from "./countdown.js";
import { byId, parameter, say } from "./dom.js";
import { showFormError } from "./form.js";
import { priceText, whenText, whereText } from "./format.js";
import { handedOrder } from "./handed-order.js";
import { HoldClock, announce } from "./hold-clock.js";
import { fill } from "./messages.js";
import { forgetOrderKey } from "./order-keys.js";
import { isId, orderPath, ticketPath } from "./paths.js";
import { learnName } from "./private.js";
import { ORDER_PROBLEMS } from "./problems.js";
import { closedText } from "./receipt.js";
import { Region } from "./region.js";
import { leftToSignIn } from "./session.js";
import "./header.js";

/** @import { Order, StripeError } from "./types.d.ts" */

const id = parameter("order");
const region = new Region("checkout");
const payment = new Region("payment");
const clock = new HoldClock(runOut);
const section = byId("payment-section", HTMLElement);
const form = byId("form", HTMLFormElement);
const submit = byId("submit", HTMLButtonElement);
const cancel = byId("cancel", HTMLButtonElement);
const ways = byId("ways", HTMLElement);
const extended = byId("extended", HTMLElement);
const outcome = byId("outcome", HTMLElement);
const problem = byId("order-error", HTMLElement);

/** That this tab has asked for the authorisation: from then on the server is asked what became of it. */
const SENT = `holdfast.payment-sent.${id}`;
const EXTENDED = `holdfast.extended.${id}`;

/** What was shown last. */
let shown = /** @type {Order | null} */ (null);
let cards = /** @type {CardForm | null} */ (null);
/** Whether the payment was begun, which is done once a page. */
let begun = false;
/** While something is under way that must neither be done twice nor be cut off. */
let busy = false;
let looks = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

const isSent = () => sessionStorage.getItem(SENT) !== null;

/** Without Stripe's keys nothing can have been paid, so that what is stored is the truth. */
const askStripe = () =>
  reconcileOrder(id).catch((error) => {
    if (isProblem(error, "payments-not-configured")) return showOrder(id);
    throw error;
  });

/**
 * Shows the order, or leaves for its own page when there is nothing left to pay.
 * @param {Order} order
 * @param {number} offset what to add to this device's clock
 * @returns {"loading" | "ready"} loading when the page is being left
 */
function render(order, offset) {
  const { ticket, state } = order;
  shown = order;
  clearTimeout(waiting);
  if (state === "paid" || state === "capturing") {
    offerToPay(false);
    location.replace(orderPath(id));
    return "loading";
  }
  document.title = `${fill(text.payTitle, { title: ticket.title })} · Holdfast`;
  byId("title", HTMLElement).textContent = ticket.title;
  byId("price", HTMLElement).textContent = priceText(ticket.price);
  byId("when", HTMLElement).textContent = whenText(ticket);
  byId("venue", HTMLElement).textContent = whereText(ticket);
  byId("order-link", HTMLAnchorElement).href = orderPath(id);
  byId("see-order", HTMLAnchorElement).href = orderPath(id);
  byId("see-ticket", HTMLAnchorElement).href = ticketPath(ticket.id);
  labelSubmit();
  say(outcome, closedText(order));
  const open = state === "awaiting_payment";
  offerToPay(open);
  byId("heading", HTMLElement).textContent = open ? text.payHeading : text.closedHeading;
  byId("closed-ways", HTMLElement).hidden = open;
  if (open) hold(order.expires_at, offset);
  else close(ticket.id);
  return "ready";
}

/** @param {string} expiresAt @param {number} offset */
function hold(expiresAt, offset) {
  clock.start(expiresAt, offset);
  if (clock.isOver || begun) return;
  begun = true;
  void payment.run(prepare);
}

/** @param {string} ticketId */
function close(ticketId) {
  clock.stop();
  forgetOrderKey(localStorage, ticketId);
  sessionStorage.removeItem(SENT);
  extended.hidden = true;
}

/** @param {boolean} possible */
function offerToPay(possible) {
  section.hidden = !possible;
  ways.hidden = !possible;
}

function labelSubmit() {
  const price = shown === null ? "" : priceText(shown.ticket.price);
  submit.textContent = isSent() ? text.finishPayment : fill(text.payPrice, { price });
}

/** @param {boolean} now */
function setBusy(now) {
  busy = now;
  for (const button of [submit, cancel]) {
    if (now) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
  if (now) submit.textContent = text.working;
  else labelSubmit();
  // What was under way has kept the end of the hold waiting.
  if (!now && shown?.state === "awaiting_payment" && clock.isOver) runOut();
}

/** The API alone says that the order is closed; until it does, the page says what is certain. */
function runOut() {
  if (busy) return;
  clock.stop();
  extended.hidden = true;
  offerToPay(false);
  if (outcome.textContent !== text.runOut) announce(text.runOut);
  say(outcome, text.runOut);
  lookAgain();
}

function lookAgain() {
  clearTimeout(waiting);
  const seconds = secondsToNextLook(looks);
  if (seconds === null) return;
  looks += 1;
  waiting = setTimeout(() => void refresh(askStripe), seconds * 1_000);
}

/**
 * Asks again without taking away what is on the page.
 * @param {() => ReturnType<typeof showOrder>} ask
 */
async function refresh(ask) {
  clearTimeout(waiting);
  try {
    const { data, clockOffset } = await ask();
    if (busy) return;
    say(problem, "");
    render(data, clockOffset);
    if (data.state !== "awaiting_payment") announce(closedText(data));
  } catch (error) {
    if (leftToSignIn(error)) return;
    say(problem, messageOf(error));
    lookAgain();
  }
}

/** @returns {Promise<"loading" | "ready" | "empty">} */
async function load() {
  if (!isId(id)) return "empty";
  const known = handedOrder(id);
  try {
    const { data, clockOffset } = await (isSent() ? askStripe() : (known ?? showOrder(id)));
    // What this tab had sent was refused, or is still with the bank: the card can be entered again.
    if (data.state === "awaiting_payment") sessionStorage.removeItem(SENT);
    return render(data, clockOffset);
  } catch (error) {
    if (isProblem(error, "not-found")) return "empty";
    throw error;
  }
}

/**
 * Begins the payment, which gives it time, and gets the fields for the card.
 * @returns {Promise<"loading" | "ready" | "empty">}
 */
async function prepare() {
  try {
    const { data, clockOffset } = await startPayment(id);
    const before = Date.parse(shown?.expires_at ?? data.expires_at);
    if (Date.parse(data.expires_at) > before) sessionStorage.setItem(EXTENDED, "");
    extended.hidden = sessionStorage.getItem(EXTENDED) === null;
    clock.start(data.expires_at, clockOffset);
    cards = await CardForm.prepare(data);
  } catch (error) {
    if (isProblem(error, "payments-not-configured")) return "empty";
    if (isProblem(error, "order-closed", "order-paid", "hold-expired")) await refresh(askStripe);
    if (section.hidden) return "loading";
    throw error;
  }
  return "ready";
}

/** What is for people to read, and for them to put right. @param {StripeError} error */
const isForPeople = ({ type, code }) =>
  type === "card_error" || type === "validation_error" || code === "payment_intent_authentication_failure";

/** @param {StripeError} error */
function refusalText({ type, message = text.notPaid }) {
  return type === "validation_error" ? message : `${message} ${text.tryAnotherCard}`;
}

/** @param {CardForm} form @returns {Promise<boolean>} whether the page is being left */
async function pay(form) {
  if (!isSent()) {
    const returnUrl = new URL(orderPath(id), location.origin).href;
    const refused = await form.confirm(returnUrl, () => sessionStorage.setItem(SENT, ""));
    if (refused !== null && isForPeople(refused)) {
      sessionStorage.removeItem(SENT);
      complain(refusalText(refused));
      return false;
    }
  }
  return settle();
}

/** Has the server look at the payment, which takes the ticket and the money, in this order. */
async function settle() {
  const { data, clockOffset } = await askStripe();
  sessionStorage.removeItem(SENT);
  if (data.state !== "awaiting_payment") {
    location.replace(orderPath(id));
    return true;
  }
  render(data, clockOffset);
  complain(text.notPaid);
  return false;
}

/** @param {string} message */
const complain = (message) => showFormError(form, message);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy || cards === null) return;
  complain("");
  setBusy(true);
  let left = false;
  try {
    left = await pay(cards);
  } catch (error) {
    left = leftToSignIn(error);
    if (!left) complain(messageOf(error));
  }
  if (!left) setBusy(false);
});

cancel.addEventListener("click", async () => {
  if (busy || !(await confirmed("cancel-dialog")) || busy) return;
  say(problem, "");
  setBusy(true);
  try {
    await cancelOrder(id);
    location.replace(orderPath(id));
  } catch (error) {
    if (leftToSignIn(error)) return;
    setBusy(false);
    if (isProblem(error, "order-closed", "order-paid")) await refresh(askStripe);
    say(problem, messageOf(error));
  }
});

payment.onShown = (state) => {
  if (state === "ready") cards?.mount(() => complain(text.noCardForm));
};

// Whoever comes back to this tab sees what is true now: it may have been paid or cancelled elsewhere.
document.addEventListener("visibilitychange", () => {
  if (document.hidden || busy || shown === null) return;
  looks = 0;
  void refresh(() => showOrder(id));
});
alsoExpect(ORDER_PROBLEMS);
void region.run(load).then(learnName);

