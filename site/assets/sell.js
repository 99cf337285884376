// Listing a ticket, and changing one that is listed.

import * as text from "#messages";

import { account } from "./account.js";
import { ApiError, alsoExpect, createTicket, currentUser, isProblem, showMyTicket, updateTicket } from "./api.js";
import { byId, parameter, slot } from "./dom.js";
import { formErrorOf, handleForm, showFormError, valueOf } from "./form.js";
import { dateText, priceText } from "./format.js";
import { showNotice } from "./header.js";
import { fieldOf, momentOf } from "./local-time.js";
import { fill } from "./messages.js";
import { majorUnits, minorUnits } from "./money.js";
import { isId, myTicketsPath } from "./paths.js";
import { learnName } from "./private.js";
import { Region } from "./region.js";
import { goToSignIn, leaveNotice } from "./session.js";

/** @import { FieldError, OwnTicket, TicketForm } from "./types.d.ts" */

const id = parameter("id");
const isChange = new URLSearchParams(location.search).has("id");
const draftName = `holdfast.draft.${id}`;
/** The credential is a secret: it does not stay in the browser's storage. */
const DRAFT_FIELDS = ["title", "amount", "currency", "venue", "starts_at", "description"];

const form = byId("form", HTMLFormElement);
const currency = byId("currency", HTMLSelectElement);
const preview = byId("preview", HTMLElement);

/** @param {string} name @param {string} value */
function enter(name, value) {
  const control = form.elements.namedItem(name);
  if (control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement) control.value = value;
  if (control instanceof HTMLSelectElement) control.value = value;
}

/** What the chosen currency allows. */
function bounds() {
  const { exponent, min, max } = currency.selectedOptions[0]?.dataset ?? {};
  return { exponent: Number(exponent), min: Number(min), max: Number(max) };
}

function rangeText() {
  const { min, max } = bounds();
  const price = (/** @type {number} */ amount) => priceText({ amount, currency: currency.value });
  return fill(text.priceRange, { lowest: price(min), highest: price(max) });
}

const showRange = () => void (byId("amount-hint", HTMLElement).textContent = rangeText());

/** @returns {FieldError[]} */
function check() {
  const { exponent, min, max } = bounds();
  const errors = [];
  const entry = valueOf(form, "amount").trim();
  const amount = minorUnits(entry, exponent);
  const noNumber = exponent === 0 ? text.amountWhole : fill(text.amountDecimals, { count: exponent });
  if (entry !== "" && amount === null) errors.push({ field: "amount", message: noNumber });
  else if (amount !== null && (amount < min || amount > max)) errors.push({ field: "amount", message: rangeText() });
  const startsAt = momentOf(valueOf(form, "starts_at"));
  if (startsAt !== "" && Date.parse(startsAt) <= Date.now()) errors.push({ field: "starts_at", message: text.fieldInThePast });
  return errors;
}

/** @returns {TicketForm} */
function entered() {
  const price = { amount: minorUnits(valueOf(form, "amount"), bounds().exponent) ?? 0, currency: currency.value };
  /** @type {TicketForm} */
  const ticket = { title: valueOf(form, "title").trim(), price };
  const optional = {
    venue: valueOf(form, "venue").trim(),
    starts_at: momentOf(valueOf(form, "starts_at")),
    description: valueOf(form, "description").trim(),
    credential: valueOf(form, "credential").trim(),
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== "") ticket[/** @type {keyof typeof optional} */ (name)] = value;
  }
  return ticket;
}

/** A change replaces all of a ticket, so that everything of it is shown, the credential too. @param {OwnTicket} ticket */
function fillFrom(ticket) {
  enter("title", ticket.title);
  enter("currency", ticket.price.currency);
  enter("amount", majorUnits(ticket.price.amount, bounds().exponent));
  enter("venue", ticket.venue ?? "");
  enter("starts_at", ticket.starts_at === null ? "" : fieldOf(ticket.starts_at));
  enter("description", ticket.description ?? "");
  enter("credential", ticket.credential ?? "");
}

