import { ChunkCorruption } from './chunk-corruption.ts'
import { encoding as chunkEncoding } from './encoding.ts'

/** By encoding byte, as Prometheus prints them. */
export const encodingNames = [
  'none',
  'XOR',
  'histogram',
  'floathistogram',
  'XOR2',
  'histogramST',
  'floathistogramST',
] as const

export type FloatEncoding = typeof chunkEncoding.xor | typeof chunkEncoding.xor2
export type HistogramEncoding =
  | typeof chunkEncoding.histogram
  | typeof chunkEncoding.floatHistogram
  | typeof chunkEncoding.histogramStart
  | typeof chunkEncoding.floatHistogramStart

export function isFloatEncoding(encoding: number): encoding is FloatEncoding {
  return encoding === chunkEncoding.xor || encoding === chunkEncoding.xor2
}

export function isHistogramEncoding(encoding: number): encoding is HistogramEncoding {
  return isIntegerHistogram(encoding) || isFloatHistogram(encoding)
}

export function isIntegerHistogram(encoding: number): boolean {
  return encoding === chunkEncoding.histogram || encoding === chunkEncoding.histogramStart
}

export function isFloatHistogram(encoding: number): boolean {
  return encoding === chunkEncoding.floatHistogram || encoding === chunkEncoding.floatHistogramStart
}

/** These keep the counter reset header in the upper two bits of the sample count. */
export function isHistogramSt(encoding: number): boolean {
  return encoding === chunkEncoding.histogramStart || encoding === chunkEncoding.floatHistogramStart
}

/** Bytes before the first bit of samples: the count, then flags or the start timestamp header. */
export function headerBytesOf(encoding: number): number {
  return encoding === chunkEncoding.xor ? 2 : 3
}

/** What the sample count of an encoding can say at most. */
export function samplesMaxOf(encoding: number): number {
  return isHistogramSt(encoding) ? 0x3fff : 0xffff
}

/** The samples that a chunk's count field says; see isHistogramSt. */
export function samplesOfField(encoding: number, field: number): number {
  return field & samplesMaxOf(encoding)
}

/**
 * How many samples a chunk holds. Throws ChunkCorruption where its bytes are too few for them, so
 * that memory may be taken for what it answers.
 */
export function sampleCountOf(encoding: number, bytes: Uint8Array): number {
  return checkedSampleCount(encoding, ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0), bytes.length)
}

/** The same of a chunk of so many bytes, by its count field. */
export function checkedSampleCount(encoding: number, field: number, length: number): number {
  const name = encodingNames[encoding]
  if (name === undefined || encoding === chunkEncoding.none) {
    throw new ChunkCorruption(0, `no encoding ${encoding} (1 to ${encodingNames.length - 1})`)
  }
  const header = headerBytesOf(encoding)
  if (length < header) {
    throw new ChunkCorruption(length, `${length} bytes, a ${name} chunk has ${header}`)
  }
  const count = samplesOfField(encoding, field)
  // The shortest samples: nothing changed in time and value, or in time, counts and sum.
  const bitsMin = encoding === chunkEncoding.xor2 ? 1 : encoding === chunkEncoding.xor ? 2 : 4
  if (count * bitsMin > (length - header) * 8) {
    throw new ChunkCorruption(0, `${count} samples in ${length} bytes of a ${name} chunk`)
  }
  return count
}
