// What holds on every page, for guests and for people who are signed in, in every language.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, NO_PAGE, PHONE, Person, launch, rendered } from "./support/browser.js";

/** @import { Browser } from "playwright-core" */

const NOBODY = "00000000-0000-4000-8000-000000000000";
/** @type {Record<string, string>} */
const PUBLIC = {
  catalogue: "/",
  search: "/search/",
  "sign-up": "/sign-up/",
  "sign-in": "/sign-in/",
  "forgot-password": "/forgot-password/",
  "reset-password": `/reset-password/#${NOBODY}.x`,
  "verify-email": "/verify-email/",
  about: "/about/",
  terms: "/terms/",
  error: "/error.html",
  "not-found": NO_PAGE,
};
/** @type {Record<string, string>} */
const PRIVATE = {
  sell: "/sell/",
  "my-tickets": "/my-tickets/",
  orders: "/orders/",
  account: "/account/",
  "order-missing": `/order/?id=${NOBODY}`,
  "checkout-missing": `/checkout/?order=${NOBODY}`,
};
/** The pages that are of every language at once, and what is missing. */
const OF_NO_LANGUAGE = ["error", "not-found"];
const LANGUAGES = { en: "", de: "/de" };
const STRICT = ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"];

/** @type {Browser} */
let browser;
/** @type {Person} */
let guest;
/** @type {Person} */
let user;
let ticket = "";

before(async () => {
  browser = await launch();
  [guest, user] = await Promise.all([Person.arrive(browser, "Guest"), Person.arrive(browser, "Alex Seller")]);
  await user.signUp("/sell/");
  ticket = await user.listTicket("Chamber music, second row, beside the aisle");
  await rendered("/", (html) => html.includes("Chamber music"));
});
after(() => browser?.close());

/** Goes there and waits until nothing is loading. @param {Person} person @param {string} path */
async function visit({ page }, path) {
  const answer = await page.goto(path);
  for (const region of await page.locator("[data-when=loading], #offer-unknown").all()) {
    await region.waitFor({ state: "hidden" });
  }
  return answer;
}

/** @param {Person} person @param {string} name @param {string} path @param {string} language */
async function inspect(person, name, path, language) {
  const { page } = person;
  await page.setViewportSize(PHONE);
  const answer = await visit(person, path);
  assert.equal(answer?.status(), name === "not-found" ? 404 : 200, path);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  const isCheckout = name.startsWith("checkout");
  for (const part of isCheckout ? STRICT : [...STRICT, "require-trusted-types-for 'script'"]) {
    assert.ok(policy.includes(part), `${path} is sent without ${part}`);
  }
  assert.equal(policy.includes("stripe.com"), isCheckout, path);
  assert.equal(await page.locator("html").getAttribute("lang"), language, path);
  assert.equal(await page.locator("h1:visible").count(), 1, `${path} has one visible heading`);
  for (const [window, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    await page.setViewportSize(viewport);
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await person.axeFindings(), [], `${path} (${window}, ${colorScheme})`);
      await person.screenshot(`${name}-${language}-${window}-${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${path} is ${overflow} pixels too wide for a ${window}`);
  }
}

for (const [language, prefix] of Object.entries(LANGUAGES)) {
  for (const [name, path] of Object.entries(PUBLIC)) {
    if (prefix !== "" && OF_NO_LANGUAGE.includes(name)) continue;
    test(`${name} is sound for a guest (${language})`, () => inspect(guest, name, prefix + path, language));
  }
  for (const [name, path] of Object.entries(PRIVATE)) {
    test(`${name} is sound for a user (${language})`, () => inspect(user, name, prefix + path, language));
  }
  test(`a ticket's page is sound for a user (${language})`, () => inspect(user, "ticket", prefix + ticket, language));
}

test("an address without its last slash, or with another title, leads to the page", async () => {
  const { page } = guest;
  await page.goto(ticket.slice(0, -1));
  await page.waitForURL(`**${ticket}`);
  const id = String(ticket.split("/").at(-2)).slice(-36);
  for (const path of [`/tickets/${id}/`, `/tickets/some-older-title-${id}/`, `/de/tickets/x-${id}/`]) {
    assert.equal((await page.goto(path))?.status(), 200, path);
    await page.getByRole("heading", { name: "Chamber music" }).waitFor();
    const canonical = String(await page.locator("link[rel=canonical]").getAttribute("href"));
    assert.ok(canonical.endsWith(`/tickets/chamber-music-second-row-beside-the-aisle-${id}/`), canonical);
  }
});

