import { type FloatEncoding, isFloatEncoding, isFloatHistogram } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'

/** How a sample is encoded that comes from a chunk of this encoding; `startMs` 0 = none. */
export type EncodingRule = (chunkEncoding: number, startMs: number) => number

/** Upstream's rule for samples of several chunks (storage/series.go). */
export function mergedEncoding(floats: FloatEncoding): EncodingRule {
  return (chunkEncoding, startMs) => {
    const hasStart = startMs !== 0
    if (isFloatEncoding(chunkEncoding)) return hasStart ? encoding.xor2 : floats
    if (isFloatHistogram(chunkEncoding)) {
      return hasStart ? encoding.floatHistogramStart : encoding.floatHistogram
    }
    return hasStart ? encoding.histogramStart : encoding.histogram
  }
}

/**
 * Whether a sample cannot go into an open chunk of another encoding than it wants: XOR and XOR2 take
 * the same floats, but XOR no start timestamp.
 */
export function mustCut(open: number, wanted: number, startMs: number): boolean {
  if (open === wanted) return false
  if (!isFloatEncoding(open) || !isFloatEncoding(wanted)) return true
  return startMs !== 0 && open === encoding.xor
}
