/**
 * The codec of records and keys by property, and the checksum by published vectors.
 */
import test from "ava";
import fc from "fast-check";
import { crc32c } from "../../../runtime/journal/crc32c.ts";
import { decodeMarker, decodeRecord, draftRecord, encodeMarker, sealRecord } from "../../../runtime/journal/record.ts";
import { actorOfKey, actorRange, recordKey, sequenceOfKey } from "../../../runtime/journal/record-key.ts";

const actors = fc
  .string({ unit: "binary", minLength: 1, maxLength: 20 })
  .filter((name) => !name.includes("\0") && !/\p{Surrogate}/u.test(name));
const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const headers = fc.record({
  sequence: sequences,
  previousHash: fc.integer({ min: 0, max: 0xffff_ffff }),
  snapshot: fc.boolean(),
});
const payloads = fc.uint8Array({ maxLength: 100 });

test("crc32c: gives the values of RFC 3720, appendix B.4", (t) => {
  const ascending = Uint8Array.from({ length: 32 }, (_, index) => index);
  t.is(crc32c(new Uint8Array(32)), 0x8a9136aa);
  t.is(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  t.is(crc32c(ascending), 0x46dd794e);
  t.is(crc32c(ascending.toReversed()), 0x113fdb5c);
  t.is(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

test("crc32c: goes on from what came before, wherever it is cut", (t) => {
  fc.assert(
    fc.property(payloads, payloads, (left, right) => {
      t.is(crc32c(right, crc32c(left)), crc32c(Uint8Array.from([...left, ...right])));
    }),
  );
});

test("record: decoding gives back what was sealed", (t) => {
  fc.assert(
    fc.property(actors, headers, payloads, (actor, header, payload) => {
      const key = recordKey(actor, header.sequence);
      const value = draftRecord(payload);
      const hash = sealRecord(value, key, header);
      t.deepEqual(decodeRecord(value, key), { kind: "record", ...header, hash, payload });
    }),
  );
});

test("record: any one changed byte, of value or key, and any cut end is noticed", (t) => {
  fc.assert(
    fc.property(
      ...[actors, headers, payloads, fc.nat(), fc.integer({ min: 1, max: 255 })],
      (actor, header, payload, place, change) => {
        const key = recordKey(actor, header.sequence);
        const value = draftRecord(payload);
        sealRecord(value, key, header);
        const changedValue = value.with(place % value.length, value[place % value.length] ^ change);
        t.is(decodeRecord(changedValue, key).kind, "damaged");
        const changedKey = key.with(place % key.length, key[place % key.length] ^ change);
        t.is(decodeRecord(value, changedKey).kind, "damaged");
        t.is(decodeRecord(value.subarray(0, place % value.length), key).kind, "damaged");
      },
    ),
  );
});

test("record: the hash depends on the record before", (t) => {
  fc.assert(
    fc.property(
      actors,
      headers,
      payloads,
      fc.integer({ min: 1, max: 0xffff_ffff }),
      (actor, header, payload, change) => {
        const key = recordKey(actor, header.sequence);
        const previousHash = (header.previousHash ^ change) >>> 0;
        const value = draftRecord(payload);
        t.not(sealRecord(value, key, header), sealRecord(draftRecord(payload), key, { ...header, previousHash }));
      },
    ),
  );
});

test("key: tells its actor and sequence, and sorts an actor's records into one range by sequence", (t) => {
  fc.assert(
    fc.property(actors, actors, sequences, sequences, (actor, other, sequence, later) => {
      const key = recordKey(actor, sequence);
      t.is(actorOfKey(key), actor);
      t.is(sequenceOfKey(actor, key), sequence);
      t.is(Math.sign(Buffer.compare(key, recordKey(actor, later))), Math.sign(sequence - later));
      const { from, below } = actorRange(actor);
      const otherKey = recordKey(other, later);
      const within = Buffer.compare(from, otherKey) <= 0 && Buffer.compare(otherKey, below) < 0;
      t.is(within, actor === other);
    }),
  );
});

test("key: bytes that are no record's key belong to nobody", (t) => {
  const key = recordKey("actor", 7);
  for (const bytes of [
    Uint8Array.of(),
    Uint8Array.of(0),
    key.subarray(0, -1),
    key.with(0, 2),
    key.with(1, 0xff),
    key.with(2, 0),
  ]) {
    t.is(actorOfKey(bytes), undefined);
    t.is(sequenceOfKey("actor", bytes), 0);
  }
});

test("marker: names its version, and nothing else is a marker", (t) => {
  t.is(decodeMarker(encodeMarker(1)), 1);
  t.is(decodeMarker(encodeMarker(65_535)), 65_535);
  t.is(decodeMarker(new Uint8Array()), undefined);
  t.is(decodeMarker(encodeMarker(1).subarray(1)), undefined);
});
