// What scripts conclude about tickets and orders: corrections of rendered pages, the schedule of looking again, keys, sums.

import assert from "node:assert/strict";
import { test } from "node:test";

import { read, written } from "../assets/account.js";
import { handOver, handedOrder } from "../assets/handed-order.js";
import { forgetOrderKey, forgetOrderKeys, oneTabAtATime, orderKey } from "../assets/order-keys.js";
import { corrections } from "../assets/range.js";
import { untilNextLook } from "../assets/schedule.js";
import { sumsOfSold } from "../assets/sums.js";
import { load } from "./support.js";

const NOW = Date.parse("2026-11-23T12:00:00Z");

/** An id of version 7 that was made that many seconds ago. @param {number} age */
function made(age) {
  const time = (NOW - age * 1_000).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** @param {string} id @param {"listed" | "held"} [state] @returns {any} */
const ticket = (id, state = "listed") => ({ id, state });

const [newest = "", newer = "", middle = "", older = "", oldest = ""] = [2, 100, 200, 300, 400].map(made);

/** @param {string[]} cards @param {any[]} items @param {string | null} next */
function judged(cards, items, next) {
  const names = { [newest]: "newest", [newer]: "newer", [middle]: "middle", [older]: "older", [oldest]: "oldest" };
  const found = [...corrections(cards, { items, next }, NOW)];
  return Object.fromEntries(found.map(([id, now]) => [names[id], now === null ? "taken" : "listed"]));
}

test("what is missing between two tickets of the answer is taken", () => {
  const all = [newer, middle, older];
  assert.deepEqual(judged(all, [ticket(newer), ticket(older)], "more"), { newer: "listed", middle: "taken", older: "listed" });
  assert.deepEqual(judged(all, [ticket(newer), ticket(middle, "held"), ticket(older)], null), {
    newer: "listed",
    middle: "taken",
    older: "listed",
  });
});

test("what the answer does not reach is left alone", () => {
  assert.deepEqual(judged([middle, older, oldest], [ticket(middle)], "more"), { middle: "listed" });
  assert.deepEqual(judged([middle, older], [], "more"), {}, "an empty answer that goes on says nothing");
  assert.deepEqual(judged([middle, older], [ticket(middle)], null), { middle: "listed", older: "taken" }, "the end is reached");
  assert.deepEqual(judged([middle, older], [], null), { middle: "taken", older: "taken" });
});

test("a ticket that is newer than the answer may be too young for it; after some seconds it is taken", () => {
  const answer = [ticket(middle), ticket(older)];
  assert.deepEqual(judged([newest, newer, middle], answer, null), { newer: "taken", middle: "listed" });
});

test("tickets that are not on the page change nothing", () => {
  assert.deepEqual(judged([middle], [ticket(newer), ticket(middle), ticket(older)], null), { middle: "listed" });
});

test("looks become rarer, never more than a minute apart without need, and never in step", () => {
  const seconds = (/** @type {number} */ watched, random = 0.5) => untilNextLook(watched * 1_000, 0, random) / 1_000;
  assert.deepEqual([0, 59, 60, 180, 360, 600, 36_000].map((watched) => seconds(watched)), [3, 3, 6, 12, 30, 71, 71]);
  assert.deepEqual([seconds(0, 0), seconds(0, 1)], [2.55, 3.45], "fifteen per cent each way");
  assert.ok(seconds(600, 0) > 60, "after ten minutes at most once a minute");
  let looks = 0;
  for (let watched = 0; watched < 3_600; watched += seconds(watched)) looks += 1;
  assert.ok(looks < 120, `${looks} looks in an hour`);
});

test("failures back off, up to the longest wait", () => {
  const waits = [0, 1, 2, 3, 4, 5, 50].map((failures) => untilNextLook(0, failures, 0.5) / 1_000);
  assert.deepEqual(waits, [3, 6, 12, 24, 48, 71, 71]);
});

/** @returns {Storage} */
function storage() {
  const kept = new Map();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
    clear: () => kept.clear(),
  };
}

test("two tabs of one person order under one key, until the order has ended", () => {
  const shared = storage();
  const key = orderKey(shared, "ann", "t1");
  assert.equal(orderKey(shared, "ann", "t1"), key);
  assert.notEqual(orderKey(shared, "ann", "t2"), key);
  forgetOrderKey(shared, "t1");
  assert.notEqual(orderKey(shared, "ann", "t1"), key);
});

