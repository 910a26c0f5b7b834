// Least significant digit radix sort of 64-bit words, and of 16-byte records by one of their two words.

const DIGIT_BITS_MAX: u32 = 11;
// Six passes of 2048 counters, or eight of 256.
const counters = memory.data(49152, 16);

/** Few elements get smaller digits, so that clearing and summing counters does not cost more than the elements. */
function digitBitsFor(count: u32, bits: u32): u32 {
  const widest: u32 = count < 4096 ? 8 : DIGIT_BITS_MAX;
  const passes = (bits + widest - 1) / widest;
  return (bits + passes - 1) / passes;
}

/** Turns one pass's counts into places; false if one digit holds all elements and the pass can be left out. */
function countsToPlaces(counter: usize, digitCount: usize, count: u32): bool {
  let sum: u32 = 0;
  for (let digit: usize = 0; digit < digitCount; digit++) {
    const elements = load<u32>(counter + (digit << 2));
    if (elements == count) return false;
    store<u32>(counter + (digit << 2), sum);
    sum += elements;
  }
  return true;
}

/** Sorts by bits [lowBit, lowBit + bits); returns which of the two arrays holds the result. Stable. */
export function sortWords(words: usize, spare: usize, count: u32, lowBit: u32, bits: u32): usize {
  if (bits == 0) return words;
  const digitBits = digitBitsFor(count, bits);
  const passes = <usize>((bits + digitBits - 1) / digitBits);
  const digitCount = <usize>1 << <usize>digitBits;
  const mask = <u64>digitCount - 1;
  memory.fill(counters, 0, (passes << <usize>digitBits) << 2);
  const last = words + (<usize>count << 3);
  for (let at = words; at < last; at += 8) {
    let rest = load<u64>(at) >> lowBit;
    for (let pass: usize = 0; pass < passes; pass++) {
      const counter = counters + (((pass << <usize>digitBits) + <usize>(rest & mask)) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
      rest >>= digitBits;
    }
  }
  let from = words;
  let to = spare;
  for (let pass: usize = 0; pass < passes; pass++) {
    const places = counters + ((pass << <usize>digitBits) << 2);
    if (!countsToPlaces(places, digitCount, count)) continue;
    const shift = <u64>lowBit + <u64>pass * digitBits;
    const end = from + (<usize>count << 3);
    for (let at = from; at < end; at += 8) {
      const word = load<u64>(at);
      const place = places + (<usize>((word >> shift) & mask) << 2);
      const target = <usize>load<u32>(place);
      store<u32>(place, <u32>target + 1);
      store<u64>(to + (target << 3), word);
    }
    const other = from;
    from = to;
    to = other;
  }
  return from;
}

/** The same for records of two words, by the word at `wordOffset` (0 or 8), one pass of counting for each digit. */
export function sortRecords(records: usize, spare: usize, count: u32, wordOffset: usize, bits: u32): usize {
  if (bits == 0) return records;
  const digitBits = digitBitsFor(count, bits);
  const digitCount = <usize>1 << <usize>digitBits;
  const mask = <u64>digitCount - 1;
  let from = records;
  let to = spare;
  for (let shift: u64 = 0; shift < bits; shift += digitBits) {
    memory.fill(counters, 0, digitCount << 2);
    const end = from + (<usize>count << 4);
    for (let at = from; at < end; at += 16) {
      const counter = counters + (<usize>((load<u64>(at + wordOffset) >> shift) & mask) << 2);
      store<u32>(counter, load<u32>(counter) + 1);
    }
    if (!countsToPlaces(counters, digitCount, count)) continue;
    for (let at = from; at < end; at += 16) {
      const record = v128.load(at);
      const place = counters + (<usize>((load<u64>(at + wordOffset) >> shift) & mask) << 2);
      const target = <usize>load<u32>(place);
      store<u32>(place, <u32>target + 1);
      v128.store(to + (target << 4), record);
    }
    const other = from;
    from = to;
    to = other;
  }
  return from;
}
