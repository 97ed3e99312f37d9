// CRC-32C for other modules, whose memory below 32,768 it takes. Loads reach up to 64 bytes behind
// what is summed. The twin is base/crc32c.ts.

/** Sixteen tables of 256 words each. */
const tables: usize = 1024
/** Behind them: what a sum becomes over a lane of zeros, by each of its four bytes. */
const laneTables: usize = 1024 + 16384
/** Two lanes are summed side by side: a step of one has to wait for the one before. */
const laneBytes: usize = 128
/** Behind those: the bytes that have taken others in, and what is left at the end. */
const folds: usize = laneTables + 4096
const foldBytes: usize = 4096
/**
 * x^209 = x^144 + x^54 + x^39 + x^14 + 1 for this checksum's polynomial, and so for the 16th powers of
 * each: two bytes may as well be added to those that stand 65, 155, 170, 195 and 209 pairs behind them.
 */
const reachBytes: usize = 209 * 2
const ends: usize = folds + foldBytes + 2 * 432
/** Below it the tables are as fast. */
const foldedBytesMin: usize = 2048

/** Once, before the first checksum. */
export function init(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
    store<u32>(tables + (byte << 2), rest)
  }
  for (let at: u32 = 256; at < 4096; at++) {
    const before = load<u32>(tables + ((at - 256) << 2))
    store<u32>(tables + (at << 2), (before >>> 8) ^ load<u32>(tables + ((before & 0xff) << 2)))
  }
  for (let bit: u32 = 0; bit < 32; bit++) {
    let sum: u32 = 1 << bit
    for (let at: usize = 0; at < laneBytes; at++) {
      sum = (sum >>> 8) ^ load<u32>(tables + (<usize>(sum & 0xff) << 2))
    }
    // Sums are linear: those of several bits are the sums of each.
    const first: u32 = 1 << (bit & 7)
    const place = laneTables + (<usize>(bit >>> 3) << 10)
    for (let byte: u32 = 0; byte < first; byte++) {
      store<u32>(place + (<usize>(byte | first) << 2), load<u32>(place + (<usize>byte << 2)) ^ sum)
    }
  }
}

/** CRC-32C of what stands from `start` to `end`. */
export function checksum(start: usize, end: usize): u32 {
  return ~sum(start, end, 0xffffffff)
}

/** Goes on with a sum: what the checksum is made of, which begins and ends with all bits turned over. */
export function sum(start: usize, end: usize, before: u32): u32 {
  return end - start < foldedBytesMin ? summed(start, end, before) : folded(start, end, before)
}

/** Over the tables. */
function summed(start: usize, end: usize, before: u32): u32 {
  let crc = before
  let at = start
  for (; at + 2 * laneBytes <= end; at += 2 * laneBytes) {
    let next: u32 = 0
    for (let place = at; place < at + laneBytes; place += 16) {
      crc = summed16(place, crc)
      next = summed16(place + laneBytes, next)
    }
    crc =
      next ^ lane(0, crc & 0xff) ^ lane(1, (crc >>> 8) & 0xff) ^
      lane(2, (crc >>> 16) & 0xff) ^ lane(3, crc >>> 24)
  }
  for (; at + 16 <= end; at += 16) crc = summed16(at, crc)
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ load<u32>(tables + (<usize>((crc ^ load<u8>(at)) & 0xff) << 2))
  }
  return crc
}

/**
 * The same of at least `reachBytes`: all but the last ones are added to bytes behind them, sixteen at
 * a time, and then are zeros for the sum.
 */
function folded(start: usize, end: usize, before: u32): u32 {
  for (let at: usize = 0; at < reachBytes; at += 16) v128.store(folds + at, i32x4.splat(0))
  // As if it stood before the first bytes, and went to those.
  store<u32>(folds, before)
  let at = start
  const foldsEnd = at + ((end - start - reachBytes) & ~15)
  while (at < foldsEnd) {
    const size = min(foldsEnd - at, foldBytes)
    const stop = folds + size
    let to = folds
    for (; to + 64 <= stop; to += 64, at += 64) {
      fold(to, at, 0)
      fold(to, at, 16)
      fold(to, at, 32)
      fold(to, at, 48)
    }
    for (; to < stop; to += 16, at += 16) fold(to, at, 0)
    for (let place: usize = 0; place < reachBytes; place += 16) {
      v128.store(folds + place, v128.load(to + place))
    }
  }
  for (let place: usize = 0; place < reachBytes + 16; place += 16) {
    v128.store(folds + place, i32x4.splat(0), reachBytes)
  }
  let place: usize = 0
  for (; place < reachBytes; place += 16) {
    v128.store(ends + place, v128.xor(v128.load(at + place), reaching(folds + place, 0)))
  }
  for (; place < end - at; place += 16) v128.store(ends + place, v128.load(at + place))
  return summed(ends, ends + (end - at), 0)
}

/** Sixteen bytes and what reaches them. */
// @ts-ignore: decorator
@inline
function fold(to: usize, at: usize, offset: usize): void {
  v128.store(to + offset, v128.xor(v128.load(at + offset), reaching(to, offset)), reachBytes)
}

// @ts-ignore: decorator
@inline
function reaching(to: usize, offset: usize): v128 {
  const place = to + offset
  const near = v128.xor(v128.load(place, 144 * 2), v128.load(place, 54 * 2))
  const far = v128.xor(v128.load(place, 39 * 2), v128.load(place, 14 * 2))
  return v128.xor(v128.xor(near, far), v128.load(place))
}

// @ts-ignore: decorator
@inline
function summed16(at: usize, crc: u32): u32 {
  const a = load<u64>(at) ^ <u64>crc
  const b = load<u64>(at, 8)
  return (
    table(15, a, 0) ^ table(14, a, 8) ^ table(13, a, 16) ^ table(12, a, 24) ^
    table(11, a, 32) ^ table(10, a, 40) ^ table(9, a, 48) ^ table(8, a, 56) ^
    table(7, b, 0) ^ table(6, b, 8) ^ table(5, b, 16) ^ table(4, b, 24) ^
    table(3, b, 32) ^ table(2, b, 40) ^ table(1, b, 48) ^ table(0, b, 56)
  )
}

// @ts-ignore: decorator
@inline
function lane(byte: usize, value: u32): u32 {
  return load<u32>(laneTables + (byte << 10) + (<usize>value << 2))
}

// @ts-ignore: decorator
@inline
function table(slice: u32, word: u64, shift: u64): u32 {
  return load<u32>(tables + (slice << 10) + (<usize>((word >> shift) & 0xff) << 2))
}
