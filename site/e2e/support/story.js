// Tests that build on each other: after one that failed the others do not wait in vain.

import assert from "node:assert/strict";
import { test } from "node:test";

/** @returns {(name: string, play: () => Promise<void>) => void} declares a step */
export function story() {
  let broken = false;
  return (name, play) =>
    void test(name, async () => {
      assert.ok(!broken, "an earlier step failed");
      broken = true;
      await play();
      broken = false;
    });
}
