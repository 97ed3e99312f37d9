// Snappy's block format (google/snappy, format_description.txt), without its leading length. The
// caller places input and output in this module's memory, with `slackBytes` behind each of them:
// loads and stores of 16 bytes may reach that far, but no answer depends on what they find there.
// What is refused, and in which words, is decided by the twin: see ../snappy-twin.ts.

/** Places of the latest bytes of each hash, within the piece that is compressed: 16 bits each. */
const tableStart: usize = 1024
const tableBitsMax: u32 = 14
/** Offsets of two bytes reach through all of a piece. */
const pieceBytes: usize = 65_536
/**
 * What is looked for has so many bytes at least. Four bytes, of which a copy and the tag of the next literal
 * take as many or nearly, make logs 1 % smaller, and their reading takes half as long again.
 */
const matchBytesMin: usize = 5
/** The lowest bits of a word that a match has at least. */
const matchShift: u64 = 64 - 8 * matchBytesMin
/** Closer to the end than this nothing is looked for: loads of 8 bytes stay within the piece. */
const marginBytes: usize = 15

/**
 * Writes what the elements at `source` make to `target`; 1 when they are whole, refer only to what
 * they have made, and end exactly at `targetEnd`, else 0.
 */
export function uncompress(
  source: usize,
  sourceEnd: usize,
  target: usize,
  targetEnd: usize,
): u32 {
  let from = source
  let to = target
  while (from < sourceEnd) {
    let tag = <u32>load<u8>(from++)
    if ((tag & 3) == 0) {
      let length = <usize>(tag >>> 2) + 1
      if (length > 60) {
        const extra = length - 60
        if (extra > sourceEnd - from) return 0
        // Four bytes of ones and one more are 0: no length either.
        length = (<usize>load<u32>(from) & (<usize>0xffffffff >>> (32 - (extra << 3)))) + 1
        if (length == 0) return 0
        from += extra
      }
      if (length > sourceEnd - from || length > targetEnd - to) return 0
      if (length <= 16) {
        v128.store(to, v128.load(from))
      } else if (length <= 64) {
        v128.store(to, v128.load(from))
        v128.store(to, v128.load(from, 16), 16)
        if (length > 32) {
          v128.store(to, v128.load(from, 32), 32)
          v128.store(to, v128.load(from, 48), 48)
        }
      } else {
        memory.copy(to, from, length)
      }
      from += length
      to += length
      // A copy follows most literals.
      if (from >= sourceEnd) break
      tag = <u32>load<u8>(from)
      if ((tag & 3) == 0) continue
      from++
    }
    let length: usize
    let offset: usize
    if ((tag & 3) != 3) {
      // Without a branch: which of the two forms comes next nobody can foresee.
      const isLong = (tag & 3) >>> 1
      const all = 0 - isLong
      const word = <u32>load<u16>(from)
      offset = <usize>((word & (0xff | (all & 0xff00))) | ((tag << 3) & 0x700 & ~all))
      length = <usize>(((tag >>> 2) & (7 | (all & 0x38))) + 4 - 3 * isLong)
      from += 1 + <usize>isLong
    } else {
      length = <usize>(tag >>> 2) + 1
      offset = <usize>load<u32>(from)
      from += 4
    }
    // What no offset of 0 passes.
    if (from > sourceEnd || offset - 1 >= to - target || length > targetEnd - to) return 0
    copyBack(to, offset, length)
    to += length
  }
  return to == targetEnd ? 1 : 0
}

/** Repeats what stands `offset` bytes before `to`; the two may overlap. */
// @ts-ignore: decorator
@inline
function copyBack(to: usize, offset: usize, length: usize): void {
  const end = to + length
  let from = to - offset
  if (offset >= 16) {
    do {
      v128.store(to, v128.load(from))
      to += 16
      from += 16
    } while (to < end)
    return
  }
  // Loading what was stored right before is slow: the usual short periods need none of it.
  if (offset == 1) return fill(to, end, i8x16.splat(load<i8>(from)))
  if (offset == 2) return fill(to, end, i16x8.splat(load<i16>(from)))
  if (offset == 4) return fill(to, end, i32x4.splat(load<i32>(from)))
  if (offset == 8) return fill(to, end, i64x2.splat(load<i64>(from)))
  // What repeats every n bytes repeats every 2n: each store makes the known stretch twice as long.
  for (let period = offset; period < 8; period <<= 1) {
    store<u64>(to, load<u64>(from))
    to += period
  }
  while (to < end) {
    store<u64>(to, load<u64>(from))
    to += 8
    from += 8
  }
}

// @ts-ignore: decorator
@inline
function fill(from: usize, end: usize, pattern: v128): void {
  for (let to = from; to < end; to += 16) v128.store(to, pattern)
}

