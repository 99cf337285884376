// Measurements of time on a machine that others have a share of.

import { readFileSync } from "node:fs";

/** Most of the processors' time that the host may give to others while something is measured. */
const MOST_STOLEN = 0.02;
const MOST_TRIES = 3;

/** What the processors have done since they were started, and what was taken from them; `man 5 proc_stat`. */
function processorTime() {
  try {
    const [, ...ticks] = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.trim().split(/\s+/) ?? [];
    // The last two are part of the first two.
    const all = ticks.slice(0, 8).map(Number);
    return { all: all.reduce((sum, one) => sum + one, 0), stolen: all[7] ?? 0 };
  } catch {
    // Where no such file is, nobody says what was taken.
    return { all: 0, stolen: 0 };
  }
}

/**
 * What was measured while the host left the machine its processors. A miss while it took them away says nothing of the page,
 * and is measured again; the last try counts whatever happens.
 * @template T
 * @param {() => Promise<T>} measure
 * @param {(measured: T) => boolean} misses
 */
export async function undisturbed(measure, misses) {
  for (let left = MOST_TRIES; ; left -= 1) {
    const before = processorTime();
    const measured = await measure();
    const after = processorTime();
    const share = (after.stolen - before.stolen) / Math.max(after.all - before.all, 1);
    if (left <= 1 || share <= MOST_STOLEN || !misses(measured)) return measured;
    console.log(`missed, but the host took ${(share * 100).toFixed(1)} % of the processors' time: measured again`);
  }
}
