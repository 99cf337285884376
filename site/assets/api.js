// The API: one function a route, and one kind of error for whatever goes wrong on the way.

import * as text from "#messages";

import { setAccount } from "./account.js";

/** @import { ExportPage, FieldError, ListedTicket, Order, OwnTicket, Page, Payment, Session, Ticket, TicketForm, User } from "./types.d.ts" */
/** @typedef {string | ((seconds: number) => string)} Sentence a sentence, or one that says how long to wait */

const PATIENCE_MS = 20_000;

/** What every route may answer, and what it means for the person who reads it, by the problem's type. */
const PROBLEMS = /** @type {Record<string, Sentence>} */ ({
  "bad-origin": text.problemBadOrigin,
  "internal": text.problemInternal,
  "no-session": text.problemNoSession,
  "not-found": text.problemNotFound,
  "too-many-requests": text.problemTooManyRequests,
  "unavailable": text.problemUnavailable,
});

/** Adds what the routes of this page may answer as well. @param {Record<string, Sentence>} problems */
export const alsoExpect = (problems) => void Object.assign(PROBLEMS, problems);

/**
 * @param {string} type
 * @param {number} seconds after which to try again; no number when the answer does not say
 * @returns {string | undefined}
 */
function problemText(type, seconds) {
  const sentence = Object.hasOwn(PROBLEMS, type) ? PROBLEMS[type] : undefined;
  return typeof sentence === "function" ? sentence(seconds) : sentence;
}

/** An answer that is no success, or no answer. The message is for people. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, type?: string, fields?: FieldError[] }} [about]
   */
  constructor(message, { status = 0, type = "", fields = [] } = {}) {
    super(message);
    /** The HTTP status, or 0 when there was no answer. */
    this.status = status;
    /** The problem's type, or nothing when the answer was not the API's own. */
    this.type = type;
    this.fields = fields;
  }
}

/** @param {unknown} error */
export const messageOf = (error) => (error instanceof ApiError ? error.message : text.refused);

/**
 * @param {unknown} error
 * @param {...string} types
 * @returns {error is ApiError}
 */
export const isProblem = (error, ...types) => error instanceof ApiError && types.includes(error.type);

/** Whether nobody is signed in, according to the API. @param {unknown} error */
export const isSessionLost = (error) =>
  error instanceof ApiError && error.status === 401 && error.type !== "wrong-credentials";

/** @param {unknown} reason what fetch or reading the body threw */
function noAnswer(reason) {
  const tooSlow = reason instanceof DOMException && reason.name === "TimeoutError";
  return new ApiError(tooSlow ? text.tooSlow : text.offline);
}

/** @param {string} body @returns {any} */
function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/**
 * What is wrong, from the API's own problem or from what the gateway says in its place: `{"message": …}`, which is
 * written for developers, so that only the status counts.
 * @param {Response} answer
 * @param {any} body
 */
function refusal({ status, headers }, body) {
  const type = typeof body?.type === "string" ? body.type : "";
  const byStatus = { 401: "no-session", 404: "not-found", 413: "body-too-large", 429: "too-many-requests" };
  const fallback = byStatus[/** @type {keyof typeof byStatus} */ (status)] ?? (status >= 500 ? "unavailable" : "");
  // The API's own words are English, and for a type that this page does not know they are the best there is.
  const own = text.languageTag === "en" ? (body?.detail ?? body?.title) : undefined;
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  const message = problemText(type, seconds) ?? own ?? problemText(fallback, seconds) ?? text.refused;
  const fields = Array.isArray(body?.errors) ? body.errors : [];
  return new ApiError(String(message), { status, type: type || fallback, fields });
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{ body?: unknown, headers?: Record<string, string> }} [options]
 * @returns {Promise<{ data: any, status: number, clockOffset: number }>} `clockOffset` is what to add to this device's clock
 */
async function call(method, path, { body, headers = {} } = {}) {
  /** @type {RequestInit} */
  const init = { method, headers, credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "content-type": "application/json" };
  }
  let response, answer;
  const sentAt = Date.now();
  try {
    response = await fetch(`/api${path}`, init);
    answer = await response.text();
  } catch (reason) {
    throw noAnswer(reason);
  }
  const data = answer === "" ? null : parsed(answer);
  if (!response.ok) {
    const error = refusal(response, data);
    if (isSessionLost(error)) setAccount(null);
    throw error;
  }
  if (answer !== "" && data === null) throw new ApiError(text.badAnswer, { status: response.status });
  return { data, status: response.status, clockOffset: clockOffset(response.headers.get("date"), sentAt, Date.now()) };
}

/**
 * How far this device's clock is behind the server's, in milliseconds. The header counts whole seconds, so that half a
 * second is added; the answer was written about half-way between sending and receiving.
 * @param {string | null} date
 * @param {number} sentAt
 * @param {number} receivedAt
 */
export function clockOffset(date, sentAt, receivedAt) {
  const server = Date.parse(date ?? "");
  return Number.isNaN(server) ? 0 : server + 500 - (sentAt + receivedAt) / 2;
}

/** @param {string} id */
const inPath = (id) => encodeURIComponent(id);

