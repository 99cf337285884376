// Paying in the browser, with the cards that Stripe has for trying things out.

/** @import { Person } from "./browser.js" */

export const CARDS = {
  pays: "4242 4242 4242 4242",
  declined: "4000 0000 0000 0002",
  asksTheBank: "4000 0025 0000 3155",
};

/**
 * Holds a ticket and ends at the order's page; answers that page's path.
 * @param {Person} person
 * @param {string} ticket
 */
export async function hold({ page }, ticket) {
  await page.goto(ticket);
  await page.getByRole("button", { name: "Hold this ticket" }).click();
  await page.waitForURL(/\/order\/\?id=/u);
  await page.getByRole("timer").waitFor();
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}

/** Goes from the order's page to checkout and waits for the fields. @param {Person} person */
export async function goToCheckout({ page }) {
  await page.getByRole("main").getByRole("link", { name: /^Pay / }).click();
  await page.waitForURL(/\/checkout\/\?order=/u);
  await page.getByLabel("Card number").waitFor();
}

/** @param {Person} person @param {string} number */
export async function enterCard({ page }, number) {
  await page.getByLabel("Card number").fill(number);
  await page.getByLabel("Expiry").fill("12 / 34");
  await page.getByLabel("Security code").fill("123");
}

/** The button of the form; while something is under way it says so instead. @param {Person} person */
export const payButton = ({ page }) => page.getByRole("main").getByRole("button", { name: /^(Pay|Finish) / });

/** Waits for the receipt. @param {Person} person */
export async function seesReceipt(person) {
  await person.page.waitForURL(/\/order\/\?id=/u);
  await person.reads("It is paid, and the ticket is yours.");
}
