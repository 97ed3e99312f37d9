// What a start does with the files of head chunks (tsdb/docs/format/head_chunks.md): the checksums of
// records, and a row of what stands in the head of each. The caller places a piece of a file in this
// module's memory with 64 bytes behind it: loads may reach that far. Where it stops before the end,
// the twin says what is there: see tsdb/head/chunk-file-loader.ts.
import { checksum, sum } from './checksum'

export { init } from './checksum'

/** Series ref, oldest and newest time, encoding: before the length. */
const headBytes: usize = 25
const checksumBytes: usize = 4
/** The least is the count of samples. */
const dataBytesMin: usize = 2
const rowBytes: usize = 32

/** Where the record begins that the last scan() has not taken. */
export function stop(): usize {
  return stopAt
}

let stopAt: usize = 0

/**
 * Writes a row for each record from `start` on that ends before `end` and is whole: ref, oldest and
 * newest time as doubles, the record's place behind `start`, and its encoding above its count of
 * samples as words. Answers how many they are. What it has scanned is no more what it was.
 */
export function scan(start: usize, end: usize, rows: usize): i32 {
  const rowsEnd = walk(start, end, rows)
  // Sums are linear, and one over several records is long enough to be quick. It comes to something
  // else than 0 where one of them is damaged, but for a chance of 2^-32 where several are: as its own.
  turn(start, rows, rowsEnd)
  if (sum(start, stopAt, 0) == 0) return <i32>((rowsEnd - rows) / rowBytes)
  turn(start, rows, rowsEnd)
  for (let row = rows; row < rowsEnd; row += rowBytes) {
    const at = start + <usize>load<u32>(row, 24)
    const checksumAt = endOf(start, row, rowsEnd) - checksumBytes
    if (bswap<u32>(load<u32>(checksumAt)) == checksum(at, checksumAt)) continue
    stopAt = at
    return <i32>((row - rows) / rowBytes)
  }
  return <i32>((rowsEnd - rows) / rowBytes)
}

/** Where the record of a row ends. */
function endOf(start: usize, row: usize, rowsEnd: usize): usize {
  const next = row + rowBytes
  return next < rowsEnd ? start + <usize>load<u32>(next, 24) : stopAt
}

/**
 * Makes of records that are whole what a sum from 0 on is 0 behind each of, and the other way round:
 * the bits that their sums begin and end with go into their first and last bytes.
 */
function turn(start: usize, rows: usize, rowsEnd: usize): void {
  for (let row = rows; row < rowsEnd; row += rowBytes) {
    const at = start + <usize>load<u32>(row, 24)
    const checksumAt = endOf(start, row, rowsEnd) - checksumBytes
    store<u32>(at, ~load<u32>(at))
    store<u32>(checksumAt, ~bswap<u32>(load<u32>(checksumAt)))
  }
}

/** The rows of what looks like records; answers where they end. */
function walk(start: usize, end: usize, rows: usize): usize {
  let at = start
  let row = rows
  stopAt = at
  while (at + headBytes < end) {
    const ref = bswap<i64>(load<i64>(at))
    // Zeros may be space that nobody has written to yet.
    if (ref == 0) break
    let dataAt = at + headBytes
    let byte = <usize>load<u8>(dataAt++)
    let length = byte & 0x7f
    if (byte >= 0x80) {
      byte = <usize>load<u8>(dataAt++)
      // Longer ones are rare.
      if (byte >= 0x80) break
      length |= byte << 7
    }
    const dataEnd = dataAt + length
    if (length < dataBytesMin || dataEnd + checksumBytes > end) break
    store<f64>(row, <f64>ref)
    store<f64>(row, <f64>bswap<i64>(load<i64>(at, 8)), 8)
    store<f64>(row, <f64>bswap<i64>(load<i64>(at, 16)), 16)
    store<u32>(row, <u32>(at - start), 24)
    store<u32>(row, (<u32>load<u8>(at, 24) << 16) | <u32>bswap<u16>(load<u16>(dataAt)), 28)
    row += rowBytes
    at = dataEnd + checksumBytes
    stopAt = at
  }
  return row
}
