// What a start does with the files of head chunks (tsdb/docs/format/head_chunks.md): the checksum of
// each record, and a row of what stands in its head. The caller places a piece of a file in this
// module's memory with 64 bytes behind it: loads may reach that far. Where it stops before the end,
// the twin says what is there: see tsdb/head/chunk-file-loader.ts.
import { checksum } from './chunks'

export { init } from './chunks'

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
 * samples as words. Answers how many they are.
 */
export function scan(start: usize, end: usize, rows: usize): i32 {
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
    if (bswap<u32>(load<u32>(dataEnd)) != checksum(at, dataEnd)) break
    store<f64>(row, <f64>ref)
    store<f64>(row, <f64>bswap<i64>(load<i64>(at, 8)), 8)
    store<f64>(row, <f64>bswap<i64>(load<i64>(at, 16)), 16)
    store<u32>(row, <u32>(at - start), 24)
    store<u32>(row, (<u32>load<u8>(at, 24) << 16) | <u32>bswap<u16>(load<u16>(dataAt)), 28)
    row += rowBytes
    at = dataEnd + checksumBytes
    stopAt = at
  }
  return <i32>((row - rows) / rowBytes)
}
