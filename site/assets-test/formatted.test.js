// The server's prices and dates against what Intl says of the same ones: the fixture is kept by a test of `views`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { load } from "./support.js";

/** @type {{ locale: string, prices: [number, string, string][], dates: [number, string][] }[]} */
const languages = JSON.parse(readFileSync(new URL("formatted.json", import.meta.url), "utf8"));

// The fixture is.
process.env["TZ"] = "UTC";
const english = await load(["format.js"]);

for (const { locale, prices, dates } of languages) {
  test(`${locale}: the script of another language writes prices and dates as this one does`, () => {
    for (const [amount, currency, ours] of prices) assert.equal(english.priceIn(locale, { amount, currency }), ours);
    for (const [moment, ours] of dates) assert.equal(english.dateTimeIn(locale).format(moment), ours);
  });

  test(`${locale}: prices of every currency`, () => {
    assert.ok(prices.length > 40);
    for (const [amount, currency, ours] of prices) {
      const format = new Intl.NumberFormat(locale, { style: "currency", currency });
      const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
      assert.equal(ours, format.format(amount / 10 ** digits), `${amount} ${currency}`);
    }
  });

  test(`${locale}: dates of every month and weekday`, () => {
    const format = new Intl.DateTimeFormat(locale, {
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
      hour: "numeric",
      minute: "2-digit",
      timeZone: "UTC",
    });
    for (const [moment, ours] of dates) assert.equal(ours, format.format(moment), new Date(moment).toISOString());
    assert.equal(new Set(dates.map(([moment]) => new Date(moment).getUTCMonth())).size, 12);
    assert.equal(new Set(dates.map(([moment]) => new Date(moment).getUTCDay())).size, 7);
  });
}
