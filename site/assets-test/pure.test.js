// The parts of the scripts that only compute.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clockText, secondsLeft, secondsToNextLook, thresholdPassed, untilNextSecond } from "../assets/countdown.js";
import { catalogueQuery, fieldOf, momentOf } from "../assets/local-time.js";
import { majorUnits, minorUnits } from "../assets/money.js";
import { load } from "./support.js";

const { isId, safeNext, signInPath, ticketAt, ticketPath, withoutReturn } = await load(["paths.js"]);
const german = await load(["paths.js"], "de");

const ORIGIN = "https://holdfast.example";

test("an amount in major units becomes whole minor units, digit by digit", () => {
  for (const [text, exponent, amount] of /** @type {[string, number, number][]} */ ([
    ["12", 2, 1200],
    ["12.5", 2, 1250],
    ["12,50", 2, 1250],
    [" 0.07 ", 2, 7],
    ["0.29", 2, 29],
    ["1.15", 2, 115],
    ["4.35", 2, 435],
    ["9007199.99", 2, 900719999],
    ["1500", 0, 1500],
    ["1.234", 3, 1234],
  ])) {
    assert.equal(minorUnits(text, exponent), amount, text);
  }
});

test("an amount that could be misread is refused", () => {
  for (const text of ["", "-1", "+1", "1,234", "1.234,50", "1 000", "12.", ".5", "1e3", "€12", "12.345", "NaN", "１２"]) {
    assert.equal(minorUnits(text, 2), null, text);
  }
  assert.equal(minorUnits("12.5", 0), null);
  assert.equal(minorUnits("9999999999999", 2), null);
});

test("minor units read as major units and back", () => {
  assert.equal(majorUnits(1234, 2), "12.34");
  assert.equal(majorUnits(7, 2), "0.07");
  assert.equal(majorUnits(1500, 0), "1500");
  for (const exponent of [0, 2, 3]) {
    for (const amount of [0, 1, 9, 10, 99, 100, 101, 123_456_789]) {
      assert.equal(minorUnits(majorUnits(amount, exponent), exponent), amount);
    }
  }
});

test("the time left is never more than there is, and never negative", () => {
  assert.equal(secondsLeft(10_000, 0), 10);
  assert.equal(secondsLeft(10_000, 1), 9);
  assert.equal(secondsLeft(10_000, 9_000), 1);
  assert.equal(secondsLeft(10_000, 9_001), 0);
  assert.equal(secondsLeft(10_000, 10_000), 0);
  assert.equal(secondsLeft(10_000, 99_000), 0);
  for (const now of [0, 1, 500, 999, 1_000, 8_999]) {
    const later = now + untilNextSecond(10_000, now);
    assert.equal(secondsLeft(10_000, later), secondsLeft(10_000, now) - 1, `at ${now}`);
    assert.equal(secondsLeft(10_000, later - 1), secondsLeft(10_000, now), `just before, at ${now}`);
  }
  assert.equal(clockText(845), "14:05");
  assert.equal(clockText(9), "00:09");
  assert.equal(clockText(4_445), "1:14:05");
});

test("the time is spoken at a few thresholds, once each", () => {
  const spoken = [];
  for (let left = 400; left >= 0; left -= 1) {
    const threshold = thresholdPassed(left + 1, left);
    if (threshold !== null) spoken.push([left, threshold]);
  }
  assert.deepEqual(spoken, [
    [300, 300],
    [60, 60],
    [10, 10],
  ]);
  assert.equal(thresholdPassed(400, 30), 60, "a tab that slept speaks the lowest one that it missed");
  assert.equal(thresholdPassed(20, 0), null, "what has run out has a sentence of its own");
});

test("asking again after the end is bounded", () => {
  const waits = [];
  for (let look = 0; ; look += 1) {
    const seconds = secondsToNextLook(look);
    if (seconds === null) break;
    waits.push(seconds);
  }
  assert.ok(waits.length < 20);
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
});

