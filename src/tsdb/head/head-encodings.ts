import type { FloatEncoding } from '../chunk/chunk-encoding.ts'
import { encoding } from '../chunk/encoding.ts'

/** How the head encodes what it takes (rows T6.3, T6.4, C7.3). */
export interface HeadEncodings {
  /** Of new float chunks; an open one goes on as it is, but where start timestamps are stored. */
  floats: FloatEncoding
  /** Histogram chunks with start timestamps. */
  readonly histogramStarts: boolean
  /** Appended start timestamps are kept, and records of the log have them. */
  readonly storesStarts: boolean
  /**
   * Before a sample whose start timestamp is newer than what its series has, a zero is stored there
   * (--enable-feature=created-timestamp-zero-ingestion).
   */
  readonly zeroAtStart?: boolean
  /** How many floats a chunk is aimed at; upstream's 120 where absent. */
  readonly samplesPerChunk?: number
}

export function plainEncodings(): HeadEncodings {
  return { floats: encoding.xor, histogramStarts: false, storesStarts: false }
}
