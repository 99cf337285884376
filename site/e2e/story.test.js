// Three accounts play a ticket through: listed, held, refused to the others, let go, listed again.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { DESKTOP, Person, launch } from "./support/browser.js";
import { BASE_URL } from "./support/settings.js";
import { story } from "./support/story.js";

/** @import { Browser } from "playwright-core" */

const title = `Opera, row 3, seat ${randomUUID().slice(0, 8)}`;
const HOLD = { name: "Hold this ticket" };

/** @type {Browser} */
let browser;
/** @type {Person} */
let seller;
/** @type {Person} */
let buyer;
/** @type {Person} */
let late;
let ticket = "";

before(async () => {
  browser = await launch();
  [seller, buyer, late] = await Promise.all([
    Person.arrive(browser, "Sam Seller"),
    Person.arrive(browser, "Bo Buyer", { viewport: DESKTOP }),
    Person.arrive(browser, "Lee Late", { colorScheme: "dark" }),
  ]);
});
after(() => browser?.close());

const step = story(() => [seller, buyer, late]);

/**
 * Presses the button on a page that has not heard yet that the ticket is taken, and is told so.
 * @param {Person} person
 */
async function pressesLate(person) {
  const { page } = person;
  const api = `**/api/tickets/${ticket.slice(-37, -1)}`;
  const answer = await (await fetch(new URL(`/api/tickets/${ticket.slice(-37, -1)}`, BASE_URL))).json();
  await page.route(api, (route) => route.fulfill({ json: { ...answer, state: "listed" } }));
  await page.goto(ticket);
  await page.getByRole("button", HOLD).click();
  await person.reads(/Another buyer was faster/u);
  await page.unroute(api);
}

step("the seller signs up and lists a ticket", async () => {
  await seller.signUp("/sell/");
  ticket = await seller.listTicket(title);
  await seller.reads("Your ticket is listed.");
  await seller.screenshot("my-tickets-listed-phone");
});

step("a guest finds it in the catalogue", async () => {
  const { page } = late;
  await page.goto("/");
  await page.getByRole("searchbox").fill(title.slice(-8));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\/\?q=/u);
  const link = page.getByRole("link", { name: title, exact: true });
  await late.looksUntil(page.url(), link);
  await link.click();
  await page.getByRole("heading", { name: title }).waitFor();
  await late.reads("€12.50");
});

step("holding asks a guest to sign in, and comes back", async () => {
  const { page } = late;
  await page.getByRole("button", HOLD).click();
  await page.waitForURL(/\/sign-in\/\?next=/u);
  await page.getByRole("main").getByRole("link", { name: "Sign up" }).click();
  await page.waitForURL(/\/sign-up\/\?next=/u);
  await late.fillSignUp();
  await page.waitForURL(`**${ticket}`);
  await page.getByRole("button", HOLD).waitFor();
});

step("sellers do not buy from themselves, and are told", async () => {
  await seller.page.goto(ticket);
  await seller.page.getByRole("button", HOLD).click();
  await seller.reads(/This is your own ticket/u);
  await seller.page.getByRole("link", { name: "See my tickets" }).waitFor();
});

step("the buyer holds it, with two clicks for one order, and the countdown runs", async () => {
  const { page } = buyer;
  await buyer.signUp(ticket);
  await page.getByRole("button", HOLD).dblclick();
  await page.waitForURL(/\/order\/\?id=/u);
  const timer = page.getByRole("timer", { name: "Time left" });
  await timer.waitFor();
  const earlier = await timer.textContent();
  await page.waitForFunction((text) => document.querySelector("[role=timer]")?.textContent !== text, earlier);
  const [minutes, seconds] = String(await timer.textContent()).split(":").map(Number);
  assert.ok(Number(minutes) * 60 + Number(seconds) > 0);
  await buyer.screenshot("order-held-desktop");
  const address = page.url();
  await page.reload();
  await timer.waitFor();
  const way = page.getByRole("link", { name: "Go to your order" });
  await buyer.looksUntil(ticket, way);
  await way.click();
  await page.waitForURL(address);
});

