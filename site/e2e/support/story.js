// Tests that build on each other: after one that failed the others do not wait in vain.

import assert from "node:assert/strict";
import { test } from "node:test";

/** @import { Person } from "./browser.js" */

/**
 * @param {() => Person[]} people whose pages are kept as screenshots when a step fails
 * @returns {(name: string, play: () => Promise<void>) => void} declares a step
 */
export function story(people) {
  let broken = false;
  return (name, play) =>
    void test(name, async () => {
      assert.ok(!broken, "an earlier step failed");
      broken = true;
      try {
        await play();
      } catch (error) {
        for (const person of people()) await person.screenshot(`failed-${person.name.replaceAll(" ", "-")}`);
        throw error;
      }
      broken = false;
    });
}
