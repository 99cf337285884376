// What a page costs on the wire, as the browser counts it.

/** @import { Page } from "playwright-core" */

/** A bad phone: the network and the processor that pages are measured with. */
export const BAD_PHONE = { kbitPerSecond: 400, roundTripMs: 400, slowdown: 4 };

/**
 * @typedef {object} Exchange
 * @property {string} path
 * @property {string} type the browser's name for what it is: Document, Script, Fetch …
 * @property {number} bytes of the body as it was sent
 * @property {number} all with the headers
 * @property {string} encoding
 */

/**
 * Everything that a page loads, until it has been quiet for a while.
 * @param {Page} page
 * @param {string} path
 * @param {() => Promise<unknown>} settled
 * @returns {Promise<Exchange[]>}
 */
export async function exchanges(page, path, settled) {
  const session = await page.context().newCDPSession(page);
  /** @type {Map<string, Exchange & { headers: number }>} */
  const seen = new Map();
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  session.on("Network.responseReceived", ({ requestId, response, type }) => {
    if (!response.url.startsWith("http")) return;
    const encoding = response.headers["content-encoding"] ?? response.headers["Content-Encoding"] ?? "";
    const url = new URL(response.url);
    const headers = response.encodedDataLength;
    seen.set(requestId, { path: url.pathname + url.search, type, bytes: 0, all: headers, encoding, headers });
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const exchange = seen.get(requestId);
    if (exchange !== undefined) Object.assign(exchange, { all: encodedDataLength, bytes: encodedDataLength - exchange.headers });
  });
  await page.goto(path);
  await settled();
  await page.waitForLoadState("networkidle");
  await session.detach();
  return [...seen.values()];
}

/** Makes the page's network and processor those of a bad phone. @param {Page} page */
export async function onABadPhone(page) {
  const session = await page.context().newCDPSession(page);
  const throughput = (BAD_PHONE.kbitPerSecond * 1_000) / 8;
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: BAD_PHONE.roundTripMs,
    downloadThroughput: throughput,
    uploadThroughput: throughput,
  });
  await session.send("Emulation.setCPUThrottlingRate", { rate: BAD_PHONE.slowdown });
}

/**
 * Has the page itself note when something is shown for the first time: the test hears of it later, through the same slow
 * processor.
 * @param {Page} page
 * @param {string} selector
 */
export async function noteWhenShown(page, selector) {
  await page.addInitScript((wanted) => {
    const look = () => {
      if (document.querySelector(wanted)?.checkVisibility() !== true) return;
      // What is in the document now is on the screen with the next frame.
      requestAnimationFrame(() => Reflect.set(globalThis, "shownAt", performance.now()));
      observer.disconnect();
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  }, selector);
}
