// A part of the page that is loading, failed, empty or ready.

import { messageOf } from "./api.js";
import { byId, find } from "./dom.js";
import { leftToSignIn } from "./session.js";

/** @typedef {"loading" | "failed" | "empty" | "ready"} Shown */

export class Region {
  /** @param {string} id */
  constructor(id) {
    this.root = byId(id, HTMLElement);
    /** @type {() => Promise<Shown>} */
    this.load = async () => "empty";
    /** Counts the runs: what comes of an older one is dropped. */
    this.runs = 0;
    /** Called after a run with what is shown: for what can only be done to parts that are seen. */
    this.onShown = (/** @type {Shown} */ _state) => {};
    find(this.root, "[data-retry]", HTMLButtonElement).addEventListener("click", () => this.run(this.load));
  }

  /** @param {Shown} state */
  show(state) {
    for (const part of this.root.querySelectorAll("[data-when]")) {
      if (part instanceof HTMLElement) part.hidden = part.dataset["when"] !== state;
    }
  }

  /**
   * Loads and shows what comes of it; "try again" loads once more.
   * @param {() => Promise<Shown>} load
   */
  async run(load) {
    this.load = load;
    const run = (this.runs += 1);
    this.show("loading");
    try {
      const state = await load();
      if (run !== this.runs) return;
      this.show(state);
      this.onShown(state);
    } catch (error) {
      if (run !== this.runs || leftToSignIn(error)) return;
      find(this.root, "[data-reason]", HTMLElement).textContent = messageOf(error);
      this.show("failed");
    }
  }
}
