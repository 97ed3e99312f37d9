// Fields of remote-write bodies as both versions have them, for the write kernel.

/** Second answer of lengthAt: the length, -1 for one of more than three bytes. */
export let length: i32 = 0

/** Reads a length; answers the place behind it. */
// @ts-ignore: decorator
@inline
export function lengthAt(at: usize): usize {
  const first = <i32>load<u8>(at)
  length = first
  if (first < 0x80) return at + 1
  const second = <i32>load<u8>(at, 1)
  length = (first & 0x7f) | (second << 7)
  if (second < 0x80) return at + 2
  const third = <i32>load<u8>(at, 2)
  length = third < 0x80 ? (length & 0x3fff) | (third << 14) : -1
  return at + 3
}

/** Second answer of isTime. */
export let time: f64 = 0

/** Whether a varint of six bytes stands there: the years 1971 to 2109 in milliseconds. */
// @ts-ignore: decorator
@inline
export function isTime(at: usize): bool {
  const bytes = load<u64>(at)
  // The sixth byte, and no byte before it, is the last.
  if ((bytes & 0x808080808080) != 0x008080808080) return false
  time = <f64>(
    ((bytes & 0x7f) |
      ((bytes >> 1) & 0x3f80) |
      ((bytes >> 2) & 0x1fc000) |
      ((bytes >> 3) & 0xfe00000) |
      ((bytes >> 4) & 0x7f0000000) |
      ((bytes >> 5) & 0x3f800000000))
  )
  return true
}

let histogramsAt: usize
let exemplarsAt: usize
let capacity: i32 = 0
export let histograms: i32 = 0
export let exemplars: i32 = 0

/** Each takes room for `rows` rows of three columns of 32 bits. */
export function layOutParts(histogramsPlace: usize, exemplarsPlace: usize, rows: i32): void {
  histogramsAt = histogramsPlace
  exemplarsAt = exemplarsPlace
  capacity = rows
}

export function beginParts(): void {
  histograms = 0
  exemplars = 0
}

/** A part that the caller reads itself: of which series, and where. False where there is no room. */
export function addHistogram(series: i32, start: usize, end: usize): bool {
  if (histograms == capacity) return false
  put(histogramsAt + (<usize>histograms << 2), series, start, end)
  histograms++
  return true
}

export function addExemplar(series: i32, start: usize, end: usize): bool {
  if (exemplars == capacity) return false
  put(exemplarsAt + (<usize>exemplars << 2), series, start, end)
  exemplars++
  return true
}

// @ts-ignore: decorator
@inline
function put(row: usize, series: i32, start: usize, end: usize): void {
  const column = <usize>capacity << 2
  store<u32>(row, <u32>series)
  store<u32>(row + column, <u32>start)
  store<u32>(row + 2 * column, <u32>end)
}

export function histogramCount(): i32 {
  return histograms
}

export function exemplarCount(): i32 {
  return exemplars
}
