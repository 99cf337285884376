// What comes by mail: an address that is confirmed, and a forgotten password. Mails are read where the edge of a laptop shows
// them instead of sending them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { linkIn, mailTo } from "./support/mails.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

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

const BROKEN = /^This link does not work/u;
const UNCONFIRMED = "Not confirmed yet";

/** Paths that were asked for with a token in them: none, ever. @param {Person} who @param {string} token */
function watchFor({ page }, token) {
  const leaks = /** @type {string[]} */ ([]);
  page.on("request", (request) => {
    const said = [request.url(), request.headers()["referer"] ?? ""];
    if (said.some((text) => text.includes(token))) leaks.push(request.url());
  });
  return leaks;
}

step("signing up brings a mail, whose link confirms the address, once and for all", async () => {
  const { page } = person;
  await person.signUp("/");
  await person.goToAccount();
  await person.reads(UNCONFIRMED);
  const link = linkIn(await mailTo(person.email), "/verify-email/");
  const token = String(link.split("#")[1]);
  const leaks = watchFor(person, token);
  await page.goto(link);
  await person.reads("Your address is confirmed.");
  assert.equal(new URL(page.url()).hash, "", "the token has left the address");
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })).then((kept) => kept.includes(token)), false);
  await person.screenshot("verify-email-done-phone");
  assert.deepEqual(await person.axeFindings(), []);
  await person.goToAccount();
  await person.reads("Confirmed");
  assert.equal(await page.getByText(UNCONFIRMED).isVisible(), false);
  await page.goto(link);
  await person.reads("Your address is confirmed.");
  assert.deepEqual(leaks, []);
});

step("a link that was cut off, or is nobody's, says so and where to get another", async () => {
  const { page } = person;
  await page.goto("/verify-email/");
  await person.reads(BROKEN);
  // The same page already: only what stands behind the # changes, and it is looked at all the same.
  await page.goto(`/verify-email/#${randomUUID()}.${"x".repeat(43)}`);
  await page.waitForURL("/verify-email/");
  await person.reads(BROKEN);
  await page.getByRole("main").getByRole("link", { name: "Your account" }).click();
  await page.waitForURL("/account/");
});

step("the mail is sent again, and the older link is worth nothing then", async () => {
  const other = await Person.arrive(browser, "Ben");
  const { page } = other;
  await page.goto("/de/sign-up/?next=%2Fde%2Faccount%2F");
  await page.getByLabel("E-Mail-Adresse").fill(other.email);
  await page.getByLabel("Passwort").fill(other.password);
  await page.getByRole("button", { name: "Konto anlegen" }).click();
  await other.reads("Noch nicht bestätigt");
  const first = await mailTo(other.email);
  await page.getByRole("button", { name: "Mail noch einmal senden" }).click();
  await other.reads("Die Mail ist unterwegs.");
  const second = await mailTo(other.email, { after: first });
  const [older, newer] = [first, second].map((mail) => linkIn(mail, "/de/verify-email/"));
  await page.goto(String(older));
  await other.reads(/^Dieser Link gilt nicht/u);
  await page.goto(String(newer));
  await page.waitForURL("/de/verify-email/");
  await other.reads("Ihre Adresse ist bestätigt.");
  // In the mail's own page the other language finds the token, too, and it is still the one that confirmed the address.
  await page.getByRole("contentinfo").getByRole("link", { name: "English" }).click();
  await page.waitForURL("/verify-email/");
  await other.reads("Your address is confirmed.");
  await other.leave();
});

