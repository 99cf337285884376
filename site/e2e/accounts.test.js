// Signing up, in and out, and what happens to a page whose session has ended.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { BASE_URL } from "./support/settings.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

/** @type {Browser} */
let browser;
/** @type {Person} */
let person;

before(async () => {
  browser = await launch();
  person = await Person.arrive(browser, "Kim");
});
after(() => browser?.close());

const step = story(() => [person]);

/** The error that assistive technology reads with the field. @param {string} label */
async function errorAt(label) {
  const field = person.page.getByLabel(label);
  assert.equal(await field.getAttribute("aria-invalid"), "true", label);
  const ids = String(await field.getAttribute("aria-describedby")).split(" ");
  return person.page.locator(`#${ids.at(-1)}`).textContent();
}

step("what is wrong with a sign-up stands at its field, and nothing is sent", async () => {
  const { page } = person;
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") sent += 1;
  });
  await page.goto("/sign-up/");
  const button = page.getByRole("button", { name: "Make an account" });
  await button.click();
  assert.equal(await errorAt("E-mail address"), "Fill this in.");
  assert.equal(await errorAt("Password"), "Fill this in.");
  assert.equal(await page.getByLabel("Name").getAttribute("aria-invalid"), null);
  assert.ok(await page.getByLabel("E-mail address").evaluate((field) => field === document.activeElement));

  await page.getByLabel("E-mail address").fill("nobody");
  await page.getByLabel("Password").fill("eleven char");
  await button.click();
  assert.match(String(await errorAt("E-mail address")), /such as name@example\.org/u);
  assert.equal(await errorAt("Password"), "Use at least 12 characters.");
  await person.screenshot("sign-up-errors-phone");
  assert.deepEqual(await person.axeFindings(), []);

  await page.getByLabel("E-mail address").fill(person.email);
  assert.equal(await page.getByLabel("E-mail address").getAttribute("aria-invalid"), null, "a correction is noticed");
  await button.click();
  assert.ok(await page.getByLabel("Password").evaluate((field) => field === document.activeElement));
  assert.equal(sent, 0);
});

step("what only the API can know stands at its field too", async () => {
  const { page } = person;
  await page.getByLabel("E-mail address").fill("a@b");
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Make an account" }).click();
  await page.locator("#email[aria-invalid]").waitFor();
  assert.match(String(await errorAt("E-mail address")), /^Enter an e-mail address/u);
  await person.signUp();
  await page.goto("/sign-up/");
  await person.fillSignUp();
  await page.locator("#email[aria-invalid]").waitFor();
  assert.match(String(await errorAt("E-mail address")), /an account with this address already/u);
});

step("signing out is honoured: the old cookie is worth nothing afterwards", async () => {
  const { page, context } = person;
  await page.goto("/");
  const cookies = await context.cookies();
  const session = cookies.find(({ name }) => name === "__Host-session");
  assert.ok(session?.httpOnly && session.secure && session.sameSite === "Lax");
  await page.getByRole("button", { name: "Sign out" }).click();
  await person.reads("You are signed out.");
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
  const headers = { cookie: `${session.name}=${session.value}` };
  const answer = await fetch(`${BASE_URL}/api/session`, { headers });
  assert.deepEqual(await answer.json(), { user: null });
  assert.equal((await fetch(`${BASE_URL}/api/orders`, { headers })).status, 401);
});

step("a private page leads to sign in and back, and a wrong password says no more than that", async () => {
  const { page } = person;
  await page.goto("/orders/");
  await page.waitForURL("/sign-in/?next=%2Forders%2F");
  const { password } = person;
  person.password = "not the right password";
  await person.signIn();
  await person.reads("The address and the password do not belong together.");
  person.password = password;
  await person.signIn();
  await page.waitForURL("/orders/");
  await person.reads("You have not ordered a ticket yet.");
});

step("another site's address is not followed after signing in", async () => {
  await person.page.goto(`/sign-in/?next=${encodeURIComponent("/x/..//elsewhere.example/")}`);
  await person.signIn();
  await person.page.waitForURL((url) => url.href === `${BASE_URL}/`);
});

step("a form whose session has ended is filled again after signing in", async () => {
  const { page, context } = person;
  await page.goto("/sell/");
  await page.getByLabel("Title").fill("Two for the ballet");
  await page.getByLabel("Amount").fill("45");
  await page.getByLabel("Credential").fill("SECRET-1");
  await context.clearCookies();
  await page.getByRole("button", { name: "List the ticket" }).click();
  await page.waitForURL(/\/sign-in\/\?next=%2Fsell%2F/u);
  const kept = await page.evaluate(() => JSON.stringify(sessionStorage));
  assert.ok(kept.includes("Two for the ballet") && !kept.includes("SECRET-1"));
  await person.signIn();
  await page.waitForURL("/sell/");
  await person.reads(/What you entered is still here/u);
  assert.equal(await page.getByLabel("Title").inputValue(), "Two for the ballet");
  assert.equal(await page.getByLabel("Amount").inputValue(), "45");
  assert.equal(await page.getByLabel("Credential").inputValue(), "");
});

step("what is wrong with a ticket stands at its field", async () => {
  const { page } = person;
  const button = page.getByRole("button", { name: "List the ticket" });
  await page.getByLabel("Title").fill("x".repeat(121));
  await page.getByLabel("Amount").fill("1,234.50");
  await page.getByLabel("Starts").fill("2020-01-01T00:00");
  await button.click();
  assert.equal(await errorAt("Title"), "Use at most 120 characters; these are 121.");
  assert.equal(await errorAt("Amount"), "Enter a number with at most 2 decimals.");
  assert.equal(await errorAt("Starts"), "This is in the past.");
  await page.getByLabel("Amount").fill("0,49");
  await button.click();
  assert.match(String(await errorAt("Amount")), /^From €0\.50 to €10,000\.00\./u);
  await page.getByLabel("Currency").selectOption("jpy");
  await page.getByLabel("Amount").fill("49.5");
  await button.click();
  assert.equal(await errorAt("Amount"), "Enter a number without decimals.");
  await person.screenshot("sell-errors-phone");
});

test("nothing went wrong on any page on the way", () => person.leave());
