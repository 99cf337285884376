// What holds on every page, for guests and for people who are signed in.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { DESKTOP, NO_PAGE, Person, launch } from "./support/browser.js";

/** @import { Browser } from "playwright-core" */

const NOBODY = "00000000-0000-4000-8000-000000000000";
const PUBLIC = {
  catalogue: "/",
  "ticket-missing": `/ticket/?id=${NOBODY}`,
  "sign-up": "/sign-up/",
  "sign-in": "/sign-in/",
  "not-found": NO_PAGE,
};
const PRIVATE = {
  sell: "/sell/",
  "my-tickets": "/my-tickets/",
  orders: "/orders/",
  "order-missing": `/order/?id=${NOBODY}`,
  "checkout-missing": `/checkout/?order=${NOBODY}`,
};

/** @type {Browser} */
let browser;
/** @type {Person} */
let guest;
/** @type {Person} */
let user;
/** @type {Record<string, string>} */
const privatePages = { ...PRIVATE };

before(async () => {
  browser = await launch();
  [guest, user] = await Promise.all([Person.arrive(browser, "Guest"), Person.arrive(browser, "Alex Seller")]);
  await user.signUp("/sell/");
  privatePages["ticket"] = await user.listTicket("Chamber music, second row, beside the aisle");
});
after(() => browser?.close());

/** Goes there and waits until nothing is loading. @param {Person} person @param {string} path */
async function visit({ page }, path) {
  const answer = await page.goto(path);
  for (const region of await page.locator("[data-when=loading]").all()) await region.waitFor({ state: "hidden" });
  return answer;
}

/** @param {Person} person @param {string} name @param {string} path */
async function inspect(person, name, path) {
  const { page } = person;
  await page.setViewportSize({ width: 390, height: 844 });
  const answer = await visit(person, path);
  assert.equal(answer?.status(), name === "not-found" ? 404 : 200, path);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  for (const part of ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), `${path} is sent without ${part}`);
  }
  assert.equal(await page.locator("h1:visible").count(), 1, `${path} has one visible heading`);
  for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await person.axeFindings(), [], `${path} (${colorScheme})`);
    await person.screenshot(`${name}-phone-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${path} is ${overflow} pixels too wide for a phone`);
  await page.setViewportSize(DESKTOP);
  await person.screenshot(`${name}-desktop`);
}

for (const [name, path] of Object.entries(PUBLIC)) {
  test(`${name} is sound for a guest`, () => inspect(guest, name, path));
}
for (const name of [...Object.keys(PRIVATE), "ticket"]) {
  test(`${name} is sound for a user`, () => inspect(user, name, String(privatePages[name])));
}

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
  await visit(guest, "/");
  await guest.reads("Holdfast cannot be reached. Check your connection and try again.");
  await guest.screenshot("catalogue-offline");
  await page.unroute("**/api/tickets?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await guest.reads(/\d+ tickets?|Nothing is for sale/u);
});

test("what the gateway says in the API's place is understood", async () => {
  const { page } = guest;
  const body = JSON.stringify({ message: "Too Many Requests" });
  await page.route("**/api/tickets?*", (route) => route.fulfill({ status: 429, contentType: "application/json", body }));
  await visit(guest, "/");
  await guest.reads("That was a little too fast. Wait a moment and try again.");
  await page.unroute("**/api/tickets?*");
});

test("a search that finds nothing says what to do", async () => {
  await visit(guest, "/?q=zzzzqqqq");
  await guest.reads("No ticket matches. Try fewer words or other dates.");
  assert.equal(await guest.page.getByRole("searchbox").inputValue(), "zzzzqqqq");
  await guest.page.getByRole("main").getByRole("link", { name: "Show all tickets" }).click();
  await guest.page.waitForURL("/");
});

test("going back brings the last search back", async () => {
  const { page } = guest;
  await visit(guest, "/");
  await page.getByLabel("Order").selectOption("soonest");
  await page.waitForURL("/?sort=soonest");
  await page.getByLabel("From").fill("2031-05-02");
  await page.getByLabel("Until").fill("2031-05-01");
  await page.getByRole("button", { name: "Search" }).click();
  await guest.reads("This day is before the first one.");
  await page.goBack();
  await page.waitForURL("/");
  assert.equal(await page.getByLabel("Order").inputValue(), "newest");
});

test("without JavaScript a page says what it needs", async () => {
  const plain = await Person.arrive(browser, "Guest", { javaScriptEnabled: false });
  for (const path of ["/", "/sell/", "/sign-in/"]) {
    await plain.page.goto(path);
    await plain.reads(/This part of Holdfast needs JavaScript/u);
    assert.equal(await plain.page.getByText(/^Loading/u).filter({ visible: true }).count(), 0, path);
  }
  await plain.leave();
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([guest.leave(), user.leave()]);
});
