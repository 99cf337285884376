// A hold that runs out while somebody looks at it, or is about to pay. It takes as long as a hold does, so that it needs a
// stack whose holds, and the time for paying, are short: HOLDFAST_HOLD_SECONDS says so, and the countdown itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { goToCheckout, hold, payButton } from "./support/checkout.js";
import { HOLD_SECONDS } from "./support/settings.js";

const LONGEST_SECONDS = 60;
const skip = HOLD_SECONDS <= LONGEST_SECONDS ? false : `needs HOLDFAST_HOLD_SECONDS of at most ${LONGEST_SECONDS}`;

/** The Scheduler is exact to a minute, and the sweep comes once a minute. */
const UNTIL_CLOSED_MS = (HOLD_SECONDS + 150) * 1_000;

const RAN_OUT = "The time ran out, and the ticket is on the market again. Nothing was charged.";

test("the countdown ends, the order closes by itself and the ticket is listed again", { skip }, async () => {
  const browser = await launch();
  try {
    const [seller, buyer] = await Promise.all([Person.arrive(browser, "Sam Seller"), Person.arrive(browser, "Bo Buyer")]);
    await seller.signUp("/sell/");
    const ticket = await seller.listTicket("Early bird, balcony");
    const { page } = buyer;
    await buyer.signUp(ticket);
    await page.getByRole("button", { name: "Hold this ticket" }).click();
    await page.getByRole("timer").waitFor();
    await page.locator("[role=timer][data-low]").waitFor();
    await buyer.screenshot("order-low-phone");
    await page.getByRole("timer").waitFor({ state: "hidden", timeout: UNTIL_CLOSED_MS });
    assert.equal(await page.locator("#cancel").isVisible(), false);
    const outcome = page.getByText(RAN_OUT);
    await outcome.filter({ visible: true }).first().waitFor({ timeout: UNTIL_CLOSED_MS });
    await buyer.screenshot("order-run-out-phone");
    await buyer.looksUntil(ticket, page.getByRole("button", { name: "Hold this ticket" }));
    await Promise.all([seller.leave(), buyer.leave()]);
  } finally {
    await browser.close();
  }
});

test("at the till the form goes when the time is up, and nothing is charged", { skip }, async (context) => {
  const browser = await launch();
  try {
    const [seller, buyer] = await Promise.all([Person.arrive(browser, "Sam Seller"), Person.arrive(browser, "Bo Buyer")]);
    await seller.signUp("/sell/");
    const ticket = await seller.listTicket("Matinee, stalls");
    const { page } = buyer;
    await buyer.signUp();
    await hold(buyer, ticket);
    await goToCheckout(buyer);
    const [minutes = 0, seconds = 0] = String(await page.getByRole("timer").textContent()).split(":").map(Number);
    const left = minutes * 60 + seconds;
    if (left > LONGEST_SECONDS) {
      context.skip(`needs a stack on which paying may take at most ${LONGEST_SECONDS} seconds, not ${left}`);
      return;
    }
    await payButton(buyer).waitFor({ state: "hidden", timeout: UNTIL_CLOSED_MS });
    await buyer.reads("Your time is up. The ticket is being listed again.");
    await buyer.screenshot("checkout-time-up-phone");
    await page.getByText(RAN_OUT).filter({ visible: true }).first().waitFor({ timeout: UNTIL_CLOSED_MS });
    await page.getByRole("heading", { name: "Nothing to pay" }).waitFor();
    assert.deepEqual(await buyer.axeFindings(), []);
    await buyer.screenshot("checkout-run-out-phone");
    await page.getByRole("link", { name: "See the order" }).click();
    await buyer.reads(RAN_OUT);
    await buyer.looksUntil(ticket, page.getByRole("button", { name: "Hold this ticket" }));
    await Promise.all([seller.leave(), buyer.leave()]);
  } finally {
    await browser.close();
  }
});
