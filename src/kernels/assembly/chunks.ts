// What a query does most: the CRC-32C of a chunk, and the samples of an XOR chunk
// (tsdb/docs/format/chunks.md). The caller places the chunk in this module's memory with 64 bytes
// behind it: loads may reach that far. What is wrong with a chunk that is refused is said by the
// twins: base/crc32c.ts and tsdb/chunk/xor-decode.ts.

/** Sixteen tables of 256 words each. */
const tables: usize = 1024
const swap: v128 = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 8, 9, 10, 11, 12, 13, 14, 15)
/** Times beyond it are no whole doubles. */
const timeMax: i64 = 9007199254740991

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
}

/** CRC-32C of what stands from `start` to `end`. */
export function checksum(start: usize, end: usize): u32 {
  let crc: u32 = 0xffffffff
  let at = start
  for (; at + 16 <= end; at += 16) {
    const a = load<u64>(at) ^ <u64>crc
    const b = load<u64>(at, 8)
    crc =
      table(15, a, 0) ^ table(14, a, 8) ^ table(13, a, 16) ^ table(12, a, 24) ^
      table(11, a, 32) ^ table(10, a, 40) ^ table(9, a, 48) ^ table(8, a, 56) ^
      table(7, b, 0) ^ table(6, b, 8) ^ table(5, b, 16) ^ table(4, b, 24) ^
      table(3, b, 32) ^ table(2, b, 40) ^ table(1, b, 48) ^ table(0, b, 56)
  }
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ load<u32>(tables + (<usize>((crc ^ load<u8>(at)) & 0xff) << 2))
  }
  return ~crc
}

/**
 * Decodes the samples with minMs <= time <= maxMs of the XOR chunk whose bits begin at `start`
 * (behind the sample count) and end before `end` into times (doubles) and values; answers how many
 * they are, -1 where the bits go on behind the end or times are no whole doubles.
 */
export function decode(
  start: usize,
  end: usize,
  samples: i32,
  minMs: f64,
  maxMs: f64,
  times: usize,
  values: usize,
): i32 {
  const zigzag = uvarint(start)
  let time: i64 = (zigzag >>> 1) ^ -(zigzag & 1)
  let value = peek(behind << 3)
  let bit: usize = (behind + 8) << 3
  const endBit = end << 3
  let delta: i64 = 0
  let trailing: u64 = 0
  // A chunk that Prometheus went on with after reading it back begins with the whole width.
  let significant: u64 = 64
  let out = 0
  for (let sample = 0; sample < samples; sample++) {
    if (sample > 0) {
      let bits: u64
      if (sample == 1) {
        delta = uvarint(bit >> 3)
        bit = behind << 3
        bits = peek(bit)
      } else {
        bits = peek(bit)
        if (<i64>bits >= 0) {
          bit++
          bits <<= 1
        } else if ((bits & (1 << 62)) == 0) {
          delta += doubleDelta(bits, 2, 14)
          bit += 16
          bits <<= 16
        } else {
          bit = longerDelta(bits, bit)
          delta += difference
          bits = peek(bit)
        }
      }
      time += delta
      if (<i64>bits < 0) {
        bit += 2
        if ((bits & (1 << 62)) != 0) {
          significant = (bits << 7) >> 58
          // 64 significant bits are written as zero.
          if (significant == 0) significant = 64
          trailing = (64 - ((bits << 2) >> 59) - significant) & 63
          bit += 11
        }
        let word = peek(bit)
        const shift = bit & 7
        // The word has eight bytes: of more than 56 bits some may be in a ninth.
        if (significant > 56 && shift > 0) word |= <u64>load<u8>((bit >> 3) + 8) >> (8 - shift)
        value ^= (word >> (64 - significant)) << trailing
        bit += <usize>significant
      } else bit++
    }
    if (bit > endBit || time > timeMax || time < -timeMax) return -1
    const ms = <f64>time
    if (ms > maxMs) break
    if (ms < minMs) continue
    store<f64>(times + (<usize>out << 3), ms)
    store<u64>(values + (<usize>out << 3), value)
    out++
  }
  return out
}

/** Second answers: behind the latest uvarint, and the latest longer delta of deltas. */
let behind: usize = 0
let difference: i64 = 0

function uvarint(at: usize): i64 {
  let value: i64 = 0
  let place = at
  for (let shift: i64 = 0; shift < 70; shift += 7) {
    const byte = load<u8>(place++)
    value |= <i64>(byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  behind = place
  return value
}

function longerDelta(bits: u64, bit: usize): usize {
  if ((bits & (1 << 61)) == 0) {
    difference = doubleDelta(bits, 3, 17)
    return bit + 20
  }
  if ((bits & (1 << 60)) == 0) {
    difference = doubleDelta(bits, 4, 20)
    return bit + 24
  }
  difference = (peek(bit + 4) & 0xffffffff00000000) | (peek(bit + 36) >> 32)
  return bit + 68
}

/** The upper half of the unsigned values stands for negative ones, but for the value in the middle. */
// @ts-ignore: decorator
@inline
function doubleDelta(bits: u64, prefix: u64, size: u64): i64 {
  const number: i64 = (bits << prefix) >> (64 - size)
  return number > <i64>1 << (size - 1) ? number - (<i64>1 << size) : number
}

/** 57 bits at least from any bit on, as the upper ones. */
// @ts-ignore: decorator
@inline
function peek(bit: usize): u64 {
  const word = i64x2.extract_lane(i8x16.swizzle(v128.load64_zero(bit >> 3), swap), 0)
  return <u64>word << (bit & 7)
}

// @ts-ignore: decorator
@inline
function table(slice: u32, word: u64, shift: u64): u32 {
  return load<u32>(tables + (slice << 10) + (<usize>((word >> shift) & 0xff) << 2))
}
