// Paying: cards that are declined, banks that ask, answers that are lost, and the receipt that only its buyer sees.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { DESKTOP, PHONE, Person, launch } from "./support/browser.js";
import { CARDS, enterCard, goToCheckout, hold, payButton, seesReceipt } from "./support/checkout.js";
import { BASE_URL } from "./support/settings.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

const CODE = "GATE-7-0042";
const HOLD = { name: "Hold this ticket" };
const title = `Ballet, box 4, seat ${randomUUID().slice(0, 8)}`;

/** @type {Browser} */
let browser;
/** @type {Person} */
let seller;
/** @type {Person} */
let buyer;
/** @type {Person} */
let other;
let ticket = "";
let order = "";

const orderId = () => String(new URL(order, BASE_URL).searchParams.get("id"));

before(async () => {
  browser = await launch();
  [seller, buyer, other] = await Promise.all([
    Person.arrive(browser, "Sam Seller"),
    Person.arrive(browser, "Bo Buyer"),
    Person.arrive(browser, "Lee Late"),
  ]);
});
after(() => browser?.close());

const step = story(() => [seller, buyer, other]);

/** What axe finds and what it looks like, in both schemes and on both kinds of window. @param {string} name */
async function inspect(name) {
  const { page } = buyer;
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    for (const [window, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
      await page.setViewportSize(viewport);
      assert.deepEqual(await buyer.axeFindings(), [], `${name} (${window}, ${colorScheme})`);
      await buyer.screenshot(`${name}-${window}-${colorScheme}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide for a phone`);
}

/** Seconds on the countdown. */
async function secondsOnTheClock() {
  const parts = String(await buyer.page.getByRole("timer").textContent()).split(":");
  return parts.map(Number).reduce((sum, part) => sum * 60 + part, 0);
}

/** What the API answers to somebody's own page. @param {Person} person @param {string} method @param {string} path */
const status = ({ page }, method, path) =>
  page.evaluate(async (init) => (await fetch(`/api${init.path}`, { method: init.method })).status, { method, path });

/** A further ticket, held and at the till. @param {string} name */
async function anotherCheckout(name) {
  await seller.page.goto("/sell/");
  ticket = await seller.listTicket(`${name} ${randomUUID().slice(0, 8)}`);
  order = await hold(buyer, ticket);
  await goToCheckout(buyer);
}

step("a held ticket leads to checkout, where the time is enough to pay", async () => {
  await seller.signUp("/sell/");
  ticket = await seller.listTicket(title);
  await buyer.signUp();
  await other.signUp();
  order = await hold(buyer, ticket);
  await buyer.page.getByRole("link", { name: "Pay €12.50" }).waitFor();
  const before = await secondsOnTheClock();
  await goToCheckout(buyer);
  await buyer.page.getByRole("heading", { name: title }).waitFor();
  await payButton(buyer).waitFor();
  assert.ok((await secondsOnTheClock()) > before - 30);
  await inspect("checkout");
});

step("a form that is not filled is not sent", async () => {
  let sent = 0;
  buyer.page.on("request", (request) => {
    if (request.method() === "POST" && request.url().includes("confirm")) sent += 1;
  });
  await payButton(buyer).click();
  await buyer.page.locator("[data-form-error]:visible").waitFor();
  assert.equal(sent, 0);
});

step("a declined card is explained, and the order is as it was", async () => {
  const { page } = buyer;
  await enterCard(buyer, CARDS.declined);
  await payButton(buyer).click();
  await buyer.reads(/declined.*Nothing was charged\. You can try again or use another card\./u);
  const { top, height } = await page.locator("#form [data-form-error]").evaluate((place) => {
    const box = place.getBoundingClientRect();
    return { top: box.top, height: innerHeight - box.height };
  });
  assert.ok(top >= 0 && top <= height, "it is in the window, whose head was above it");
  await inspect("checkout-declined");
  await payButton(buyer).waitFor();
  assert.ok(page.url().includes("/checkout/"));
  await page.goto(order);
  await buyer.reads("Held for you");
});

step("leaving and reloading begin nothing anew: the time is extended once", async () => {
  const { page } = buyer;
  await goToCheckout(buyer);
  const before = await secondsOnTheClock();
  await page.reload();
  await page.getByLabel("Card number").waitFor();
  // The server's clock is known to the second, by each page anew; an extension would be minutes.
  assert.ok((await secondsOnTheClock()) <= before + 1);
});

step("another card pays the same order, with two clicks for one payment", async () => {
  await enterCard(buyer, CARDS.pays);
  let settled = 0;
  buyer.page.on("request", (request) => {
    if (request.method() === "POST" && request.url().endsWith("/reconcile")) settled += 1;
  });
  await payButton(buyer).dblclick();
  await seesReceipt(buyer);
  assert.equal(settled, 1);
  assert.ok(buyer.page.url().endsWith(order));
});

step("the receipt says what was bought, from whom and how, and prints without the rest", async () => {
  const { page } = buyer;
  const main = page.getByRole("main");
  await main.getByRole("region", { name: "Your ticket" }).getByText(CODE, { exact: true }).waitFor();
  for (const text of [title, "€12.50", "Sam Seller", "Visa ending in 4242", "Great Hall", orderId(), "Paid"]) {
    await main.getByText(text, { exact: true }).first().waitFor();
  }
  assert.match(String(await page.locator("#paid").textContent()), /\d{4}/u);
  for (const selector of ["#cancel", "#pay", "#hold"]) assert.ok(!(await page.locator(selector).isVisible()), selector);
  await inspect("receipt");
  await page.emulateMedia({ media: "print" });
  await main.getByText(CODE, { exact: true }).waitFor();
  for (const part of [page.getByRole("navigation"), page.locator("#print"), page.getByRole("contentinfo")]) {
    assert.ok(!(await part.isVisible()));
  }
  await buyer.screenshot("receipt-print");
  await page.emulateMedia({ media: null });
});

step("what is paid can neither be paid again nor be cancelled", async () => {
  const { page } = buyer;
  await page.goto(`/checkout/?order=${orderId()}`);
  await page.waitForURL(`**${order}`);
  await seesReceipt(buyer);
  assert.equal(await status(buyer, "DELETE", `/orders/${orderId()}`), 409);
  assert.equal(await status(buyer, "POST", `/orders/${orderId()}/payment`), 409);
  await page.goBack();
  await seesReceipt(buyer);
});

step("whoever comes back from a bank's page sees the order, and the address forgets the way", async () => {
  const { page } = buyer;
  await page.goto(`${order}&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret_1&redirect_status=succeeded`);
  await seesReceipt(buyer);
  assert.ok(page.url().endsWith(order));
});

step("the buyer's list says paid, the seller's says sold and when", async () => {
  await buyer.page.goto("/orders/");
  const bought = buyer.page.getByRole("listitem").filter({ hasText: title });
  await bought.getByText("Paid", { exact: true }).waitFor();
  await bought.getByText(/^Paid .*\d{4}/u).waitFor();
  await buyer.screenshot("orders-paid-phone");
  await seller.page.goto("/my-tickets/");
  const sold = seller.page.getByRole("listitem").filter({ hasText: title });
  await sold.getByText("Sold", { exact: true }).waitFor();
  await sold.getByText(/^Sold .*\d{4}/u).waitFor();
  assert.equal(await sold.getByRole("link").filter({ visible: true }).count(), 0, "it has no page, and cannot be changed");
  await seller.screenshot("my-tickets-sold-phone");
});

step("the ticket has left the catalogue, and its address says that it is sold, in its language", async () => {
  const { page } = other;
  await other.looksUntil(`/search/?q=${title.slice(-8)}`, page.getByText("No ticket matches."));
  other.expected.push(ticket, `/de${ticket}`);
  await other.looksUntil(ticket, page.getByRole("heading", { level: 1, name: "This ticket is sold" }));
  for (const text of [title, "€12.50", "Great Hall", /4 May 2031/u]) await other.reads(text);
  assert.equal(await page.title(), `${title} · Holdfast`);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    assert.equal(await page.locator("h1:visible").count(), 1);
    assert.deepEqual(await other.axeFindings(), []);
    await other.screenshot(`ticket-sold-phone-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  for (const text of ["There is no page here", HOLD.name]) assert.equal(await page.getByText(text).filter({ visible: true }).count(), 0);
  await page.getByRole("link", { name: "Search for similar tickets" }).click();
  await page.waitForURL(/\/search\/\?q=/u);
  assert.equal(await page.getByRole("searchbox").inputValue(), title);
  await page.goto(`/de${ticket}`);
  await page.getByRole("heading", { level: 1, name: "Dieses Ticket ist verkauft" }).waitFor();
  for (const text of [title, /^12,50\s€$/u, /4\. Mai 2031/u]) await other.reads(text);
  await page.getByRole("link", { name: "Alle Tickets ansehen" }).filter({ visible: true }).click();
  await page.waitForURL("/de/");
});

step("the address of a sold ticket is not loaded again and again", async () => {
  const page = await other.context.newPage();
  await page.clock.install();
  let loads = 0;
  page.on("request", (request) => {
    if (request.isNavigationRequest()) loads += 1;
  });
  await page.goto(ticket);
  await page.getByRole("heading", { name: "This ticket is sold" }).waitFor();
  await page.clock.runFor("01:00");
  assert.equal(loads, 1);
  await page.close();
});

step("nobody else sees the order, pays it, or reads the code", async () => {
  const { page } = other;
  for (const person of [other, seller]) {
    for (const path of [order, `/checkout/?order=${orderId()}`]) {
      await person.page.goto(path);
      await person.page.getByRole("heading", { name: "This order is not here" }).waitFor();
    }
    assert.equal(await status(person, "GET", `/orders/${orderId()}`), 404);
    assert.equal(await status(person, "POST", `/orders/${orderId()}/payment`), 404);
    assert.equal(await status(person, "POST", `/orders/${orderId()}/reconcile`), 404);
  }
  const seen = (/** @type {string} */ path) =>
    page.evaluate(async (address) => {
      const answer = await fetch(address);
      return { status: answer.status, text: await answer.text() };
    }, path);
  const { text } = await seen(`/api/tickets/${ticket.slice(-37, -1)}`);
  assert.ok(text.includes(title) && !text.includes(CODE), text);
  for (const path of [ticket, `/de${ticket}`]) {
    const missing = await seen(path);
    assert.equal(missing.status, 404, path);
    for (const secret of [CODE, title, "Sam Seller", "With a good view."]) assert.ok(!missing.text.includes(secret), path);
  }
});

step("a bank that says no leaves the order open, and one that says yes pays it", async () => {
  const { page } = buyer;
  await anotherCheckout("Musical, stalls");
  await enterCard(buyer, CARDS.asksTheBank);
  await payButton(buyer).click();
  await page.getByRole("dialog").waitFor();
  await buyer.screenshot("checkout-bank-phone");
  await page.getByRole("button", { name: "Fail authentication" }).click();
  await buyer.reads(/Nothing was charged\. You can try again or use another card\./u);
  await enterCard(buyer, CARDS.asksTheBank);
  await payButton(buyer).click();
  await page.getByRole("button", { name: "Complete authentication" }).click();
  await seesReceipt(buyer);
  await buyer.reads(CODE);
  await buyer.reads("Visa ending in 3155");
});

step("a reload in front of the bank's question loses nothing", async () => {
  const { page } = buyer;
  await anotherCheckout("Revue, gallery");
  await enterCard(buyer, CARDS.asksTheBank);
  await payButton(buyer).click();
  await page.getByRole("button", { name: "Complete authentication" }).waitFor();
  await page.reload();
  await page.getByLabel("Card number").waitFor();
  await enterCard(buyer, CARDS.pays);
  await payButton(buyer).click();
  await seesReceipt(buyer);
});

step("when the answer to a payment is lost, asking again finishes it without the card", async () => {
  const { page } = buyer;
  await anotherCheckout("Circus, ring side");
  await page.route("**/reconcile", (route) => route.abort(), { times: 1 });
  await enterCard(buyer, CARDS.pays);
  await payButton(buyer).click();
  await buyer.reads("Holdfast cannot be reached. Check your connection and try again.");
  await page.getByRole("button", { name: "Finish the payment" }).click();
  await seesReceipt(buyer);
});

step("where payments are not set up, or not to be had, the page says so and the hold goes on", async () => {
  const { page } = buyer;
  await seller.page.goto("/sell/");
  order = await hold(buyer, await seller.listTicket(`Farce, standing ${randomUUID().slice(0, 8)}`));
  const answer = (/** @type {string} */ type) => ({
    status: 503,
    contentType: "application/problem+json",
    body: JSON.stringify({ type, title: type, status: 503 }),
  });
  await page.route("**/payment", (route) => route.fulfill(answer("payments-not-configured")));
  await page.goto(`/checkout/?order=${orderId()}`);
  await buyer.reads(/Payments are not set up here/u);
  await page.getByRole("timer").waitFor();
  assert.deepEqual(await buyer.axeFindings(), []);
  await buyer.screenshot("checkout-not-configured-phone");
  await page.unroute("**/payment");
  await page.route("**/payment", (route) => route.fulfill(answer("unavailable")));
  await page.reload();
  await buyer.reads("Holdfast is busy at the moment. Try again shortly.");
  await page.unroute("**/payment");
  await page.locator("#payment [data-retry]").click();
  await page.getByLabel("Card number").waitFor();
});

step("the ticket can be given back at the till", async () => {
  const { page } = buyer;
  await page.getByRole("button", { name: "Give the ticket back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel the order" }).click();
  await page.waitForURL(`**${order}`);
  await buyer.reads(/You cancelled this order/u);
  await page.goto(`/checkout/?order=${orderId()}`);
  await page.getByRole("heading", { name: "Nothing to pay" }).waitFor();
  await buyer.reads(/Nothing was charged\./u);
  assert.deepEqual(await buyer.axeFindings(), []);
  await buyer.screenshot("checkout-closed-phone");
});

step("from the button to the card's fields nothing is asked that was just answered; a reload asks", async () => {
  const { page } = buyer;
  /** @type {string[]} */
  const asked = [];
  const note = (/** @type {import("playwright-core").Request} */ request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === "GET" && pathname.startsWith("/api/orders/")) asked.push(pathname);
  };
  page.on("request", note);
  await anotherCheckout("Puppets, front row");
  await page.getByRole("timer").waitFor();
  assert.deepEqual(asked, []);
  assert.ok(!(await page.evaluate(() => Object.keys(sessionStorage))).some((name) => name.includes("holdfast.order.")), "it was handed over once");
  await page.reload();
  await page.getByLabel("Card number").waitFor();
  assert.deepEqual(asked, [`/api/orders/${orderId()}`]);
  await page.goto(order);
  await page.getByRole("timer").waitFor();
  assert.equal(asked.length, 2, "who comes by an address asks");
  await page.reload();
  await page.getByRole("timer").waitFor();
  assert.equal(asked.length, 3);
  page.off("request", note);
});

step("an order that was given back meanwhile is not paid for, whatever the page before knew", async () => {
  const { page } = buyer;
  await seller.page.goto("/sell/");
  order = await hold(buyer, await seller.listTicket(`Mime, aisle ${randomUUID().slice(0, 8)}`));
  await page.getByRole("link", { name: /^Pay / }).waitFor();
  assert.equal(await status(buyer, "DELETE", `/orders/${orderId()}`), 200);
  await page.getByRole("main").getByRole("link", { name: /^Pay / }).click();
  await page.getByRole("heading", { name: "Nothing to pay" }).waitFor();
  await buyer.reads(/You cancelled this order/u);
  assert.equal(await page.getByLabel("Card number").filter({ visible: true }).count(), 0);
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([seller.leave(), buyer.leave(), other.leave()]);
});
