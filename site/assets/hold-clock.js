// The box that shows how long a ticket is still held.

import * as text from "#messages";

import { clockText, secondsLeft, thresholdPassed, untilNextSecond } from "./countdown.js";
import { byId } from "./dom.js";
import { timeText } from "./format.js";
import { fill, plural } from "./messages.js";

const box = byId("hold", HTMLElement);
const timer = byId("timer", HTMLElement);
const until = byId("until", HTMLElement);
const announcement = byId("announcement", HTMLElement);

/** Says something to assistive technology only, once. @param {string} message */
export function announce(message) {
  if (announcement.textContent !== message) announcement.textContent = message;
}

/** @param {number} seconds */
const timeLeft = (seconds) =>
  seconds >= 60
    ? plural(Math.floor(seconds / 60), { one: text.minutesLeftOne, other: text.minutesLeftOther })
    : plural(seconds, { one: text.secondsLeftOne, other: text.secondsLeftOther });

export class HoldClock {
  /** @param {() => void} onEnd called each time a hold that is shown has run out */
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.expiresAt = 0;
    this.offset = 0;
    this.lastLeft = Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.waiting = undefined;
  }

  /**
   * Shows the box and counts down.
   * @param {string} expiresAt
   * @param {number} offset what to add to this device's clock
   */
  start(expiresAt, offset) {
    this.stop();
    this.expiresAt = Date.parse(expiresAt);
    this.offset = offset;
    until.textContent = fill(text.untilTime, { time: timeText(expiresAt) });
    box.hidden = false;
    this.tick();
  }

  /** Hides the box. */
  stop() {
    clearTimeout(this.waiting);
    box.hidden = true;
  }

  get now() {
    return Date.now() + this.offset;
  }

  /** Whether the hold that was shown last has run out. */
  get isOver() {
    return secondsLeft(this.expiresAt, this.now) === 0;
  }

  /** Shows the time left, and looks again at the start of the next second. */
  tick() {
    const left = secondsLeft(this.expiresAt, this.now);
    timer.textContent = clockText(left);
    timer.toggleAttribute("data-low", left <= 60);
    const threshold = thresholdPassed(this.lastLeft, left);
    if (threshold !== null && Number.isFinite(this.lastLeft)) announce(timeLeft(threshold));
    this.lastLeft = left;
    if (left > 0) this.waiting = setTimeout(() => this.tick(), untilNextSecond(this.expiresAt, this.now));
    else this.onEnd();
  }
}
