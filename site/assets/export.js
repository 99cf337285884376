// All that is kept about somebody, in one file.

/** @import { ExportPage } from "./types.d.ts" */

/** A hundred thousand tickets and orders: a list that is longer never ends. */
const MOST_PAGES = 4_000;

/**
 * Puts together what the API hands out page by page. Whole, or not at all.
 * @param {(cursor: string | null) => Promise<ExportPage>} ask
 */
export async function collected(ask) {
  const { next: second, ...all } = await ask(null);
  let next = second;
  for (let pages = 1; next !== null; pages += 1) {
    if (pages >= MOST_PAGES) throw new Error("the export does not end");
    const page = await ask(next);
    all.tickets.push(...page.tickets);
    all.orders.push(...page.orders);
    next = page.next;
  }
  return all;
}

/** How long the browser may take to write a file. */
const WRITTEN_AFTER_MS = 60_000;

/** Hands the browser a file to keep. @param {string} name @param {object} content */
export function save(name, content) {
  const link = document.createElement("a");
  const file = new Blob([JSON.stringify(content, null, 2)], { type: "application/json" });
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), WRITTEN_AFTER_MS);
}
