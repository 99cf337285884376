// Looking again and again while somebody is there to see it.

import { untilNextLook } from "./schedule.js";

export class Watch {
  /** @param {() => Promise<"again" | "failed" | "over">} look */
  constructor(look) {
    this.look = look;
    this.since = Date.now();
    this.failures = 0;
    this.isOver = false;
    this.isLooking = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.waiting);
      if (!document.hidden) void this.now();
    });
  }

  /** Looks at once, and often again from then on. */
  async now() {
    this.since = Date.now();
    this.failures = 0;
    await this.next();
  }

  async next() {
    clearTimeout(this.waiting);
    if (this.isOver || this.isLooking) return;
    this.isLooking = true;
    try {
      const outcome = await this.look();
      this.isOver = outcome === "over";
      this.failures = outcome === "failed" ? this.failures + 1 : 0;
    } finally {
      this.isLooking = false;
    }
    this.wait(untilNextLook(Date.now() - this.since, this.failures, Math.random()));
  }

  /** @param {number} milliseconds until the next look */
  wait(milliseconds) {
    clearTimeout(this.waiting);
    if (!this.isOver && !document.hidden) this.waiting = setTimeout(() => void this.next(), milliseconds);
  }
}
