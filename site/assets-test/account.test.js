// What the pages of one's account conclude: refusals in words, browsers' names, links of mails, the export.

import assert from "node:assert/strict";
import { test } from "node:test";

import { collected } from "../assets/export.js";
import { tokenOf } from "../assets/token.js";
import { load } from "./support.js";

const MODULES = ["api.js", "browser-name.js", "form.js", "passwords.js", "problems.js"];
const english = await load(MODULES);
const german = await load(MODULES, "de");

/**
 * What is said when the API, or what stands before it, refuses a sign-in.
 * @param {any} page
 * @param {number} status
 * @param {object} body
 * @param {Record<string, string>} [headers]
 */
async function said(page, status, body, headers = {}) {
  globalThis.fetch = async () => new Response(JSON.stringify(body), { status, headers });
  const error = await page.signIn({ email: "a@example.org", password: "x" }).catch((/** @type {unknown} */ reason) => reason);
  assert.equal(error.status, status);
  return page.messageOf(error);
}

test("too many tries say how long to wait, in minutes that are never too few", async () => {
  const problem = { type: "too-many-tries", status: 429, title: "Too many tries", detail: "Wait a while and try again." };
  for (const [seconds, english_, german_] of [
    ["1", /Wait 1 minute and/u, /Warten Sie 1 Minute und/u],
    ["60", /Wait 1 minute and/u, /Warten Sie 1 Minute und/u],
    ["61", /Wait 2 minutes and/u, /Warten Sie 2 Minuten und/u],
    ["900", /Wait 15 minutes and/u, /Warten Sie 15 Minuten und/u],
  ]) {
    const headers = { "retry-after": String(seconds) };
    assert.match(await said(english, 429, problem, headers), /** @type {RegExp} */ (english_));
    assert.match(await said(german, 429, problem, headers), /** @type {RegExp} */ (german_));
  }
  for (const headers of [{}, { "retry-after": "0" }, { "retry-after": "Thu, 26 Nov 2026 12:00:00 GMT" }]) {
    assert.match(await said(english, 429, problem, headers), /^Too many tries\. Wait a while/u);
  }
});

test("what the gateway answers in the API's place has words of the page's language", async () => {
  const headers = { "retry-after": "5" };
  assert.match(await said(english, 429, { message: "Too Many Requests" }), /^That was a little too fast/u);
  assert.match(await said(german, 429, { message: "Too Many Requests" }, headers), /^Das ging etwas zu schnell/u);
  assert.match(await said(german, 503, { message: "Service Unavailable" }), /^Holdfast ist gerade/u);
});

test("whoever holds as many as one may reads what to do, and so does whoever waits for a mail that cannot come", () => {
  assert.match(english.HOLD_PROBLEMS["too-many-holds"], /give one back/u);
  assert.match(german.HOLD_PROBLEMS["too-many-holds"], /geben Sie eines zurück/u);
  assert.match(english.MAIL_PROBLEMS["mail-not-configured"], /not set up/u);
  assert.match(german.MAIL_PROBLEMS["mail-not-configured"], /kein Mailversand/u);
});

test("what the API says of a password is said in the page's language", () => {
  const guessed = "is too easily guessed: choose other or more words, and none of your address";
  assert.match(english.sentenceOf(guessed), /easily guessed/u);
  assert.match(german.sentenceOf(guessed), /leicht zu erraten/u);
  assert.match(english.sentenceOf("is not your password"), /^This is not your password/u);
  assert.match(german.sentenceOf("is not your password"), /^Das ist nicht Ihr Passwort/u);
});

test("browsers have the names that people know", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  for (const [agent, name] of [
    ["Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0.0.0 Safari/537.36`, "Chrome on Windows"],
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, "Edge on Windows"],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/142.0.0.0 Safari/537.36 OPR/126.0.0.0`, "Opera on macOS"],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari on macOS"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.0.0 Mobile/15E148 Safari/604.1", "Chrome on iPhone"],
    [`Mozilla/5.0 (Linux; Android 10; K) ${webkit} SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36`, "Samsung Internet on Android"],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/142.0.0.0 Safari/537.36`, "Chrome on ChromeOS"],
    ["curl/8.14.1", "curl/8.14.1"],
    ["", "Unknown browser"],
    [null, "Unknown browser"],
  ]) {
    assert.equal(english.browserName(agent), name);
  }
  assert.equal(german.browserName("Firefox/145.0 (X11; Linux)"), "Firefox auf Linux");
});

test("a mail's token stands behind the #, and what leads to a part of the page is none", () => {
  const token = "018f3e5c-6d2a-4c31-9a55-1f2e3d4c5b6a.q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA";
  assert.equal(tokenOf(`#${token}`), token);
  for (const hash of ["", "#", "#main", "#a.", "#.b", "#a.b.c", token]) assert.equal(tokenOf(hash), "", hash);
});

/** @param {number} tickets @param {number} orders @param {string | null} next @returns {any} */
const exported = (tickets, orders, next) => ({
  account: { email: "a@example.org" },
  tickets: Array.from({ length: tickets }, (_, id) => ({ id, next })),
  orders: Array.from({ length: orders }, (_, id) => ({ id, next })),
  next,
});

test("an export has every page, in order and once", async () => {
  const pages = new Map([
    [null, exported(25, 0, "tickets 2")],
    ["tickets 2", exported(3, 0, "orders 1")],
    ["orders 1", exported(0, 25, "orders 2")],
    ["orders 2", exported(0, 1, null)],
  ]);
  /** @type {(string | null)[]} */
  const asked = [];
  const all = await collected(async (cursor) => {
    asked.push(cursor);
    return pages.get(cursor) ?? assert.fail(String(cursor));
  });
  assert.deepEqual(asked, [null, "tickets 2", "orders 1", "orders 2"]);
  assert.deepEqual(Object.keys(all), ["account", "tickets", "orders"]);
  assert.deepEqual([all.tickets.length, all.orders.length], [28, 26]);
});

test("an export that breaks off, or never ends, is none", async () => {
  await assert.rejects(
    collected(async (cursor) => {
      if (cursor !== null) throw new Error("the network is gone");
      return exported(1, 0, "more");
    }),
    /the network is gone/u,
  );
  await assert.rejects(
    collected(async () => exported(0, 0, "again")),
    /does not end/u,
  );
});