function keepDraft() {
  const draft = Object.fromEntries(DRAFT_FIELDS.map((name) => [name, valueOf(form, name)]));
  sessionStorage.setItem(draftName, JSON.stringify(draft));
}

function restoreDraft() {
  const draft = sessionStorage.getItem(draftName);
  if (draft === null) return;
  sessionStorage.removeItem(draftName);
  for (const [name, value] of Object.entries(JSON.parse(draft))) enter(name, String(value));
  showNotice(text.draftKept);
}

/** The card of the catalogue, as it would be with what is entered so far. */
function showPreview() {
  const amount = minorUnits(valueOf(form, "amount"), bounds().exponent);
  const startsAt = momentOf(valueOf(form, "starts_at"));
  slot(preview, "title").textContent = valueOf(form, "title").trim() || text.previewTitle;
  slot(preview, "price").textContent = amount === null ? "" : priceText({ amount, currency: currency.value });
  slot(preview, "when").textContent = startsAt === "" ? "" : dateText(startsAt);
  slot(preview, "venue").textContent = valueOf(form, "venue").trim();
}

/** When the API cannot say, the form is shown: sending it says more. */
const isSignedIn = () => currentUser().then((user) => user !== null, () => true);

function leaveToSignIn() {
  keepDraft();
  goToSignIn();
}

/** @returns {Promise<"ready" | "empty">} */
async function load() {
  if (isChange) {
    byId("heading", HTMLElement).textContent = text.changeHeading;
    byId("submit", HTMLElement).textContent = text.changeButton;
    const ticket = isId(id) ? await showMyTicket(id).catch(nothingWhenNotFound) : null;
    if (ticket === null) return "empty";
    fillFrom(ticket);
  } else if (account() !== null) {
    // The form need not wait for what is very likely true.
    void isSignedIn().then((yes) => yes || leaveToSignIn());
  } else if (!(await isSignedIn())) {
    throw new ApiError(text.problemNoSession, { status: 401, type: "no-session" });
  }
  restoreDraft();
  showRange();
  showPreview();
  return "ready";
}

/** @param {unknown} error @returns {null} */
function nothingWhenNotFound(error) {
  if (isProblem(error, "not-found")) return null;
  throw error;
}

/**
 * Under this key the form is sent, however often: what is listed once is not listed again. Whoever changes the form after
 * an answer was lost is told to look first, because the key then stands for another ticket.
 */
const listingKey = crypto.randomUUID();

function showMaybeListed() {
  const link = document.createElement("a");
  link.href = myTicketsPath;
  link.textContent = text.seeMyTickets;
  showFormError(form, `${text.ticketMaybeListed} `);
  formErrorOf(form).append(link);
}

/** @param {unknown} error @returns {never} */
function inSellersWords(error) {
  const texts = { "ticket-held": text.heldNoChange, "ticket-sold": text.soldNoChange };
  if (isProblem(error, "ticket-held", "ticket-sold")) {
    throw new ApiError(texts[/** @type {keyof typeof texts} */ (error.type)], { status: error.status, type: error.type });
  }
  throw error;
}

alsoExpect({ "ticket-changed": text.problemTicketChanged });
currency.addEventListener("change", showRange);
form.addEventListener("input", showPreview);
handleForm({
  check,
  beforeLeaving: keepDraft,
  async send() {
    try {
      await (isChange ? updateTicket(id, entered()).catch(inSellersWords) : createTicket(entered(), listingKey));
    } catch (error) {
      if (isChange || !isProblem(error, "idempotency-key-reused")) throw error;
      showMaybeListed();
      return;
    }
    leaveNotice(isChange ? text.ticketChanged : text.ticketListed);
    location.assign(myTicketsPath);
  },
});
void new Region("editor").run(load).then(() => (isChange ? learnName() : null));