/** @param {string | null} cursor */
const pageQuery = (cursor) => (cursor === null ? "" : `?${new URLSearchParams({ cursor })}`);

/** Remembers who is signed in now. @param {User | null} user */
function signedIn(user) {
  setAccount(user === null ? null : { id: user.id, name: user.display_name });
  return user;
}

/** `language` is that of the mail that confirms the address. @param {{ email: string, password: string, language: string, display_name?: string }} form */
export const signUp = async (form) => void signedIn((await call("POST", "/users", { body: form })).data);

/** @param {{ email: string, password: string }} form */
export const signIn = async (form) => void signedIn((await call("POST", "/session", { body: form })).data);

/** @returns {Promise<User | null>} */
export const currentUser = async () => signedIn((await call("GET", "/session")).data.user);

export const signOut = async () => void (await call("DELETE", "/session"));

/** Asks for a mail that sets a new password, in the page's language. @param {string} email */
export const requestReset = async (email) =>
  void (await call("POST", "/password-reset", { body: { email, language: text.languageTag } }));

/** Sets a new password by the token of such a mail, which signs in as well. @param {string} token @param {string} password */
export const resetPassword = async (token, password) =>
  void signedIn((await call("POST", "/password-reset/confirm", { body: { token, new_password: password } })).data);

/** Asks for a mail that confirms one's address. @returns {Promise<boolean>} whether it needs confirming at all */
export const requestVerification = async () =>
  (await call("POST", "/email-verification", { body: { language: text.languageTag } })).status !== 204;

/** Confirms the address to which the mail with this token went. @param {string} token */
export const verifyEmail = async (token) =>
  void (await call("POST", "/email-verification/confirm", { body: { token } }));

/** All other sessions end with the old password. @param {string} current @param {string} next */
export const changePassword = async (current, next) =>
  void (await call("POST", "/password", { body: { current_password: current, new_password: next } }));

/** @returns {Promise<Session[]>} */
export const listSessions = async () => (await call("GET", "/sessions")).data.items;

/** @param {string} id */
export const endSession = async (id) => void (await call("DELETE", `/sessions/${inPath(id)}`));

export const endSessions = async () => void (await call("DELETE", "/sessions"));

/** @param {string | null} cursor @returns {Promise<ExportPage>} */
export const exportPage = async (cursor) => (await call("GET", `/me/export${pageQuery(cursor)}`)).data;

/** @param {string} password */
export const deleteAccount = async (password) => void (await call("POST", "/me/deletion", { body: { password } }));

/** @param {URLSearchParams} query @returns {Promise<{ data: Page<ListedTicket>, clockOffset: number }>} */
export const listTickets = (query) => call("GET", `/tickets?${query}`);

/** @param {string} id @returns {Promise<{ data: Ticket, clockOffset: number }>} */
export const showTicket = (id) => call("GET", `/tickets/${inPath(id)}`);

/** @param {TicketForm} form @param {string} key @returns {Promise<OwnTicket>} */
export const createTicket = async (form, key) =>
  (await call("POST", "/tickets", { body: form, headers: { "idempotency-key": key } })).data;

/** @param {string} id @param {TicketForm} form @returns {Promise<OwnTicket>} */
export const updateTicket = async (id, form) => (await call("PUT", `/tickets/${inPath(id)}`, { body: form })).data;

/** @param {string} id @returns {Promise<void>} */
export const deleteTicket = async (id) => void (await call("DELETE", `/tickets/${inPath(id)}`));

/** @param {string | null} cursor @returns {Promise<Page<OwnTicket>>} */
export const listMyTickets = async (cursor) => (await call("GET", `/me/tickets${pageQuery(cursor)}`)).data;

/** @param {string} ticketId @param {string} key @returns {Promise<{ data: Order, clockOffset: number }>} */
export const placeOrder = (ticketId, key) =>
  call("POST", "/orders", { body: { ticket_id: ticketId }, headers: { "idempotency-key": key } });

/** @param {string} id @returns {Promise<OwnTicket>} */
export const showMyTicket = async (id) => (await call("GET", `/me/tickets/${inPath(id)}`)).data;

/** @param {string | null} cursor @returns {Promise<Page<Order>>} */
export const listOrders = async (cursor) => (await call("GET", `/orders${pageQuery(cursor)}`)).data;

/** @param {string} id @returns {Promise<{ data: Order, clockOffset: number }>} */
export const showOrder = (id) => call("GET", `/orders/${inPath(id)}`);

/** @param {string} id @returns {Promise<Order>} */
export const cancelOrder = async (id) => (await call("DELETE", `/orders/${inPath(id)}`)).data;

/**
 * Begins to pay for an order, or goes on with it.
 * @param {string} id
 * @returns {Promise<{ data: Payment, clockOffset: number }>}
 */
export const startPayment = (id) => call("POST", `/orders/${inPath(id)}/payment`);

/**
 * The order, after Stripe was asked about its payment.
 * @param {string} id
 * @returns {Promise<{ data: Order, clockOffset: number }>}
 */
export const reconcileOrder = (id) => call("POST", `/orders/${inPath(id)}/reconcile`);
