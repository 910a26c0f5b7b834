/**
 * A worker's process knows the coordinator that it has met first in any of its lives, and no other.
 */
import test from "ava";
import { lifeName, sameDirectory } from "../../../actors/cluster/same-directory.ts";

test("same directory: the first coordinator that is asked about, in each of its lives (S1)", (t) => {
  const isSame = sameDirectory();
  t.true(isSame(lifeName({ id: "0a1b2c3d", count: 9 })));
  t.true(isSame(lifeName({ id: "0a1b2c3d", count: 10 })));
  t.false(isSame(lifeName({ id: "0a1b2c3e", count: 10 })));
  t.false(isSame(lifeName({ id: "0a1b2c3", count: 10 })));
  t.true(isSame(lifeName({ id: "0a1b2c3d", count: 1 })));
});