test("after signing in only this site's own pages are followed", () => {
  assert.equal(safeNext("/order/?id=1#x", ORIGIN), "/order/?id=1#x");
  for (const next of [
    "",
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "orders/",
    "/sign-in/?next=/x",
    "/sign-up/",
    "/x/..//evil.example/",
  ]) {
    assert.equal(safeNext(next, ORIGIN), "/", JSON.stringify(next));
  }
});

test("the way to sign in remembers where it was asked for", () => {
  assert.equal(signInPath("/"), "/sign-in/");
  const path = "/ticket/?id=a&b=c";
  const next = new URL(signInPath(path), ORIGIN).searchParams.get("next") ?? "";
  assert.equal(safeNext(next, ORIGIN), path);
});

test("every address stays in the page's language", () => {
  const id = "0193a1b2-0000-7000-8000-00000000abcd";
  assert.equal(ticketPath(id), `/tickets/${id}/`);
  assert.equal(german.ticketPath(id), `/de/tickets/${id}/`);
  assert.equal(german.signInPath("/de/"), "/de/sign-in/");
  assert.equal(german.signInPath("/"), "/de/sign-in/?next=%2F");
  assert.equal(german.safeNext("//evil.example/", ORIGIN), "/de/");
  assert.equal(german.safeNext("/de/sign-in/?next=/x", ORIGIN), "/de/");
  assert.equal(german.safeNext("/de/orders/", ORIGIN), "/de/orders/");
  assert.equal(german.checkoutPath(id), `/de/checkout/?order=${id}`);
});

test("a ticket's address says which ticket, whatever its title and language", () => {
  const id = "0193a1b2-0000-7000-8000-00000000abcd";
  for (const path of [`/tickets/${id}/`, `/de/tickets/${id}/`, `/tickets/opera-row-3-${id}/`, `/fr/tickets/x-${id}/`]) {
    assert.equal(ticketAt(path), id, path);
  }
  for (const path of ["/", "/tickets/", `/tickets/${id}`, `/tickets/page/${id}/`, `/tickets/x${id}/`, `/deu/tickets/${id}/`, `/x/de/tickets/${id}/`]) {
    assert.equal(ticketAt(path), null, path);
  }
});

test("ids are hyphenated lower-case UUIDs", () => {
  assert.ok(isId("0193a1b2-0000-7000-8000-00000000abcd"));
  for (const text of ["", "1", "0193A1B2-0000-7000-8000-00000000ABCD", "../session", "0193a1b2000070008000-00000000abcd"]) {
    assert.ok(!isId(text), text);
  }
});

test("date fields and moments are the same to the minute", () => {
  const moment = momentOf("2027-06-01T19:30");
  assert.equal(moment, new Date(2027, 5, 1, 19, 30).toISOString());
  assert.equal(fieldOf(moment), "2027-06-01T19:30");
  assert.equal(momentOf(""), "");
  assert.equal(momentOf("tomorrow"), "");
});

test("the catalogue's address becomes the API's query", () => {
  const query = catalogueQuery(new URLSearchParams("q=+opera+&sort=soonest&from=2027-06-01&to=2027-06-02&other=1"));
  assert.deepEqual(Object.fromEntries(query), {
    q: "opera",
    sort: "soonest",
    from: new Date(2027, 5, 1).toISOString(),
    to: new Date(2027, 5, 2, 23, 59, 59, 999).toISOString(),
  });
  assert.equal(catalogueQuery(new URLSearchParams("sort=newest&from=&to=never")).size, 0);
});

test("what a bank's way back adds to an address is taken off again, and nothing else", () => {
  const order = "/order/?id=0193a1b2-0000-7000-8000-00000000abcd";
  const added = "&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_2&redirect_status=succeeded";
  assert.equal(withoutReturn(`${ORIGIN}${order}${added}`), order);
  assert.equal(withoutReturn(`${ORIGIN}${order}&redirect_status=failed#x`), `${order}#x`);
  assert.equal(withoutReturn(`${ORIGIN}${order}`), null);
});

