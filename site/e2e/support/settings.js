// What the browser tests are told by their environment.

import { fileURLToPath } from "node:url";

/** Where the site and its API answer. */
export const BASE_URL = process.env["HOLDFAST_BASE_URL"] ?? "http://localhost:8080";

/** Where screenshots are written. */
export const SCREENSHOTS =
  process.env["HOLDFAST_SCREENSHOTS"] ?? fileURLToPath(new URL("../../../target/screenshots", import.meta.url));

/** How long a hold lasts on this stack, or nothing when nobody says. */
export const HOLD_SECONDS = Number(process.env["HOLDFAST_HOLD_SECONDS"] ?? Number.NaN);

/** The browser's program. */
export function chromiumPath() {
  const path = process.env["CHROMIUM"];
  if (!path) throw new Error("CHROMIUM must name the program of Chromium or Chrome, such as /usr/bin/chromium");
  return path;
}
