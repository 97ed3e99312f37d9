/** Milliseconds since 1970 UTC as a whole number within the safe integers. */
export type TimestampMs = number

/**
 * Prometheus' 64-bit series reference: never reused within a data directory. Refs of ours stay
 * below 2^53; a foreign one that does not is mapped at replay.
 */
export type SeriesRef = number & { readonly seriesRef: unique symbol }

/**
 * Index of a series in the head's slabs: 32 bits, reused after its epoch. Valid while
 * `Appender.epoch` is what it was when the id was handed out.
 */
export type SeriesId = number & { readonly seriesId: unique symbol }

export function seriesRef(value: number): SeriesRef {
  return value as SeriesRef
}

export function seriesId(value: number): SeriesId {
  return value as SeriesId
}
