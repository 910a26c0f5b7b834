/**
 * `nearestName` and `editDistance`: what is near, and what is not.
 */
import test from "ava";
import fc from "fast-check";
import { editDistance, nearestName } from "../../programs/nearest-name.ts";

const KEYS = ["operator", "function", "arg", "expression", "times", "operations"];

test("a name that is nearly right finds the right one", (t) => {
  const cases: [string, string | undefined][] = [
    ["functon", "function"],
    ["fucntion", "function"],
    ["Function", "function"],
    ["expr", "expression"],
    ["argument", "arg"],
    ["operatons", "operations"],
    ["operatr", "operator"],
    ["colour", undefined],
    ["x", undefined],
    ["", undefined],
    ["function".repeat(9), undefined],
  ];
  for (const [name, expected] of cases) t.is(nearestName(name, KEYS), expected, name);
  t.is(nearestName("K", ["v", "k"]), "k");
  t.is(nearestName("w", ["v", "k"]), undefined);
  t.is(nearestName("mapp", []), undefined);
});

test("the distance is what the fewest edits are", (t) => {
  const cases: [string, string, number][] = [
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["ab", "ba", 1],
    ["ca", "abc", 3],
    ["abcd", "acbd", 1],
  ];
  for (const [left, right, distance] of cases) t.is(editDistance(left, right), distance, `${left} ${right}`);
});

test("the distance is 0 only for equals, symmetric, and never more than the longer name has letters", (t) => {
  const name = fc.string({ maxLength: 8, unit: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(name, name, (left, right) => {
      const distance = editDistance(left, right);
      t.is(distance === 0, left === right);
      t.is(distance, editDistance(right, left));
      t.true(distance <= Math.max(left.length, right.length));
      t.true(distance >= Math.abs(left.length - right.length));
    }),
  );
});