/** Writes elements that make the bytes at `source` to `target`; answers where they end. */
export function compress(source: usize, length: usize, target: usize): usize {
  let end = target
  for (let done: usize = 0; done < length; done += pieceBytes) {
    const size = length - done < pieceBytes ? length - done : pieceBytes
    end = compressPiece(source + done, size, end)
  }
  return end
}

function compressPiece(source: usize, length: usize, target: usize): usize {
  if (length <= marginBytes + 1) return writeLiteral(source, length, target)
  let bits: u32 = 8
  while (bits < tableBitsMax && <usize>1 << bits < length) bits++
  const shift = 32 - bits
  memory.fill(tableStart, 0, <usize>2 << bits)
  const end = source + length
  const limit = end - marginBytes
  let to = target
  // Everything before this is written.
  let written = source
  let at = source + 1
  while (true) {
    // The longer nothing is found, the larger the steps: what does not compress costs little.
    let candidate: usize = 0
    let step: usize = 32
    while (true) {
      if (at > limit) return writeRest(written, end, to)
      const word = load<u64>(at)
      const slot = slotOf(word, shift)
      candidate = source + <usize>load<u16>(slot)
      store<u16>(slot, <u16>(at - source))
      if (isMatch(word, candidate)) break
      at += step >>> 5
      step++
    }
    to = writeLiteral(written, at - written, to)
    // Copies that follow each other without a literal between them.
    while (true) {
      const matched = matchBytesMin + sameBytes(at + matchBytesMin, candidate + matchBytesMin, end)
      to = writeCopy(at - candidate, matched, to)
      at += matched
      written = at
      if (at >= limit) return writeRest(written, end, to)
      store<u16>(slotOf(load<u64>(at - 1), shift), <u16>(at - 1 - source))
      const word = load<u64>(at)
      const slot = slotOf(word, shift)
      candidate = source + <usize>load<u16>(slot)
      store<u16>(slot, <u16>(at - source))
      if (!isMatch(word, candidate)) break
    }
    at++
  }
}

// @ts-ignore: decorator
@inline
function slotOf(word: u64, shift: u32): usize {
  const hash = <u32>(((word << matchShift) * 0x9e3779b185ebca87) >> 32)
  return tableStart + (<usize>(hash >>> shift) << 1)
}

/** Whether at the place stand the bytes that the word begins with. */
// @ts-ignore: decorator
@inline
function isMatch(word: u64, candidate: usize): bool {
  return (word ^ load<u64>(candidate)) << matchShift == 0
}

/** How many bytes from `a` on are those from `b` on, which is before it. */
// @ts-ignore: decorator
@inline
function sameBytes(a: usize, b: usize, end: usize): usize {
  const start = a
  while (a + 8 <= end) {
    const difference = load<u64>(a) ^ load<u64>(b)
    if (difference != 0) return a - start + <usize>(ctz(difference) >>> 3)
    a += 8
    b += 8
  }
  while (a < end && load<u8>(a) == load<u8>(b)) {
    a++
    b++
  }
  return a - start
}

function writeRest(from: usize, end: usize, to: usize): usize {
  return from < end ? writeLiteral(from, end - from, to) : to
}

function writeLiteral(from: usize, length: usize, to: usize): usize {
  const last = <u32>(length - 1)
  if (last < 60) {
    store<u8>(to, last << 2)
    to += 1
  } else if (last < 256) {
    store<u8>(to, 60 << 2)
    store<u8>(to, last, 1)
    to += 2
  } else {
    // Pieces have 65,536 bytes at most.
    store<u8>(to, 61 << 2)
    store<u16>(to, last, 1)
    to += 3
  }
  if (length <= 16) v128.store(to, v128.load(from))
  else memory.copy(to, from, length)
  return to + length
}

// @ts-ignore: decorator
@inline
function writeCopy(offset: usize, length: usize, to: usize): usize {
  // The last of several has 4 bytes at least, so that the short form can say it.
  while (length >= 68) {
    to = writeLongCopy(offset, 64, to)
    length -= 64
  }
  if (length > 64) {
    to = writeLongCopy(offset, 60, to)
    length -= 60
  }
  if (length >= 12 || offset >= 2048) return writeLongCopy(offset, length, to)
  store<u8>(to, <u32>(((offset >>> 8) << 5) | ((length - 4) << 2) | 1))
  store<u8>(to, <u32>offset, 1)
  return to + 2
}

// @ts-ignore: decorator
@inline
function writeLongCopy(offset: usize, length: usize, to: usize): usize {
  store<u8>(to, <u32>(((length - 1) << 2) | 2))
  store<u16>(to, <u32>offset, 1)
  return to + 3
}
