// Rows of a record of samples of the log: two varints, distances to the first row's series ref and
// time, and eight bytes of value (tsdb/docs/format/wal.md). The caller places the record in this
// module's memory with 64 bytes behind it: loads may reach that far. What is wrong with a record, and
// what is longer than here, is said by the twin: see tsdb/wal/sample-rows.ts.

/** Distances of at most four bytes on top of less than this are whole doubles. */
const nearMax: i64 = 4503599627370496

/**
 * Decodes the rows of the record from `start` to `end` into columns of doubles; answers how many
 * they are, -1 where the twin has to look.
 */
export function rows(start: usize, end: usize, refs: usize, times: usize, values: usize): i32 {
  if (end - start < 27) return -1
  const firstRef = bswap<i64>(load<i64>(start, 1))
  const firstTime = bswap<i64>(load<i64>(start, 9))
  if (firstRef < 0 || firstRef >= nearMax || firstTime >= nearMax || firstTime <= -nearMax) return -1
  // How long the varints of a row are is mostly how long those of the row before were.
  let mask: u64 = 0
  let marks: u64 = 1
  let refMask: u64 = 0
  let refBits: u64 = 0
  let timeMask: u64 = 0
  let valueAt: usize = 0
  let signs: i64 = 0
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
    const ref = firstRef + <i64>((<i32>(<u32>pair >>> 1)) ^ -(<i32>pair & 1))
    const high = <u32>(pair >> 32)
    const time = firstTime + <i64>((<i32>(high >>> 1)) ^ -(<i32>high & 1))
    signs |= ref
    at += valueAt
    const value = bswap<u64>(load<u64>(at))
    at += 8
    store<f64>(refs + out, <f64>ref)
    store<f64>(times + out, <f64>time)
    store<u64>(values + out, value)
    out += 8
  }
  return at > end || signs < 0 ? -1 : <i32>(out >> 3)
}
