// Every language says the same things, and nothing that nobody reads.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { LANGUAGES, MODULES, messagesOf, sourceOf } from "./support.js";

const views = new URL("../views/src/", import.meta.url);
const files = readdirSync(views, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".rs"));
const markup = files.map((file) => readFileSync(new URL(file, views), "utf8")).join("\n");
const scripts = MODULES.map(sourceOf).join("\n");
const english = messagesOf("en");

/** @param {string | undefined} text */
const placeholders = (text) => [...String(text).matchAll(/\{(\w+)\}/gu)].map(([, name]) => name).sort();

for (const language of LANGUAGES) {
  const messages = messagesOf(language);

  test(`${language} has the same messages, in order, with the same placeholders`, () => {
    assert.deepEqual(Object.keys(messages), Object.keys(english));
    assert.deepEqual(Object.keys(messages), Object.keys(messages).toSorted());
    for (const [key, text] of Object.entries(messages)) {
      assert.match(key, /^[a-z][A-Za-z0-9]*$/u);
      assert.deepEqual(placeholders(text), placeholders(english[key]), key);
      if (key !== "pathPrefix") assert.notEqual(text.trim(), "", key);
    }
  });

  test(`${language} knows where it is, and has a plural for every number`, () => {
    assert.equal(messages["languageTag"], language);
    assert.equal(messages["pathPrefix"], language === "en" ? "" : `/${language}`);
    assert.equal(new Intl.Locale(String(messages["languageLocale"])).language, language);
    const categories = new Intl.PluralRules(messages["languageLocale"]).resolvedOptions().pluralCategories;
    assert.ok(categories.includes("other"));
    for (const key of Object.keys(messages).filter((name) => name.endsWith("One"))) {
      assert.ok(messages[key.replace(/One$/u, "Other")], key);
    }
  });
}

test("every message is said by a page or by a script", () => {
  for (const key of Object.keys(english)) {
    const field = key.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
    const isSaid = new RegExp(`\\btext\\.${key}\\b`, "u").test(scripts) || new RegExp(`\\.${field}\\b`, "u").test(markup);
    assert.ok(isSaid, key);
  }
});
