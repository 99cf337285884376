// Listing a ticket, and changing one that is listed.

import { ApiError, createTicket, isProblem, showMyTicket, updateTicket } from "./api.js";
import { byId, parameter } from "./dom.js";
import { handleForm, valueOf } from "./form.js";
import { priceText } from "./format.js";
import { account, showNotice } from "./header.js";
import { fieldOf, momentOf } from "./local-time.js";
import { TEXT, priceRange } from "./messages.js";
import { majorUnits, minorUnits } from "./money.js";
import { isId } from "./paths.js";
import { Region } from "./region.js";
import { leaveNotice } from "./session.js";

/** @import { FieldError, OwnTicket, TicketForm } from "./types.d.ts" */

const id = parameter("id");
const isChange = new URLSearchParams(location.search).has("id");
const draftName = `holdfast.draft.${id}`;
/** The credential is a secret: it does not stay in the browser's storage. */
const DRAFT_FIELDS = ["title", "amount", "currency", "venue", "starts_at", "description"];

const form = byId("form", HTMLFormElement);
const currency = byId("currency", HTMLSelectElement);

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
  const text = (/** @type {number} */ amount) => priceText({ amount, currency: currency.value });
  return priceRange(text(min), text(max));
}

const showRange = () => void (byId("amount-hint", HTMLElement).textContent = rangeText());

/** @returns {FieldError[]} */
function check() {
  const { exponent, min, max } = bounds();
  const errors = [];
  const text = valueOf(form, "amount").trim();
  const amount = minorUnits(text, exponent);
  const decimals = exponent === 0 ? "without decimals" : `with at most ${exponent} decimals`;
  if (text !== "" && amount === null) errors.push({ field: "amount", message: `Enter a number ${decimals}.` });
  else if (amount !== null && (amount < min || amount > max)) errors.push({ field: "amount", message: rangeText() });
  const startsAt = momentOf(valueOf(form, "starts_at"));
  if (startsAt !== "" && Date.parse(startsAt) <= Date.now()) errors.push({ field: "starts_at", message: TEXT.inThePast });
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
  showNotice(TEXT.draftKept);
}

/** @returns {Promise<"ready" | "empty">} */
async function load() {
  if (isChange) {
    byId("heading", HTMLElement).textContent = TEXT.changeHeading;
    byId("submit", HTMLElement).textContent = TEXT.changeButton;
    const ticket = isId(id) ? await showMyTicket(id).catch(nothingWhenNotFound) : null;
    if (ticket === null) return "empty";
    fillFrom(ticket);
  } else if ((await account) === null) {
    throw new ApiError(TEXT.refused, { status: 401, type: "no-session" });
  }
  restoreDraft();
  showRange();
  return "ready";
}

/** @param {unknown} error @returns {null} */
function nothingWhenNotFound(error) {
  if (isProblem(error, "not-found")) return null;
  throw error;
}

/** @param {unknown} error @returns {never} */
function inSellersWords(error) {
  const texts = { "ticket-held": TEXT.heldNoChange, "ticket-sold": TEXT.soldNoChange };
  if (isProblem(error, "ticket-held", "ticket-sold")) {
    throw new ApiError(texts[/** @type {keyof typeof texts} */ (error.type)], { status: error.status, type: error.type });
  }
  throw error;
}

currency.addEventListener("change", showRange);
handleForm({
  check,
  beforeLeaving: keepDraft,
  async send() {
    if (isChange) await updateTicket(id, entered()).catch(inSellersWords);
    else await createTicket(entered());
    leaveNotice(isChange ? TEXT.ticketChanged : TEXT.ticketListed);
    location.assign("/my-tickets/");
  },
});
void new Region("editor").run(load);