step("a forgotten password is asked for from sign in, and the answer says nothing of who has an account", async () => {
  const { page } = elsewhere;
  await elsewhere.page.goto("/sign-in/?next=%2Forders%2F");
  await elsewhere.signIn();
  await elsewhere.reads("You have not ordered a ticket yet.");
  await person.page.getByRole("banner").getByRole("button", { name: "Sign out" }).click();
  await person.reads("You are signed out.");
  await person.page.getByRole("banner").getByRole("link", { name: "Sign in" }).click();
  await person.page.getByRole("link", { name: "Forgot your password?" }).click();
  await person.page.waitForURL("/forgot-password/");
  const said = [];
  for (const email of [`nobody-${randomUUID()}@example.org`, person.email]) {
    await person.page.getByLabel("E-mail address").fill(email);
    await person.page.getByRole("button", { name: "Send me a link" }).click();
    const notice = person.page.getByRole("status").filter({ hasText: email });
    await notice.waitFor();
    said.push(String(await notice.textContent()).replace(email, ""));
  }
  assert.equal(said[0], said[1]);
  await person.screenshot("forgot-password-sent-phone");
  assert.deepEqual(await person.axeFindings(), []);
  assert.equal(await page.getByRole("banner").getByRole("button", { name: "Sign out" }).isVisible(), true, "nothing has ended yet");
});

step("the link of the mail takes a new password, signs in, and ends all other sessions", async () => {
  const { page } = person;
  const link = linkIn(await mailTo(person.email, { about: "/reset-password/" }), "/reset-password/");
  const leaks = watchFor(person, String(link.split("#")[1]));
  await page.goto(link);
  const field = page.getByLabel("New password");
  await field.waitFor();
  assert.equal(new URL(page.url()).hash, "", "the token has left the address");
  assert.equal(await field.getAttribute("autocomplete"), "new-password");
  await field.fill("password1234");
  const button = page.getByRole("button", { name: "Set the password" });
  await button.click();
  await person.reads(/^This is too easily guessed/u);
  person.password = `a new beginning ${randomUUID()}`;
  await field.fill(person.password);
  await button.click();
  await page.waitForURL("/");
  await person.reads("Your new password is set, and you are signed in. Everywhere else you are signed out.");
  await page.getByRole("banner").getByRole("link", { name: "Your account: Ada" }).waitFor();
  await elsewhere.page.goto("/orders/");
  await elsewhere.page.waitForURL("/sign-in/?next=%2Forders%2F");
  await elsewhere.signIn();
  await elsewhere.reads("The address and the password do not belong together.");
  elsewhere.password = person.password;
  await elsewhere.signIn();
  await elsewhere.page.waitForURL("/orders/");
  assert.deepEqual(leaks, []);

  await page.goto(link);
  await page.getByLabel("New password").fill(`once more ${randomUUID()}`);
  await page.getByRole("button", { name: "Set the password" }).click();
  await person.reads(BROKEN);
  assert.ok(await page.evaluate(() => document.activeElement?.id === "broken"), "the focus goes where the form was");
  await person.screenshot("reset-password-broken-phone");
  assert.deepEqual(await person.axeFindings(), []);
  await page.getByRole("link", { name: "Ask for a new link" }).click();
  await page.waitForURL("/forgot-password/");
});

step("where no mail is set up, or too many were asked for, the page says so", async () => {
  const { page } = person;
  const headers = { "content-type": "application/problem+json" };
  const answers = /** @type {[object, RegExp][]} */ ([
    [{ status: 503, headers, body: JSON.stringify({ type: "mail-not-configured", status: 503 }) }, /^Mail is not set up here/u],
    [{ status: 429, headers: { ...headers, "retry-after": "600" }, body: JSON.stringify({ type: "too-many-tries", status: 429 }) }, /Wait 10 minutes/u],
    [{ status: 429, json: { message: "Too Many Requests" } }, /^That was a little too fast/u],
  ]);
  await page.goto("/forgot-password/");
  for (const [answer, said] of answers) {
    await page.route("**/api/password-reset", (route) => route.fulfill(answer));
    await page.getByLabel("E-mail address").fill(person.email);
    await page.getByRole("button", { name: "Send me a link" }).click();
    await page.getByRole("alert").filter({ hasText: said }).waitFor();
    await page.unroute("**/api/password-reset");
  }
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([person.leave(), elsewhere.leave()]);
});