test("the other language is one step away, on the same page", async () => {
  const { page } = user;
  await visit(user, "/orders/?from=a-bookmark");
  await page.getByRole("contentinfo").getByRole("link", { name: "Deutsch" }).click();
  await page.waitForURL("/de/orders/?from=a-bookmark");
  await page.getByRole("heading", { name: "Bestellungen" }).waitFor();
  await page.getByRole("contentinfo").getByRole("link", { name: "English" }).click();
  await page.waitForURL("/orders/?from=a-bookmark");
});

test("the API and the browser agree on the decimals of every currency", async () => {
  await visit(user, "/sell/");
  const [ours, theirs] = await user.page.evaluate(() => {
    const options = [...document.querySelectorAll("option")];
    const digits = (/** @type {string} */ currency) =>
      new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
    return [options.map((option) => Number(option.dataset["exponent"])), options.map((option) => digits(option.value))];
  });
  assert.ok(ours.length > 5);
  assert.deepEqual(ours, theirs);
});

test("the keyboard's first step skips to the content", async () => {
  const { page } = guest;
  await visit(guest, "/");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
});

test("when the API cannot be reached, the page says so and tries again", async () => {
  const { page } = guest;
  await page.route("**/api/tickets?*", (route) => route.abort());
  await visit(guest, "/search/");
  await guest.reads("Holdfast cannot be reached. Check your connection and try again.");
  await guest.screenshot("search-offline");
  await page.unroute("**/api/tickets?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await guest.reads(/\d+ tickets?|Nothing is for sale/u);
});

test("what the gateway says in the API's place is understood", async () => {
  const { page } = guest;
  await page.route("**/api/tickets?*", (route) => route.fulfill({ status: 503, json: { message: "Service Unavailable" } }));
  await visit(guest, "/search/");
  await guest.reads("Holdfast is busy at the moment. Try again shortly.");
  await page.unroute("**/api/tickets?*");
});

test("a search that finds nothing says what to do", async () => {
  await visit(guest, "/search/?q=zzzzqqqq");
  await guest.reads("No ticket matches. Try fewer words or other dates.");
  assert.equal(await guest.page.getByRole("searchbox").inputValue(), "zzzzqqqq");
  await guest.page.getByRole("main").getByRole("link", { name: "Show all tickets" }).click();
  await guest.page.waitForURL("/");
});

test("going back brings the last search back", async () => {
  const { page } = guest;
  await visit(guest, "/search/");
  await page.getByLabel("Order").selectOption("soonest");
  await page.waitForURL("/search/?sort=soonest");
  await page.getByLabel("From").fill("2031-05-02");
  await page.getByLabel("Until").fill("2031-05-01");
  await page.getByRole("main").getByRole("button", { name: "Search" }).click();
  await guest.reads("This day is before the first one.");
  await page.goBack();
  await page.waitForURL("/search/");
  assert.equal(await page.getByLabel("Order").inputValue(), "newest");
});

test("without JavaScript the catalogue and its tickets are whole, and the rest says what it needs", async () => {
  const plain = await Person.arrive(browser, "Guest", { javaScriptEnabled: false });
  const { page } = plain;
  await page.goto("/");
  const card = page.getByRole("listitem").filter({ hasText: "Chamber music" }).first();
  await card.getByText("€12.50").waitFor();
  await card.getByText("Great Hall").waitFor();
  await plain.screenshot("catalogue-without-script");
  await card.getByRole("link").click();
  await page.getByRole("heading", { name: "Chamber music" }).waitFor();
  for (const text of ["€12.50", "Great Hall", "Alex Seller", "With a good view.", /To hold this ticket you need JavaScript/u]) {
    await plain.reads(text);
  }
  assert.equal(await page.getByRole("button").filter({ visible: true }).count(), 0);
  await plain.screenshot("ticket-without-script");
  for (const path of ["/search/", "/sell/", "/sign-in/", "/orders/", "/account/", "/forgot-password/", "/reset-password/", "/verify-email/"]) {
    await page.goto(path);
    await plain.reads(/This part of Holdfast needs JavaScript/u);
    assert.equal(await page.getByText(/^Loading/u).filter({ visible: true }).count(), 0, path);
  }
  const noTicket = `/tickets/x-${NOBODY}/`;
  plain.expected.push(noTicket);
  for (const path of [NO_PAGE, noTicket]) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1, name: "There is no page here" }).waitFor();
    assert.equal(await page.locator("h1:visible").count(), 1, path);
  }
  await plain.leave();
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([guest.leave(), user.leave()]);
});
