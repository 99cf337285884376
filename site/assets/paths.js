// Addresses of pages, in the page's language.

import * as text from "#messages";

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";

/** @param {string} path that all languages share */
const inLanguage = (path) => text.pathPrefix + path;

// Marked as pure, so that the bundler leaves out what a page does not use.
export const homePath = /* @__PURE__ */ inLanguage("/");
export const myTicketsPath = /* @__PURE__ */ inLanguage("/my-tickets/");
export const ordersPath = /* @__PURE__ */ inLanguage("/orders/");

/** @param {string} id */
export const ticketPath = (id) => inLanguage(`/tickets/${id}/`);

/** @param {string} id */
export const orderPath = (id) => inLanguage(`/order/?id=${encodeURIComponent(id)}`);

/** @param {string} orderId */
export const checkoutPath = (orderId) => inLanguage(`/checkout/?order=${encodeURIComponent(orderId)}`);

/** @param {string} id */
export const changePath = (id) => inLanguage(`/sell/?id=${encodeURIComponent(id)}`);

/** @param {string} path where to come back to */
export const signInPath = (path) =>
  inLanguage(`/sign-in/${path === homePath ? "" : `?next=${encodeURIComponent(path)}`}`);

/** What Stripe adds to the address to which a bank sends its customer back. */
const RETURNING = ["payment_intent", "payment_intent_client_secret", "redirect_status"];

/**
 * The address of a page without what Stripe added to it; null when it added nothing.
 * @param {string} address
 */
export function withoutReturn(address) {
  const url = new URL(address);
  if (!RETURNING.some((name) => url.searchParams.has(name))) return null;
  for (const name of RETURNING) url.searchParams.delete(name);
  return `${url.pathname}${url.search}${url.hash}`;
}

/**
 * Where to go after signing in: a path of this very site, or the catalogue. An address that the browser would read as
 * another host ("//host", "/\host") and the pages of signing in themselves are not followed.
 * @param {string} next
 * @param {string} origin
 */
export function safeNext(next, origin) {
  if (!next.startsWith("/") || /[\\\u0000-\u001f]/u.test(next)) return homePath;
  let url;
  try {
    url = new URL(next, origin);
  } catch {
    return homePath;
  }
  // "/x/..//host" has become "//host" by now, and signing in again would lead in a circle.
  const elsewhere = url.origin !== origin || /^\/(\/|([a-z]{2}\/)?sign-)/u.test(url.pathname);
  return elsewhere ? homePath : `${url.pathname}${url.search}${url.hash}`;
}

const wholeId = new RegExp(`^${ID}$`, "u");

/** @param {string} id */
export const isId = (id) => wholeId.test(id);

/** Which ticket's page is at this path, in whatever language; null when it is no ticket's. @param {string} path */
export const ticketAt = (path) => new RegExp(`^(?:/[a-z]{2})?/tickets/(?:[^/]*-)?(${ID})/$`, "u").exec(path)?.[1] ?? null;
