// One's own account: where it is signed in, its password, what is kept about it.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

/** More than the API hands out at once. */
const TICKETS = 27;

/** @type {Browser} */
let browser;
/** @type {Person} */
let person;
/** The same person at another browser. @type {Person} */
let elsewhere;

before(async () => {
  browser = await launch();
  person = await Person.arrive(browser, "Ada");
  elsewhere = await person.elsewhere(browser);
});
after(() => browser?.close());

const step = story(() => [person, elsewhere]);

const main = () => person.page.getByRole("main");

/** A part of the page. @param {string} name */
const part = (name) => main().getByRole("region", { name });

/** @param {Person} who */
async function signInElsewhere(who) {
  await who.page.goto("/sign-in/?next=%2Forders%2F");
  await who.signIn();
  await who.reads("You have not ordered a ticket yet.");
}

step("the page asks to sign in first, and is reached by one's name in the head of every page", async () => {
  const { page } = person;
  await page.goto("/account/");
  await page.waitForURL("/sign-in/?next=%2Faccount%2F");
  await person.signUp("/");
  const link = page.getByRole("banner").getByRole("link", { name: "Your account: Ada" });
  await link.click();
  await page.waitForURL("/account/");
  await part("About you").getByText(person.email).waitFor();
  assert.equal(await link.getAttribute("aria-current"), "page");
});

step("every session is listed with its browser, and one of them is ended", async () => {
  await signInElsewhere(elsewhere);
  await person.goToAccount();
  const sessions = part("Where you are signed in");
  const rows = sessions.getByRole("listitem");
  assert.equal(await rows.count(), 2);
  const own = rows.filter({ has: person.page.getByText("This browser").filter({ visible: true }) });
  assert.equal(await own.count(), 1);
  assert.equal(await own.getByRole("button").count(), 0, "one's own session ends in the head of the page");
  await rows.getByRole("button", { name: /^Sign out Chrome on Linux, signed in .*20\d\d/u }).click();
  await sessions.getByText("That browser is signed out.").waitFor();
  assert.equal(await rows.count(), 1);
  assert.equal(await person.page.evaluate(() => document.activeElement?.textContent), "Where you are signed in");
  assert.deepEqual(await person.axeFindings(), []);
  await person.screenshot("account-session-ended-phone");
  await elsewhere.page.goto("/orders/");
  await elsewhere.page.waitForURL("/sign-in/?next=%2Forders%2F");
});

step("what is wrong with a new password stands at its field, and nothing is changed", async () => {
  await person.goToAccount();
  const password = part("Password");
  const [current, next] = [password.getByLabel("Current password"), password.getByLabel("New password")];
  const change = password.getByRole("button", { name: "Change the password" });
  await change.click();
  assert.deepEqual(await password.locator(".field-error:visible").allTextContents(), ["Fill this in.", "Fill this in."]);
  await current.fill("not the right password");
  await next.fill("eleven char");
  await change.click();
  await password.getByText("Use at least 12 characters.").waitFor();
  await next.fill("password1234");
  await change.click();
  await password.getByText(/^This is too easily guessed/u).waitFor();
  await next.fill(`long enough ${randomUUID()}`);
  await change.click();
  await password.getByText("This is not your password.").waitFor();
  assert.ok(await current.evaluate((field) => field === document.activeElement));
  await person.screenshot("account-password-wrong-phone");
  assert.deepEqual(await person.axeFindings(), []);
});

step("a password can be pasted whole, and whatever keeps passwords is told whose it is", async () => {
  const { page, context } = person;
  const fields = await part("Password").locator("input").evaluateAll((inputs) =>
    inputs.map((input) => [input.getAttribute("type"), input.getAttribute("autocomplete"), input.getAttribute("maxlength"), input.getAttribute("value")]),
  );
  assert.deepEqual(fields, [
    ["text", "username", null, person.email],
    ["password", "current-password", null, null],
    ["password", "new-password", null, null],
  ]);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const pasted = `  spaces stay ${randomUUID()}  `;
  await page.evaluate((text) => navigator.clipboard.writeText(text), pasted);
  const next = part("Password").getByLabel("New password");
  await next.fill("");
  await next.focus();
  await page.keyboard.press("Control+V");
  assert.equal(await next.inputValue(), pasted);
});