test("another person on the same device never gets a key that was not made for them", () => {
  const shared = storage();
  const first = orderKey(shared, "ann", "t1");
  const second = orderKey(shared, "ben", "t1");
  assert.notEqual(second, first);
  assert.notEqual(orderKey(shared, "ann", "t1"), second);
  shared.setItem("holdfast.order-key.t3", "a-key-without-an-owner");
  assert.notEqual(orderKey(shared, "", "t3"), "a-key-without-an-owner");
});

test("signing out forgets the keys and nothing else", () => {
  const shared = storage();
  for (const id of ["t1", "t2", "t3"]) orderKey(shared, "ann", id);
  shared.setItem("other", "1");
  forgetOrderKeys(shared);
  assert.deepEqual([shared.length, shared.getItem("other")], [1, "1"]);
});

test("one tab places its order after the other; without locks it is placed all the same", async () => {
  /** @type {string[]} */
  const taken = [];
  const locks = /** @type {any} */ ({
    request: (/** @type {string} */ name, /** @type {() => Promise<string>} */ run) => (taken.push(name), run()),
  });
  assert.equal(await oneTabAtATime(locks, "t1", async () => "placed"), "placed");
  assert.equal(await oneTabAtATime(undefined, "t1", async () => "placed"), "placed");
  assert.deepEqual(taken, ["holdfast.order-key.t1"]);
});

test("the hint of who is signed in is read back, and anything else is nobody", () => {
  const account = { id: "u1", name: "Zoë “Z” \\ ✓" };
  assert.deepEqual(read(written(account)), account);
  for (const kept of [null, "", "null", "Ann", "{}", '{"id":1,"name":"x"}', "[", '"x"']) assert.equal(read(kept), null, String(kept));
});

/** @param {object} [parts] @returns {any} */
const heldOrder = (parts) => ({
  id: "o1",
  ticket: { id: "t1", title: "Opera", price: { amount: 1250, currency: "eur" }, venue: null, starts_at: null },
  state: "awaiting_payment",
  expires_at: "2026-11-23T12:15:00Z",
  closed_reason: null,
  refunded_at: null,
  credential: null,
  ...parts,
});

/** A tab of somebody who is signed in. @param {string | null} user @param {Storage} [session] */
function tabOf(user, session = storage()) {
  const local = storage();
  if (user !== null) local.setItem("holdfast.account", written({ id: user, name: user }));
  Object.defineProperty(globalThis, "localStorage", { configurable: true, value: local });
  Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value: session });
  return session;
}

test("an order is handed to the next page of the tab, once, with the clock by which it runs out", () => {
  const session = tabOf("ann");
  handOver(heldOrder(), -1_500);
  assert.equal(handedOrder("o2"), null, "another order is none");
  const { data, clockOffset } = handedOrder("o1") ?? assert.fail("it is there");
  assert.deepEqual([data, clockOffset], [heldOrder(), -1_500]);
  assert.equal(handedOrder("o1"), null, "a reload asks");
  assert.equal(session.length, 0);
});

test("what was handed over a while ago is asked for", ({ mock }) => {
  let now = NOW;
  mock.method(Date, "now", () => now);
  tabOf("ann");
  handOver(heldOrder(), 0);
  now += 9_999;
  assert.notEqual(handedOrder("o1"), null);
  handOver(heldOrder(), 0);
  now += 10_000;
  assert.equal(handedOrder("o1"), null);
});

test("only an order that waits for its payment is handed over: no receipt and no code is ever left in the browser", () => {
  const session = tabOf("ann");
  for (const state of ["capturing", "paid", "cancelled", "expired"]) {
    handOver(heldOrder({ state, credential: state === "paid" ? "GATE-7" : null }), 0);
    assert.equal(session.length, 0, state);
    assert.equal(handedOrder("o1"), null, state);
  }
});

test("an order is handed to nobody else on the same device", () => {
  const session = tabOf("ann");
  handOver(heldOrder(), 0);
  for (const other of ["ben", null]) {
    tabOf(other, session);
    assert.equal(handedOrder("o1"), null, String(other));
  }
  tabOf("ann", session);
  assert.notEqual(handedOrder("o1"), null);
});

