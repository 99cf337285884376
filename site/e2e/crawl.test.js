// Every page that can be reached by links from the first: its HTML is valid, its links lead somewhere, its sitemap and feed
// name what is there. Private pages are reached as well; what they show comes later, by their scripts.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { HtmlValidate } from "html-validate";

import { Person, launch, rendered } from "./support/browser.js";
import { BASE_URL } from "./support/settings.js";

/** @import { Browser } from "playwright-core" */

/** Enough for the market of the tests; the next page of the catalogue looks like the last. */
const MOST_PAGES = 150;

const validator = new HtmlValidate({
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // The headings of rows and of what is private are filled by scripts; axe looks at them afterwards.
    "empty-heading": "off",
    // A ticket's title is in its page's, and may be longer than what a search engine shows of it.
    "long-title": "off",
    // Safari takes the role from a list that shows no bullets.
    "no-redundant-role": "off",
    // Of several headings a script shows one; the other tests look for exactly one that is seen.
    "heading-level": ["error", { allowMultipleH1: true }],
    // Scripts and stylesheet are of the page's own origin, under names that are hashes of their content.
    "require-sri": "off",
  },
});

/** @type {Browser} */
let browser;
const title = `Crawl & <find> ${randomUUID().slice(0, 8)}`;

before(async () => {
  browser = await launch();
  const seller = await Person.arrive(browser, "Sam Seller");
  await seller.signUp("/sell/");
  await seller.listTicket(title);
  await seller.leave();
  await rendered("/", (html) => html.includes(title.slice(-8)));
});
after(() => browser?.close());

/** @type {Map<string, { status: number, type: string, html: string }>} */
const visited = new Map();

/** @param {string} path */
async function visit(path) {
  const answer = await fetch(new URL(path, BASE_URL), { redirect: "manual" });
  const type = answer.headers.get("content-type") ?? "";
  visited.set(path, { status: answer.status, type, html: await answer.text() });
}

/** The addresses of this site that a page names. @param {string} html @param {string} path */
function linksOf(html, path) {
  const named = [...html.matchAll(/\s(?:href|src|action)="([^"]*)"/gu)].map(([, address]) => String(address).replaceAll("&amp;", "&"));
  const urls = named.filter((address) => !address.startsWith("data:")).map((address) => new URL(address, new URL(path, BASE_URL)));
  const ofPages = urls.filter(({ origin, pathname }) => origin === BASE_URL && !pathname.startsWith("/api/"));
  return ofPages.map(({ pathname, search }) => pathname + search);
}

/** Whether the API says so of the ticket at an address. @param {string} address */
async function isSold(address) {
  const answer = await fetch(new URL(`/api/tickets/${address.slice(-37, -1)}`, BASE_URL));
  return answer.ok && (await answer.json()).state === "sold";
}

test("every link leads to something", async () => {
  // The last two are reached from mails alone.
  const pending = ["/", "/de/", "/404.html", "/error.html", "/verify-email/", "/reset-password/"];
  const from = new Map(pending.map((path) => [path, "the start"]));
  while (pending.length > 0 && visited.size < MOST_PAGES) {
    const path = String(pending.shift());
    await visit(path);
    const { status, type, html } = visited.get(path) ?? { status: 0, type: "", html: "" };
    assert.equal(status, 200, `${path}, named by ${from.get(path)}`);
    if (!type.startsWith("text/html")) continue;
    for (const link of linksOf(html, path)) {
      if (from.has(link)) continue;
      from.set(link, path);
      pending.push(link);
    }
  }
  for (const path of ["/about/", "/de/terms/", "/feed.xml", "/search/", "/de/orders/", "/account/", "/de/forgot-password/", "/de/verify-email/"]) assert.ok(visited.has(path), path);
});

test("every page is valid HTML", async () => {
  let pages = 0;
  for (const [path, { type, html }] of visited) {
    if (!type.startsWith("text/html")) continue;
    pages += 1;
    const { results } = await validator.validateString(html, path);
    const found = results.flatMap(({ messages }) => messages.map(({ ruleId, message, line, column }) => `${ruleId} ${line}:${column} ${message}`));
    assert.deepEqual(found, [], path);
  }
  assert.ok(pages > 25, `${pages} pages`);
});

test("no page has an inline script or style, but for data blocks", () => {
  for (const [path, { type, html }] of visited) {
    if (!type.startsWith("text/html")) continue;
    for (const [, attributes, text] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/gu)) {
      const isData = attributes?.includes('type="application/ld+json"');
      if (isData) assert.equal(typeof JSON.parse(String(text))["@context"], "string", path);
      else assert.equal(text, "", path);
    }
    assert.doesNotMatch(html, /<style|\sstyle="|\son[a-z]+="/u, path);
  }
});

test("a title cannot break out of the page, the feed or the data", () => {
  const [path, { html }] = [...visited].find(([, { html: text }]) => text.includes("application/ld+json") && text.includes(title.slice(-8))) ?? assert.fail("no page");
  const data = JSON.parse(String(/<script type="application\/ld\+json">([\s\S]*?)<\/script>/u.exec(html)?.[1]));
  assert.equal(data.name, title, path);
  assert.equal(data["@type"], "Event");
  assert.equal(data.offers.price, "12.50");
  assert.equal(data.offers.availability, "https://schema.org/InStock");
  assert.ok(html.includes(`<meta property="og:title" content="${title.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}">`));
});

test("the sitemap and the feed name what is there", async () => {
  const index = await (await fetch(new URL("/sitemap.xml", BASE_URL))).text();
  const maps = [...index.matchAll(/<loc>([^<]+)<\/loc>/gu)].map(([, address]) => String(address));
  assert.ok(maps.length > 0 && maps.every((address) => address.startsWith(`${BASE_URL}/sitemaps/`)), index);
  const head = await (await fetch(maps[0] ?? "")).text();
  const pages = [...head.matchAll(/<loc>([^<]+)<\/loc>/gu)].map(([, address]) => String(address));
  // Both follow within the hour: what they name is there or was sold meanwhile, be it not yet all of it.
  assert.ok(pages.includes(`${BASE_URL}/`), head);
  for (const page of pages.slice(0, 12)) assert.ok((await fetch(page)).ok || (await isSold(page)), page);
  const feed = await (await fetch(new URL("/feed.xml", BASE_URL))).text();
  assert.ok(feed.includes("<feed xmlns=") && feed.includes(`href="${BASE_URL}/feed.xml"`), feed.slice(0, 600));
  const robots = await (await fetch(new URL("/robots.txt", BASE_URL))).text();
  assert.ok(robots.includes(`Sitemap: ${BASE_URL}/sitemap.xml`), robots);
});