step("a changed password signs out everywhere else, and only the new one signs in", async () => {
  await signInElsewhere(elsewhere);
  await person.goToAccount();
  const password = part("Password");
  const rows = part("Where you are signed in").getByRole("listitem");
  assert.equal(await rows.count(), 2);
  const next = `quite another one ${randomUUID()}`;
  await password.getByLabel("Current password").fill(person.password);
  await password.getByLabel("New password").fill(next);
  await password.getByRole("button", { name: "Change the password" }).click();
  await password.getByText("Your password is changed. Everywhere else you are signed out.").waitFor();
  assert.equal(await password.getByLabel("Current password").inputValue(), "");
  assert.equal(await rows.count(), 1);
  await elsewhere.page.goto("/orders/");
  await elsewhere.page.waitForURL("/sign-in/?next=%2Forders%2F");
  await elsewhere.signIn();
  await elsewhere.reads("The address and the password do not belong together.");
  person.password = elsewhere.password = next;
  await signInElsewhere(elsewhere);
});

step("the export is one file with everything, however many pages the API makes of it", async () => {
  const { page } = person;
  await page.evaluate(async (count) => {
    for (let number = 1; number <= count; number += 1) {
      const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
      const body = JSON.stringify({ title: `Choir ${number}`, price: { amount: 900, currency: "eur" }, credential: `CODE-${number}` });
      const answer = await fetch("/api/tickets", { method: "POST", headers, body });
      if (answer.status !== 201) throw new Error(await answer.text());
    }
  }, TICKETS);
  await person.goToAccount();
  const asked = /** @type {string[]} */ ([]);
  page.on("request", (request) => {
    if (request.url().includes("/api/me/export")) asked.push(request.url());
  });
  const downloaded = page.waitForEvent("download");
  const data = part("Your data");
  await data.getByRole("button", { name: "Download my data" }).click();
  const download = await downloaded;
  assert.match(download.suggestedFilename(), /^holdfast-\d{4}-\d\d-\d\d\.json$/u);
  await data.getByText(`Your data is in the file ${download.suggestedFilename()}.`).waitFor();
  const { account, tickets, orders } = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.equal(account.email, person.email);
  const found = new Set(tickets.map((/** @type {any} */ ticket) => ticket.credential));
  assert.deepEqual([tickets.length, found.size, orders.length], [TICKETS, TICKETS, 0]);
  assert.ok(asked.length >= 3, `${asked}`);
});

step("an export that breaks off leaves no half file, and says so", async () => {
  const { page } = person;
  await person.goToAccount();
  await page.route("**/api/me/export?*", (route) => route.fulfill({ status: 429, json: { message: "Too Many Requests" } }));
  let files = 0;
  page.on("download", () => (files += 1));
  await part("Your data").getByRole("button", { name: "Download my data" }).click();
  await part("Your data").getByRole("alert").filter({ hasText: "That was a little too fast." }).waitFor();
  assert.equal(files, 0);
  await page.unroute("**/api/me/export?*");
});

step("too many tries say how long to wait", async () => {
  const { page } = person;
  const body = JSON.stringify({ type: "too-many-tries", title: "Too many tries", status: 429, detail: "Wait a while and try again." });
  const headers = { "content-type": "application/problem+json", "retry-after": "840" };
  await page.route("**/api/password", (route) => route.fulfill({ status: 429, headers, body }));
  const password = part("Password");
  await password.getByLabel("Current password").fill(person.password);
  await password.getByLabel("New password").fill(`one more ${randomUUID()}`);
  await password.getByRole("button", { name: "Change the password" }).click();
  await password.getByRole("alert").filter({ hasText: "Too many tries. Wait 14 minutes and try again." }).waitFor();
  await page.unroute("**/api/password");
});

step("signing out everywhere asks first, and leaves nothing behind in the browser", async () => {
  const { page } = person;
  await person.goToAccount();
  await page.evaluate(() => localStorage.setItem("holdfast.order-key.t1", "somebody a-key"));
  const everywhere = part("Where you are signed in").getByRole("button", { name: "Sign out everywhere" });
  await everywhere.click();
  const dialog = page.getByRole("dialog", { name: "Sign out everywhere?" });
  await dialog.getByRole("button", { name: "Stay signed in" }).click();
  await dialog.waitFor({ state: "hidden" });
  assert.equal((await page.request.get("/api/orders")).status(), 200, "nothing has ended yet");
  await everywhere.click();
  await person.screenshot("account-everywhere-phone");
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.waitForURL("/");
  await person.reads("You are signed out everywhere.");
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  for (const { page: other } of [person, elsewhere]) assert.equal((await other.request.get("/api/orders")).status(), 401);
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([person.leave(), elsewhere.leave()]);
});
