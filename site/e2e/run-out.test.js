// A hold that runs out while somebody looks at it. It takes as long as a hold does, so that it needs a stack whose
// holds are short: HOLDFAST_HOLD_SECONDS says so.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Person, launch } from "./support/browser.js";
import { HOLD_SECONDS } from "./support/settings.js";

const LONGEST_SECONDS = 60;
const skip = HOLD_SECONDS <= LONGEST_SECONDS ? false : `needs HOLDFAST_HOLD_SECONDS of at most ${LONGEST_SECONDS}`;

/** The Scheduler is exact to a minute, and the sweep comes once a minute. */
const UNTIL_CLOSED_MS = (HOLD_SECONDS + 150) * 1_000;

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
    const outcome = page.getByText("The time ran out, and the ticket is on the market again. Nothing was charged.");
    await outcome.filter({ visible: true }).first().waitFor({ timeout: UNTIL_CLOSED_MS });
    await buyer.screenshot("order-run-out-phone");
    await buyer.looksUntil(ticket, page.getByRole("button", { name: "Hold this ticket" }));
    await Promise.all([seller.leave(), buyer.leave()]);
  } finally {
    await browser.close();
  }
});
