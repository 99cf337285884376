// When a page that watches a ticket looks again: soon at first, then ever more seldom, so that a page that is left open
// costs next to nothing. No two browsers keep time with each other.

/** For how many seconds of watching, how many seconds lie between two looks. */
const STEPS = [
  { until: 60, wait: 3 },
  { until: 180, wait: 6 },
  { until: 360, wait: 12 },
  { until: 600, wait: 30 },
];

/** More than a minute whatever the jitter takes off it. */
const LONGEST = 71;

const JITTER = 0.15;

/**
 * Milliseconds until the next look.
 * @param {number} watched milliseconds since the page was opened, or came back into sight
 * @param {number} failures how many looks have failed in a row
 * @param {number} random from 0 to 1
 */
export function untilNextLook(watched, failures, random) {
  const wait = STEPS.find(({ until }) => watched < until * 1_000)?.wait ?? LONGEST;
  const backedOff = Math.min(wait * 2 ** failures, LONGEST);
  return Math.round(backedOff * 1_000 * (1 - JITTER + 2 * JITTER * random));
}
