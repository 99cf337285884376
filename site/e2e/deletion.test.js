// The end of an account: what is asked before, and what is left of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

/** @type {Browser} */
let browser;
/** @type {Person} */
let person;
/** @type {Person} */
let reader;
let ticket = "";

before(async () => {
  browser = await launch();
  [person, reader] = await Promise.all([Person.arrive(browser, "Ada"), Person.arrive(browser, "Somebody")]);
  await person.signUp("/sell/");
  ticket = await person.listTicket("Quartet, the last one of the season");
});
after(() => browser?.close());

const step = story(() => [person, reader]);

const deletion = () => person.page.getByRole("main").getByRole("region", { name: "Delete the account" });
const dialog = () => person.page.getByRole("dialog", { name: "Delete your account?" });

step("the page says what goes and what stays, and asks for the password", async () => {
  await person.goToAccount();
  await deletion().getByText(/At once nobody can sign in any more.*the address is free/u).waitFor();
  await deletion().getByText(/What was paid for.*keep your receipts and codes first/u).waitFor();
  await deletion().getByRole("button", { name: "Delete my account" }).click();
  await deletion().getByText("Fill this in.").waitFor();
  assert.equal(await dialog().isVisible(), false);
});

step("whoever thinks twice, or has not the password, deletes nothing", async () => {
  const { page } = person;
  const button = deletion().getByRole("button", { name: "Delete my account" });
  await deletion().getByLabel("Password").fill("not the right password");
  await button.click();
  await person.screenshot("account-deletion-phone");
  await dialog().getByRole("button", { name: "Keep my account" }).click();
  await dialog().waitFor({ state: "hidden" });
  assert.equal(await deletion().getByLabel("Password").getAttribute("aria-invalid"), null);
  await button.click();
  await dialog().getByRole("button", { name: "Delete it for good" }).click();
  await deletion().getByText("This is not your password.").waitFor();
  assert.deepEqual(await person.axeFindings(), []);
  assert.equal((await page.request.get("/api/me/tickets")).status(), 200);
});

step("a deleted account signs nobody in, leaves nothing in the browser, and its address is free", async () => {
  const { page, context } = person;
  await page.evaluate(() => localStorage.setItem("holdfast.order-key.t1", "somebody a-key"));
  await deletion().getByLabel("Password").fill(person.password);
  await deletion().getByRole("button", { name: "Delete my account" }).click();
  await dialog().getByRole("button", { name: "Delete it for good" }).click();
  await page.waitForURL("/");
  await person.reads("Your account is deleted. What belongs to it goes within minutes.");
  await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), []);
  assert.deepEqual((await context.cookies()).map(({ name }) => name), []);
  await page.goto("/sign-in/");
  await person.signIn();
  await person.reads("The address and the password do not belong together.");
  await reader.looksUntil(ticket, reader.page.getByText(/seller has taken this ticket back|There is no page here/u).filter({ visible: true }).first());
  await person.signUp("/my-tickets/");
  await person.reads("You have not listed a ticket yet.");
});

test("nothing went wrong on any page on the way", async () => {
  reader.expected.push(ticket);
  await Promise.all([person.leave(), reader.leave()]);
});
