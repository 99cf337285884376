// What each page's script weighs on the wire, and that it carries no more texts than it can say.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";

import { LANGUAGES, MODULES, scriptOf, sourceOf } from "./support.js";

const MOST_BYTES = 6 * 1024;
/** What CloudFront and the local edge take, so that nobody is measured better than they are. */
const QUALITY = 5;
const views = new URL("../views/src/pages/", import.meta.url);

/** The scripts that the pages name. */
const scripts = new Set(
  readdirSync(views).flatMap((file) => {
    const source = readFileSync(new URL(file, views), "utf8");
    return [...source.matchAll(/Page::new\(\s*language,\s*[^,]+,\s*"([^"]+)"/gu)].map(([, name]) => String(name));
  }),
);

const wireSize = (/** @type {string} */ text) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } }).length;

/** @type {Record<string, Record<string, number>>} */
const sizes = {};

test("every page's script fits the budget, in every language", async () => {
  assert.ok(scripts.size >= 10, [...scripts].join());
  for (const script of scripts) {
    assert.ok(MODULES.includes(`${script}.js`), `${script}.js is there`);
    for (const language of LANGUAGES) {
      const bytes = wireSize(await scriptOf(script, language));
      sizes[script] = { ...sizes[script], [language]: bytes };
      assert.ok(bytes <= MOST_BYTES, `${script} (${language}): ${bytes} bytes`);
    }
  }
  console.table(sizes);
});

test("a page is not sent what only others say", async () => {
  const plain = await scriptOf("plain", "de");
  assert.ok(plain.includes("Sie sind abgemeldet."));
  for (const other of ["Zugangscode", "Seetang", "Nichts wurde abgebucht. Versuchen"]) assert.ok(!plain.includes(other), other);
  const checkout = await scriptOf("checkout", "de");
  assert.ok(checkout.includes("Sie haben diese Bestellung storniert"));
  for (const other of ["Es ist bezahlt", "wurde am {date} erstattet", "/my-tickets/"]) assert.ok(!checkout.includes(other), other);
});

test("no module makes markup or code from text", () => {
  for (const module of MODULES) {
    assert.doesNotMatch(sourceOf(module), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/u, module);
  }
});
