// The screenshots in docs/, taken of a running stack with its demo market: npm run screenshots.

import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";

import { DESKTOP, PHONE, Person, launch, rendered } from "./support/browser.js";
import { CARDS, enterCard, goToCheckout, hold, payButton, seesReceipt } from "./support/checkout.js";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots", import.meta.url));

/** @param {Person} person @param {string} name */
async function shoot({ page }, name) {
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: `${FOLDER}/${name}.png` });
}

/** @param {Person} person @param {string} path @param {string} name */
async function visit(person, path, name) {
  await person.page.goto(path);
  await shoot(person, name);
}

const browser = await launch();
const seller = await Person.arrive(browser, "Mara", { viewport: DESKTOP });
const buyer = await Person.arrive(browser, "Jo");
await seller.signUp("/sell/");
const title = "Organ recital by candlelight, nave, seat 12";
const ticket = await seller.listTicket(title);
await rendered("/", (html) => html.includes(title));

await visit(buyer, "/", "catalogue-phone");
await buyer.page.emulateMedia({ colorScheme: "dark" });
await visit(buyer, "/", "catalogue-phone-dark");
await buyer.page.emulateMedia({ colorScheme: "light" });
await buyer.signUp("/");
await buyer.page.goto(ticket);
await buyer.page.getByRole("button", { name: "Hold this ticket" }).waitFor();
await shoot(buyer, "ticket-phone");
await hold(buyer, ticket);
await shoot(buyer, "order-phone");
await goToCheckout(buyer);
await buyer.page.screenshot({ path: `${FOLDER}/checkout-phone.png`, fullPage: true });
await enterCard(buyer, CARDS.declined);
await payButton(buyer).click();
await buyer.reads(/declined/u);
await shoot(buyer, "checkout-declined-phone");
await enterCard(buyer, CARDS.pays);
await payButton(buyer).click();
await seesReceipt(buyer);
await shoot(buyer, "receipt-phone");
await visit(buyer, "/orders/", "orders-phone");
await buyer.page.setViewportSize(DESKTOP);
await buyer.page.emulateMedia({ colorScheme: "dark" });
await buyer.page.goBack();
await buyer.reads("It is paid, and the ticket is yours.");
await shoot(buyer, "receipt-desktop-dark");
await buyer.page.emulateMedia({ colorScheme: "light" });

await visit(seller, "/", "catalogue-desktop");
await visit(seller, "/de/search/?sort=soonest", "search-german-desktop");
await visit(seller, "/my-tickets/", "my-tickets-desktop");
await seller.goToAccount();
await seller.page.screenshot({ path: `${FOLDER}/account-desktop.png`, fullPage: true });
await seller.page.goto("/sell/");
await seller.page.getByLabel("Title").fill("Two for the lighthouse tour, Saturday noon");
await seller.page.getByLabel("Amount").fill("18");
await seller.page.getByLabel("Venue").fill("North Pier");
await seller.page.getByLabel("Starts").fill("2031-05-04T12:00");
await shoot(seller, "sell-desktop");
await visit(seller, ticket, "ticket-sold-desktop");
await visit(seller, "/about/", "about-desktop");
await seller.page.setViewportSize(PHONE);
await visit(seller, `/no/such/page/${randomUUID()}/`, "missing-phone");
await browser.close();