test("where the browser keeps nothing, nothing is handed over, and nothing breaks", () => {
  const full = () => {
    throw new DOMException("no room", "QuotaExceededError");
  };
  tabOf("ann", { ...storage(), setItem: full });
  handOver(heldOrder(), 0);
  assert.equal(handedOrder("o1"), null);
  tabOf("ann", { ...storage(), getItem: full, setItem: full, removeItem: full });
  handOver(heldOrder(), 0);
  assert.equal(handedOrder("o1"), null);
  for (const left of ["{", "null", "7", "{}"]) {
    tabOf("ann", { ...storage(), getItem: () => left });
    assert.equal(handedOrder("o1"), null, left);
  }
});

test("what is sold is summed up by currency", () => {
  const row = (/** @type {string} */ state, /** @type {number} */ amount, currency = "eur") =>
    /** @type {any} */ ({ state, price: { amount, currency } });
  const rows = [row("sold", 1250), row("listed", 99), row("sold", 5, "usd"), row("sold", 1), row("held", 7)];
  assert.deepEqual(sumsOfSold(rows), [
    { amount: 1251, currency: "eur" },
    { amount: 5, currency: "usd" },
  ]);
  assert.deepEqual(sumsOfSold([row("listed", 1)]), []);
});

const { ORDER_PROBLEMS, HOLD_PROBLEMS, closedText, fill, outcomeText, plural, sentenceOf } = await load([
  "problems.js",
  "messages.js",
  "receipt.js",
  "form.js",
]);

test("whoever was not charged reads that, whatever closed the order", () => {
  for (const [state, reason] of [
    ["cancelled", "cancelled"],
    ["expired", "hold_ran_out"],
    ["expired", "paid_too_late"],
    ["cancelled", "paid_too_late"],
    ["expired", null],
  ]) {
    const order = heldOrder({ state, closed_reason: reason });
    assert.match(outcomeText(order), /nothing was charged/iu, `${state}, ${reason}`);
    assert.equal(closedText(order), outcomeText(order), "where one pays it is the same sentence");
  }
  assert.match(outcomeText(heldOrder({ state: "expired", closed_reason: "paid_too_late" })), /someone else/u);
  assert.equal(outcomeText(heldOrder()), "", "an open order has no outcome");
});

test("whoever has paid reads that, and when the money went back", () => {
  const paid = heldOrder({ state: "paid" });
  assert.match(outcomeText(paid), /yours/u);
  assert.match(outcomeText(heldOrder({ state: "capturing" })), /being taken/u);
  assert.match(outcomeText({ ...paid, refunded_at: "2026-11-24T12:00:00Z" }), /refunded on .*2026/u);
});

test("every refusal of an order and of a payment has a sentence", () => {
  for (const type of ["hold-expired", "order-closed", "order-paid", "payments-not-configured"]) {
    assert.match(ORDER_PROBLEMS[type], /\.$/u, type);
  }
  for (const type of ["own-ticket", "ticket-held", "ticket-sold"]) assert.match(HOLD_PROBLEMS[type], /\.$/u, type);
});

test("what the API says of a field is said in the page's language", async () => {
  const de = await load(["form.js"], "de");
  for (const [said, english, german] of [
    ["must not be empty", /^Fill this in/u, /^Füllen Sie/u],
    ["is required", /^Fill this in/u, /^Füllen Sie/u],
    ["must have at most 120 characters", /too long/u, /zu lang/u],
    ["must not contain control characters", /cannot be shown/u, /nicht darstellen/u],
    ["must be an e-mail address", /e-mail/u, /E-Mail/u],
    ["must be in the future", /past/u, /Vergangenheit/u],
    ["must be at least 50 minor units of eur", /too low or too high/u, /zu niedrig oder zu hoch/u],
    ["must be at most 1000000 minor units of eur", /too low or too high/u, /zu niedrig oder zu hoch/u],
    ["is not a field of this request", /not right/u, /stimmt noch nicht/u],
  ]) {
    assert.match(sentenceOf(said), /** @type {RegExp} */ (english), String(said));
    assert.match(de.sentenceOf(said), /** @type {RegExp} */ (german), String(said));
  }
});

test("placeholders are filled once, and plurals follow the number", () => {
  assert.equal(fill("{a} {b} {a}", { a: "{b}", b: 2 }), "{b} 2 {b}");
  const forms = { one: "{count} ticket", other: "{count} tickets" };
  assert.deepEqual([0, 1, 2].map((count) => plural(count, forms)), ["0 tickets", "1 ticket", "2 tickets"]);
});
