// What a query does most: the CRC-32C of a chunk, and the samples of an XOR chunk
// (tsdb/docs/format/chunks.md). The caller places the chunk in this module's memory with 64 bytes
// behind it: loads may reach that far. What is wrong with a chunk that is refused is said by the
// twins: base/crc32c.ts and tsdb/chunk/xor-decode.ts.

export { checksum, init } from './checksum'

const swap: v128 = i8x16(7, 6, 5, 4, 3, 2, 1, 0, 8, 9, 10, 11, 12, 13, 14, 15)
/** Times beyond it are no whole doubles. */
const timeMax: i64 = 9007199254740991

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

/** Sizes of varbit numbers behind one to six set bits, a byte each. */
const varbitSizes: u64 = 0x0019120c09060300
/** The sum of a sample that marks the end of a series. */
const staleSum: u64 = 0x7ff0000000000002
/** Counts up to it are whole numbers in a double, and so are differences of their differences. */
const exactCountMax: u64 = 1 << 51

/**
 * Decodes the samples of a chunk of integer histograms whose first one begins at bit `start` into
 * rows of doubles: time, count, zero count, sum, absolute counts of the buckets, positive ones first.
 * Answers how many they are, -1 where the twin has to look: the bits go on behind the end, or
 * numbers are too large. Behind the rows there is room for two more numbers a bucket.
 */
export function histograms(
  start: usize,
  end: usize,
  samples: i32,
  positive: i32,
  buckets: i32,
  rows: usize,
): i32 {
  const endBit = end << 3
  const rowBytes = <usize>(buckets + 4) << 3
  const steps = rows + rowBytes * samples
  const changes = steps + (<usize>buckets << 3)
  memory.fill(steps, 0, <usize>buckets << 4)
  let bit = start
  let time: i64 = 0
  let delta: i64 = 0
  let count: i64 = 0
  let countDelta: i64 = 0
  let zero: i64 = 0
  let zeroDelta: i64 = 0
  let sum: u64 = 0
  let trailing: u64 = 0
  let significant: u64 = 64
  for (let sample = 0; sample < samples; sample++) {
    if (sample == 0) {
      time = signedVarbit(bit)
      count = <i64>varbit(behind)
      zero = <i64>varbit(behind)
      sum = wholeWord(behind)
      bit = behind + 64
    } else {
      delta += signedVarbit(bit)
      time += delta
      countDelta += signedVarbit(behind)
      count += countDelta
      zeroDelta += signedVarbit(behind)
      zero += zeroDelta
      bit = behind
      const bits = peek(bit)
      if (<i64>bits < 0) {
        bit += 2
        if ((bits & (1 << 62)) != 0) {
          significant = (bits << 7) >> 58
          if (significant == 0) significant = 64
          const leading = (bits << 2) >> 59
          // No window of a float: only the twin knows what comes of such damage.
          if (leading + significant > 64) return -1
          trailing = 64 - leading - significant
          bit += 11
        }
        sum ^= (wholeWord(bit) >> (64 - significant)) << trailing
        bit += <usize>significant
      } else bit++
    }
    const isStale = sum == staleSum
    // At least as large as every step and count, either sign.
    let largest: i64 = 0
    const row = rows + rowBytes * sample
    store<f64>(row, <f64>time)
    store<f64>(row, <f64>count, 8)
    store<f64>(row, <f64>zero, 16)
    store<u64>(row, sum, 24)
    if (!isStale || sample == 0) {
      let total: i64 = 0
      for (let bucket = 0; bucket < buckets; bucket++) {
        if (bit > endBit) return -1
        if (bucket == positive) total = 0
        const place = <usize>bucket << 3
        let step = load<i64>(steps + place)
        if (sample == 0) {
          step = signedVarbit(bit)
          bit = behind
        } else {
          let change = load<i64>(changes + place)
          const bits = peek(bit)
          if (<i64>bits < 0) {
            // As signedVarbit, without a call where the number is short, as nearly all are.
            const ones: u64 = clz(~bits)
            if (ones <= 6) {
              const size = (varbitSizes >> (ones << 3)) & 0xff
              change += doubleDelta(bits, ones + 1, size)
              bit += <usize>(ones + 1 + size)
            } else {
              change += signedVarbit(bit)
              bit = behind
            }
            store<i64>(changes + place, change)
          } else bit++
          step += change
        }
        store<i64>(steps + place, step)
        total += step
        largest |= (step ^ (step >> 63)) | (total ^ (total >> 63))
        store<f64>(row + place, <f64>total, 32)
      }
    }
    if (isStale) memory.fill(row + 32, 0, <usize>buckets << 3)
    else if (<u64>count > exactCountMax || <u64>zero > exactCountMax) return -1
    if (<u64>largest > exactCountMax) return -1
    if (bit > endBit || time > timeMax || time < -timeMax) return -1
  }
  return samples
}

/** How many bits the latest varbit number has without its prefix. */
let varbitSize: u64 = 0

/** The varbit number at a bit, without a sign; `behind` is the bit behind it. */
function varbit(bit: usize): u64 {
  const bits = peek(bit)
  const ones: u64 = clz(~bits)
  if (ones == 0) {
    behind = bit + 1
    varbitSize = 0
    return 0
  }
  if (ones <= 6) {
    const size = (varbitSizes >> (ones << 3)) & 0xff
    behind = bit + <usize>(ones + 1 + size)
    varbitSize = size
    return (bits << (ones + 1)) >> (64 - size)
  }
  varbitSize = ones == 7 ? 56 : 64
  behind = bit + 8 + <usize>varbitSize
  return wholeWord(bit + 8) >> (64 - varbitSize)
}

function signedVarbit(bit: usize): i64 {
  const number = <i64>varbit(bit)
  if (varbitSize == 0 || varbitSize == 64) return number
  return number > <i64>1 << (varbitSize - 1) ? number - (<i64>1 << varbitSize) : number
}

/** All 64 bits from any bit on. */
function wholeWord(bit: usize): u64 {
  const shift = bit & 7
  const word = peek(bit)
  return shift == 0 ? word : word | (<u64>load<u8>((bit >> 3) + 8) >> (8 - shift))
}

/** Second answers: behind the latest uvarint or varbit number, and the latest longer delta of deltas. */
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
