// Rows of a record of samples of the log: two varints, distances to the first row's series ref and
// time, and eight bytes of value (tsdb/docs/format/wal.md). The caller places the record in this
// module's memory with 64 bytes behind it: loads may reach that far. What is wrong with a record, and
// what is longer than here, is said by the twin: see tsdb/wal/sample-rows.ts.

/** Distances of at most four bytes on top of less than this are whole doubles. */
const nearMax: i64 = 4503599627370496

/** No time is before it. */
const neverCovered: i64 = i64.MIN_VALUE
const msPerSecond: i64 = 1000

/** Of the last record's rows, as distances to its first one's. */
let lowestRef: i64 = 0
let highestRef: i64 = 0
let isOutside: i32 = 0

export function lowest(): f64 {
  return <f64>lowestRef
}

export function highest(): f64 {
  return <f64>highestRef
}

/** Whether the last record has refs that its covered times are not about. */
export function outside(): i32 {
  return isOutside
}

/**
 * Decodes the rows of the record from `start` to `end` into columns of doubles; answers how many
 * they are, -1 where the twin has to look. At `covered` stand words, of `coveredCount` refs from
 * `coveredRef` on: rows before so many whole seconds behind `coveredMs` are left out, none where it is 0.
 */
export function rows(
  start: usize,
  end: usize,
  refs: usize,
  times: usize,
  values: usize,
  covered: usize,
  coveredCount: u32,
  coveredRef: f64,
  coveredMs: f64,
): i32 {
  if (end - start < 27) return -1
  const firstRef = bswap<i64>(load<i64>(start, 1))
  const firstTime = bswap<i64>(load<i64>(start, 9))
  if (firstRef < 0 || firstRef >= nearMax || firstTime >= nearMax || firstTime <= -nearMax) return -1
  const firstCovered = <i64>coveredRef
  const coveredTime = <i64>coveredMs
  // How long the varints of a row are is mostly how long those of the row before were.
  let mask: u64 = 0
  let marks: u64 = 1
  let refMask: u64 = 0
  let refBits: u64 = 0
  let timeMask: u64 = 0
  let valueAt: usize = 0
  // No four bytes make it.
  let refBefore: u32 = 0xffffffff
  let ref: i64 = 0
  let until = neverCovered
  let low: i64 = 0
  let high: i64 = 0
  let isAnyOutside: i32 = 0
  let out: usize = 0
  let at = start + 17
  while (at < end) {
    const word = load<u64>(at)
    if ((word & mask) != marks) {
      const refEnds = ~word & 0x80808080
      if (refEnds == 0) return -1
      refBits = ctz(refEnds) + 1
      refMask = (<u64>1 << refBits) - 1
      const timeEnds = ~(word >> refBits) & 0x80808080
      if (timeEnds == 0) return -1
      const timeBits = ctz(timeEnds) + 1
      timeMask = (<u64>1 << timeBits) - 1
      const bits = refBits + timeBits
      // Of eight bytes all bits.
      mask = 0x8080808080808080 & (<u64>-1 >> (64 - bits))
      marks = word & mask
      valueAt = <usize>(bits >> 3)
    }
    // Both at once, each in its half: groups of 7 bits, then of 14, move together.
    let pair = (word & refMask) | (((word >> refBits) & timeMask) << 32)
    pair = (pair & 0x007f007f007f007f) | ((pair & 0x7f007f007f007f00) >> 1)
    pair = (pair & 0x00003fff00003fff) | ((pair & 0x3fff00003fff0000) >> 2)
    const refWord = <u32>pair
    if (refWord != refBefore) {
      // Rows of one series often stand side by side: what its ref says is looked up once.
      refBefore = refWord
      const distance = <i64>((<i32>(refWord >>> 1)) ^ -(<i32>refWord & 1))
      if (distance < low) low = distance
      if (distance > high) high = distance
      ref = firstRef + distance
      const place = ref - firstCovered
      until = neverCovered
      if (<u64>place < <u64>coveredCount) {
        const seconds = load<i32>(covered + (<usize>place << 2))
        if (seconds > 0) until = coveredTime + <i64>seconds * msPerSecond
      } else isAnyOutside = 1
    }
    const timeWord = <u32>(pair >> 32)
    const time = firstTime + <i64>((<i32>(timeWord >>> 1)) ^ -(<i32>timeWord & 1))
    at += valueAt + 8
    if (time < until) continue
    store<f64>(refs + out, <f64>ref)
    store<f64>(times + out, <f64>time)
    store<u64>(values + out, bswap<u64>(load<u64>(at - 8)))
    out += 8
  }
  lowestRef = low
  highestRef = high
  isOutside = isAnyOutside
  return at > end || firstRef + low < 0 ? -1 : <i32>(out >> 3)
}
