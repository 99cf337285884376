// Lighthouse's four scores for a phone, of the catalogue and of a ticket: the middle one of five runs each.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import * as chromeLauncher from "chrome-launcher";
import lighthouse from "lighthouse";

import { FLAGS, Person, launch, rendered } from "./support/browser.js";
import { BASE_URL, chromiumPath } from "./support/settings.js";
import { undisturbed } from "./support/steady.js";

const RUNS = 5;
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

/** @param {number[]} numbers */
const middle = (numbers) => numbers.toSorted((a, b) => a - b)[(numbers.length - 1) / 2] ?? 0;

/** @param {string} path */
async function scores(path) {
  const chrome = await chromeLauncher.launch({ chromePath: chromiumPath(), chromeFlags: ["--headless", ...FLAGS], logLevel: "silent" });
  try {
    /** @type {Record<string, number[]>} */
    const all = Object.fromEntries(CATEGORIES.map((name) => [name, []]));
    /** @type {Set<string>} */
    const lost = new Set();
    for (let run = 0; run < RUNS; run += 1) {
      const result = await lighthouse(`${BASE_URL}${path}`, { port: chrome.port, onlyCategories: CATEGORIES, logLevel: "silent" });
      const { categories, audits } = result?.lhr ?? assert.fail("no result");
      for (const name of CATEGORIES) {
        const category = categories[name];
        all[name]?.push(Math.round((category?.score ?? 0) * 100));
        for (const { id, weight } of category?.auditRefs ?? []) {
          const { score, title, displayValue = "" } = audits[id] ?? {};
          if (weight > 0 && typeof score === "number" && score < 1) lost.add(`${name}: ${title} ${displayValue} (${score})`);
        }
      }
    }
    const found = Object.fromEntries(Object.entries(all).map(([name, runs]) => [name, middle(runs)]));
    return { found, lost: [...lost] };
  } finally {
    chrome.kill();
  }
}

test("the catalogue and a ticket score 100 four times", async () => {
  const browser = await launch();
  const seller = await Person.arrive(browser, "Sam Seller");
  await seller.signUp("/sell/");
  const ticket = await seller.listTicket(`Organ recital ${randomUUID().slice(0, 8)}`);
  await seller.leave();
  await browser.close();
  await rendered("/", (html) => html.includes("Organ recital"));
  for (const path of ["/", ticket]) {
    const { found, lost } = await undisturbed(() => scores(path), (one) => Object.values(one.found).some((score) => score < 100));
    console.log(path === "/" ? "catalogue" : "ticket", found, lost);
    assert.deepEqual(found, Object.fromEntries(CATEGORIES.map((name) => [name, 100])), lost.join("\n"));
  }
});
