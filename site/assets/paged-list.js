// A list that the API hands out page by page.

import * as text from "#messages";

import { messageOf } from "./api.js";
import { byId, find, say } from "./dom.js";
import { fill, plural } from "./messages.js";
import { Region } from "./region.js";
import { leftToSignIn } from "./session.js";

/** @import { Page } from "./types.d.ts" */
/** @import { Plural } from "./messages.js" */

const MOST_EMPTY_PAGES = 5;

/** @template Item */
export class PagedList {
  /**
   * @param {{
   *   region: string,
   *   list: string,
   *   counts: Plural,
   *   fill: (row: DocumentFragment, item: Item) => void,
   *   onItems?: (items: Item[], isWhole: boolean) => void,
   * }} parts `onItems` is called with everything that is shown
   */
  constructor({ region, list, counts, fill: fillRow, onItems = () => {} }) {
    this.region = new Region(region);
    this.list = byId(list, HTMLUListElement);
    this.row = byId(`${list}-row`, HTMLTemplateElement);
    this.counts = counts;
    this.fillRow = fillRow;
    this.onItems = onItems;
    /** @type {Item[]} */
    this.items = [];
    this.count = find(this.region.root, "[data-count]", HTMLElement);
    this.problem = find(this.region.root, "[data-more-error]", HTMLElement);
    this.button = find(this.region.root, "[data-more]", HTMLButtonElement);
    this.button.addEventListener("click", () => this.more());
    /** @type {(cursor: string | null) => Promise<Page<Item>>} */
    this.ask = async () => ({ items: [], next: null });
    /** @type {string | null} */
    this.next = null;
    /** Counts the loads: an answer that arrives after a newer question is dropped. */
    this.generation = 0;
    this.busy = false;
  }

  /** @param {(cursor: string | null) => Promise<Page<Item>>} ask */
  async load(ask) {
    this.ask = ask;
    const generation = (this.generation += 1);
    await this.region.run(async () => {
      const page = await this.filledPage(null);
      if (generation !== this.generation) return "loading";
      this.list.replaceChildren();
      this.items = [];
      this.append(page);
      return page.items.length === 0 && page.next === null ? "empty" : "ready";
    });
  }

  /**
   * A page may come out empty although more follow: what was on it is not for sale at the moment. A few such are passed
   * over; after that the button goes on.
   * @param {string | null} cursor
   */
  async filledPage(cursor) {
    let page = await this.ask(cursor);
    for (let empty = 0; empty < MOST_EMPTY_PAGES && page.items.length === 0 && page.next !== null; empty += 1) {
      page = await this.ask(page.next);
    }
    return page;
  }

  /** @param {Page<Item>} page */
  append({ items, next }) {
    for (const item of items) {
      const row = document.importNode(this.row.content, true);
      this.fillRow(row, item);
      this.list.append(row);
    }
    this.next = next;
    this.button.hidden = next === null;
    this.items.push(...items);
    this.onItems(this.items, next === null);
    const count = plural(this.items.length, this.counts);
    this.count.textContent = next === null ? count : fill(text.countSoFar, { count });
  }

  async more() {
    if (this.busy || this.next === null) return;
    this.busy = true;
    say(this.problem, "");
    const { generation } = this;
    const before = this.list.childElementCount;
    try {
      const page = await this.filledPage(this.next);
      if (generation !== this.generation) return;
      this.append(page);
      // The keyboard goes on where the new rows begin; the button may have gone.
      const first = this.list.children[before]?.querySelector("a");
      first?.focus();
    } catch (error) {
      if (!leftToSignIn(error)) say(this.problem, messageOf(error));
    } finally {
      this.busy = false;
    }
  }
}