step("the two clicks have made one order", async () => {
  await buyer.page.goto("/orders/");
  await buyer.page.getByText("1 order", { exact: true }).waitFor();
  await buyer.reads("Held for you");
  await buyer.page.getByRole("link", { name: title }).click();
});

step("whoever comes second is refused with the reason", async () => {
  await pressesLate(late);
  assert.equal(await late.page.getByRole("button", HOLD).isVisible(), false);
  await late.screenshot("ticket-refused-phone-dark");
  assert.deepEqual(await late.axeFindings(), []);
});

step("the seller sees it held and cannot change it", async () => {
  await seller.page.goto("/my-tickets/");
  await seller.reads("Held");
  assert.equal(await seller.page.getByRole("link", { name: `Change ${title}` }).isVisible(), false);
});

step("somebody else's order is not there", async () => {
  await late.page.goto(buyer.page.url());
  await late.page.getByRole("heading", { name: "This order is not here" }).waitFor();
});

step("the buyer thinks twice, then cancels, and it is listed again", async () => {
  const { page } = buyer;
  const cancel = page.getByRole("main").locator("#cancel");
  const dialog = page.getByRole("dialog", { name: "Cancel this order?" });
  await cancel.click();
  await dialog.waitFor();
  await buyer.screenshot("order-cancel-dialog-desktop");
  await dialog.getByRole("button", { name: "Keep holding it" }).click();
  await dialog.waitFor({ state: "hidden" });
  await cancel.click();
  await dialog.getByRole("button", { name: "Cancel the order" }).click();
  await buyer.reads(/You cancelled this order/u);
  assert.equal(await page.getByRole("timer").isVisible(), false);
  await page.reload();
  await buyer.reads(/You cancelled this order/u);
  await buyer.screenshot("order-cancelled-desktop");
  await page.getByRole("link", { name: "See the ticket" }).click();
  await page.waitForURL(`**${ticket}`);
  await buyer.looksUntil(ticket, page.getByRole("button", HOLD));
});

step("now the second buyer gets it, and the first is refused", async () => {
  await late.looksUntil(ticket, late.page.getByRole("button", HOLD));
  await late.page.getByRole("button", HOLD).click();
  await late.page.waitForURL(/\/order\/\?id=/u);
  await late.page.getByRole("timer").waitFor();
  await late.screenshot("order-held-phone-dark");
  await pressesLate(buyer);
  await late.page.locator("#cancel").click();
  await late.page.getByRole("dialog").getByRole("button", { name: "Cancel the order" }).click();
  await late.reads(/You cancelled this order/u);
});

step("the seller changes it, credential and all, and then deletes it", async () => {
  const { page } = seller;
  await page.goto("/my-tickets/");
  await page.getByRole("link", { name: `Change ${title}` }).click();
  await page.getByRole("heading", { name: "Change your ticket" }).waitFor();
  await page.getByLabel("Amount").waitFor();
  assert.equal(await page.getByLabel("Amount").inputValue(), "12.50");
  assert.equal(await page.getByLabel("Credential").inputValue(), "GATE-7-0042");
  assert.equal(await page.getByLabel("Starts").inputValue(), "2031-05-04T19:30");
  assert.equal(await page.getByLabel("Description").inputValue(), "One seat.\nWith a good view.");
  await page.getByLabel("Amount").fill("9.9");
  await page.getByRole("button", { name: "Save the changes" }).click();
  await page.waitForURL("/my-tickets/");
  await seller.reads("€9.90");
  await page.getByRole("button", { name: `Delete ${title}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete it" }).click();
  await seller.reads("The ticket is deleted.");
  seller.expected.push(ticket);
  await seller.looksUntil(ticket, page.getByRole("heading", { name: "There is no page here" }));
});

test("nothing went wrong on any page on the way", async () => {
  await Promise.all([seller.leave(), buyer.leave(), late.leave()]);
});
