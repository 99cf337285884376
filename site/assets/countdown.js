// The arithmetic of a hold that runs out.

/** Seconds left at which the time is spoken. */
const SPOKEN_AT = [300, 60, 10];

/**
 * Whole seconds left, rounded down: never more than there is.
 * @param {number} expiresAt
 * @param {number} now both in milliseconds
 */
export const secondsLeft = (expiresAt, now) => Math.max(0, Math.floor((expiresAt - now) / 1_000));

/**
 * Milliseconds until `secondsLeft` changes.
 * @param {number} expiresAt
 * @param {number} now
 */
export const untilNextSecond = (expiresAt, now) => ((expiresAt - now) % 1_000) + 1;

/** @param {number} seconds @returns {string} "14:05", or "1:14:05" */
export function clockText(seconds) {
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const rest = `${two(minutes % 60)}:${two(seconds % 60)}`;
  return minutes < 60 ? rest : `${Math.floor(minutes / 60)}:${rest}`;
}

/**
 * The threshold that was passed between two looks at the clock, the lowest if there were several.
 * @param {number} before seconds left at the last look
 * @param {number} after seconds left now
 * @returns {number | null}
 */
export function thresholdPassed(before, after) {
  return SPOKEN_AT.findLast((seconds) => after <= seconds && seconds < before && after > 0) ?? null;
}

/** Seconds to wait before asking again whether a hold that has run out is closed: soon at first, then seldom. */
const ASK_AGAIN = [1, 2, 4, 8, 15, 30, 30, 60, 60, 120, 120, 300];

/** @param {number} attempt how often was asked already @returns {number | null} null when it is enough */
export const secondsToNextLook = (attempt) => ASK_AGAIN[attempt] ?? null;
