// A browser and the people who use it. Everybody has a context of their own: cookies, storage, size of the window.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { BASE_URL, SCREENSHOTS, chromiumPath } from "./settings.js";

/** @import { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core" */

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1280, height: 900 };

/** Long enough for a local stack under load: its emulator starts processes when a function is called for the first time. */
const PATIENCE_MS = 30_000;

/** How long a look at a page lasts, and how many there are, for what comes after some seconds. */
const LOOK_MS = 3_000;
const MOST_LOOKS = 15;

export const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Every launch has a new folder for its profile; the client sees to that. @returns {Promise<Browser>} */
export const launch = () => chromium.launch({ executablePath: chromiumPath(), headless: true, args: FLAGS });

/** An address at which there is no page. */
export const NO_PAGE = "/no/such/page/";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export class Person {
  /** @param {BrowserContext} context @param {Page} page @param {string[]} faults @param {string} name */
  constructor(context, page, faults, name) {
    this.name = name;
    this.context = context;
    this.page = page;
    /** Errors on the console, exceptions, and what the Content-Security-Policy has stopped. */
    this.faults = faults;
    /** Paths that are missing on purpose. @type {string[]} */
    this.expected = [NO_PAGE];
    this.email = `e2e-${randomUUID()}@example.org`;
    this.password = `long enough ${randomUUID()}`;
  }

  /** @param {Browser} browser @param {string} name @param {BrowserContextOptions} [options] */
  static async arrive(browser, name, options = {}) {
    const context = await browser.newContext({ baseURL: BASE_URL, viewport: PHONE, locale: "en-GB", ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    /** @type {string[]} */
    const faults = [];
    await context.exposeFunction("reportViolation", (/** @type {string} */ what) => faults.push(`policy: ${what}`));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        const report = /** @type {any} */ (globalThis).reportViolation;
        report(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
      });
    });
    const person = new Person(context, await context.newPage(), faults, name);
    context.on("weberror", (error) => faults.push(`exception: ${error.error()}`));
    context.on("console", (message) => {
      const { url } = message.location();
      if (message.type() === "error" && !isExpected(message.text(), url, person.expected)) {
        faults.push(`console: ${message.text()} (${url})`);
      }
    });
    return person;
  }

  /** The same person at another browser. @param {Browser} browser */
  async elsewhere(browser) {
    const other = await Person.arrive(browser, this.name);
    return Object.assign(other, { email: this.email, password: this.password });
  }

  /** Goes to the page of the account and waits until it shows whose it is. */
  async goToAccount() {
    await this.page.goto("/account/");
    await this.reads(this.email);
  }

  /** Makes an account through the form and ends at `next`. @param {string} [next] */
  async signUp(next = "/") {
    await this.page.goto(`/sign-up/?next=${encodeURIComponent(next)}`);
    await this.fillSignUp();
    await this.page.waitForURL((url) => url.pathname + url.search === next);
    await this.page.getByRole("banner").getByRole("button", { name: "Sign out" }).waitFor();
  }

  async fillSignUp() {
    await this.page.getByLabel("E-mail address").fill(this.email);
    await this.page.getByLabel("Name").fill(this.name);
    await this.page.getByLabel("Password").fill(this.password);
    await this.page.getByRole("button", { name: "Make an account" }).click();
  }

  async signIn() {
    await this.page.getByLabel("E-mail address").fill(this.email);
    await this.page.getByLabel("Password").fill(this.password);
    await this.page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
  }

  /**
   * Lists a ticket through the form, waits for its page to be rendered, and answers that page's path.
   * @param {string} title
   */
  async listTicket(title) {
    const { page } = this;
    if (!page.url().endsWith("/sell/")) await page.goto("/sell/");
    await page.getByLabel("Title").fill(title);
    await page.getByLabel("Amount").fill("12,50");
    await page.getByLabel("Venue").fill("Great Hall");
    await page.getByLabel("Starts").fill("2031-05-04T19:30");
    await page.getByLabel("Description").fill("One seat.\nWith a good view.");
    await page.getByLabel("Credential").fill("GATE-7-0042");
    await page.getByRole("button", { name: "List the ticket" }).click();
    await page.waitForURL("/my-tickets/");
    const link = page.getByRole("link", { name: title, exact: true });
    await link.waitFor();
    const path = String(await link.getAttribute("href"));
    await rendered(path);
    return path;
  }

  /**
   * Looks at a page again and again until it shows something: public answers may be some seconds old, and the catalogue
   * follows by events.
   * @param {string} path
   * @param {Locator} shown
   */
  async looksUntil(path, shown) {
    for (let look = 0; look < MOST_LOOKS; look += 1) {
      await this.page.goto(path);
      const isShown = shown.waitFor({ timeout: LOOK_MS }).then(
        () => true,
        () => false,
      );
      if (await isShown) return;
    }
    throw new Error(`${path} has not shown ${shown} after ${MOST_LOOKS} looks`);
  }

  /** Waits until the main part says so. @param {string | RegExp} text */
  async reads(text) {
    await this.page.getByRole("main").getByText(text).filter({ visible: true }).first().waitFor();
  }

  /** @param {string} name */
  async screenshot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  /** What axe finds, as lines to read. */
  async axeFindings() {
    await this.page.evaluate(axeSource);
    return this.page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (globalThis).axe.run();
      return violations.flatMap((/** @type {any} */ violation) =>
        violation.nodes.map((/** @type {any} */ node) => `${violation.id}: ${node.html} ${node.failureSummary}`),
      );
    });
  }

  /** Leaves; nothing may have gone wrong meanwhile. */
  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}

/**
 * Waits until a page is there: it is rendered some seconds after what it shows has changed.
 * @param {string} path
 * @param {(html: string) => boolean} [shows] what it must show
 */
export async function rendered(path, shows = () => true) {
  for (let look = 0; look < MOST_LOOKS * 2; look += 1) {
    const answer = await fetch(new URL(path, BASE_URL));
    const html = await answer.text();
    if (answer.ok && shows(html)) return html;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS / 3));
  }
  throw new Error(`${path} was not rendered in time`);
}

/**
 * Chromium writes a line for every answer that is no success. Refusals of the API and of whoever takes the payment are
 * answers that the site expects and explains, and some pages are missing on purpose; anything else that fails to load is a
 * fault.
 * @param {string} text
 * @param {string} url
 * @param {string[]} missing
 */
function isExpected(text, url, missing) {
  const { pathname } = new URL(url, BASE_URL);
  const isAnswer = pathname.startsWith("/api/") || /^\/_stripe\/v\d\/payment_intents\//u.test(pathname);
  return text.startsWith("Failed to load resource") && (isAnswer || missing.includes(pathname));
}
