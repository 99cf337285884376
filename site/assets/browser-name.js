// What a browser calls itself, in words: "Firefox on Linux". The order counts, as most of them claim to be others as well.

import * as text from "#messages";

import { fill } from "./messages.js";

/** @typedef {[string, RegExp][]} Names */

const BROWSERS = /** @type {Names} */ ([
  ["Edge", /Edg/u],
  ["Opera", /OPR/u],
  ["Samsung Internet", /SamsungB/u],
  ["Firefox", /Firefox|FxiOS/u],
  ["Chrome", /Chrome|CriOS/u],
  ["Safari", /Safari/u],
]);
const SYSTEMS = /** @type {Names} */ ([
  ["Android", /Android/u],
  ["iPhone", /iPhone/u],
  ["iPad", /iPad/u],
  ["Windows", /Windows/u],
  ["macOS", /Mac OS/u],
  ["ChromeOS", /CrOS/u],
  ["Linux", /Linux/u],
]);

/** @param {string | null} agent as the browser has sent it */
export function browserName(agent) {
  const [browser, system] = [BROWSERS, SYSTEMS].map((names) => names.find(([, sign]) => sign.test(agent ?? ""))?.[0]);
  if (browser !== undefined && system !== undefined) return fill(text.browserOn, { browser, system });
  return agent || text.browserUnknown;
}
