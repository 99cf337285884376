// Buying with the keyboard alone, and what a screen reader is told on the way.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Person, launch, rendered } from "./support/browser.js";
import { CARDS } from "./support/checkout.js";
import { story } from "./support/story.js";

/** @import { Browser, Locator } from "playwright-core" */

const title = `Harp, salon, chair ${randomUUID().slice(0, 8)}`;
/** Links and fields of a whole page of the catalogue, and some. */
const MOST_STEPS = 120;

/** @type {Browser} */
let browser;
/** @type {Person} */
let seller;
/** @type {Person} */
let buyer;
let ticket = "";

before(async () => {
  browser = await launch();
  [seller, buyer] = await Promise.all([Person.arrive(browser, "Sam Seller"), Person.arrive(browser, "Bo Buyer")]);
  await seller.signUp("/sell/");
  ticket = await seller.listTicket(title);
  await rendered("/", (html) => html.includes(title));
});
after(() => browser?.close());

const step = story(() => [buyer]);

/** Presses Tab until the focus is there, which must be seen. @param {Locator} target */
async function tabTo(target) {
  const { page } = buyer;
  await target.waitFor();
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) {
      const outline = await target.evaluate((element) => getComputedStyle(element).outlineStyle);
      assert.notEqual(outline, "none", "the focus is seen");
      return;
    }
  }
  throw new Error(`the keyboard does not reach ${target}`);
}

/** @param {Locator} target */
async function press(target) {
  await tabTo(target);
  await buyer.page.keyboard.press("Enter");
}

/** @param {Locator} field @param {string} text */
async function type(field, text) {
  await tabTo(field);
  await buyer.page.keyboard.type(text);
}

step("from the first page to a ticket, and to an account", async () => {
  const { page } = buyer;
  await page.goto("/");
  await press(page.getByRole("link", { name: title }));
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  await press(page.getByRole("button", { name: "Hold this ticket" }));
  await page.waitForURL(/\/sign-in\/\?next=/u);
  await press(page.getByRole("main").getByRole("link", { name: "Sign up" }));
  await page.waitForURL(/\/sign-up\/\?next=/u);
  await type(page.getByLabel("E-mail address"), buyer.email);
  await type(page.getByLabel("Name"), buyer.name);
  await type(page.getByLabel("Password"), buyer.password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/tickets/*${ticket.slice(-37)}`);
});

step("a ticket's page reads in order: what, when, where, by whom, how much, and what can be done", async () => {
  const { page } = buyer;
  await page.getByRole("button", { name: "Hold this ticket" }).waitFor();
  const tree = await page.getByRole("main").ariaSnapshot();
  const order = ["For sale", `heading "${title}" [level=1]`, "When", "Where", "Great Hall", "Sold by", "Sam Seller", "€12.50", 'button "Hold this ticket"'];
  let at = 0;
  for (const part of order) {
    const found = tree.indexOf(part, at);
    assert.ok(found >= at, `${part} comes after what is before it:\n${tree}`);
    at = found;
  }
});

step("holding, and thinking twice about giving it back", async () => {
  const { page } = buyer;
  await press(page.getByRole("button", { name: "Hold this ticket" }));
  await page.waitForURL(/\/order\/\?id=/u);
  await page.getByRole("timer", { name: "Time left" }).waitFor();
  const tree = await page.getByRole("main").ariaSnapshot();
  assert.match(tree, /timer "Time left"/u);
  await press(page.getByRole("button", { name: "Cancel the order" }));
  const dialog = page.getByRole("dialog", { name: "Cancel this order?" });
  await dialog.waitFor();
  assert.ok(await dialog.evaluate((element) => element.contains(document.activeElement)), "the question has the focus");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("timer").waitFor();
  assert.match(String(await page.evaluate(() => document.activeElement?.textContent)), /Cancel the order/u, "the focus comes back");
});

step("paying, with an answer that is read out where it is", async () => {
  const { page } = buyer;
  await page.getByRole("heading", { level: 1 }).evaluate(() => document.getElementById("main")?.focus());
  await press(page.getByRole("main").getByRole("link", { name: /^Pay / }));
  await page.waitForURL(/\/checkout\/\?order=/u);
  await type(page.getByLabel("Card number"), CARDS.declined);
  await type(page.getByLabel("Expiry"), "1234");
  await type(page.getByLabel("Security code"), "123");
  await press(page.getByRole("main").getByRole("button", { name: /^Pay / }));
  await page.getByRole("alert").filter({ hasText: "declined" }).waitFor();
  await page.keyboard.press("Shift+Tab");
  const number = page.getByLabel("Card number");
  for (let steps = 0; steps < MOST_STEPS && !(await number.evaluate((field) => field === document.activeElement)); steps += 1) {
    await page.keyboard.press("Shift+Tab");
  }
  await page.keyboard.press("Control+A");
  await page.keyboard.type(CARDS.pays);
  await press(page.getByRole("main").getByRole("button", { name: /^Pay / }));
  await page.waitForURL(/\/order\/\?id=/u);
  await buyer.reads("It is paid, and the ticket is yours.");
  await page.getByRole("region", { name: "Your ticket" }).getByText("GATE-7-0042").waitFor();
});

step("the account, its password, and out of everywhere", async () => {
  const { page } = buyer;
  await press(page.getByRole("banner").getByRole("link", { name: "Your account: Bo Buyer" }));
  await page.waitForURL("/account/");
  await page.getByText(buyer.email).waitFor();
  await type(page.getByLabel("Current password"), buyer.password);
  await type(page.getByLabel("New password"), `typed by hand ${randomUUID()}`);
  await page.keyboard.press("Enter");
  const done = page.getByRole("status").filter({ hasText: "Your password is changed." });
  await done.waitFor();
  const everywhere = page.getByRole("main").getByRole("button", { name: "Sign out everywhere" });
  await press(everywhere);
  const dialog = page.getByRole("dialog", { name: "Sign out everywhere?" });
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  assert.ok(await everywhere.evaluate((button) => button === document.activeElement), "the focus comes back");
  await page.keyboard.press("Enter");
  await press(dialog.getByRole("button", { name: "Sign out everywhere" }));
  await buyer.reads("You are signed out everywhere.");
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([seller.leave(), buyer.leave()]);
});
