/** Milliseconds since 1970 UTC as a whole number within the safe integers. */
export type TimestampMs = number

/**
 * Index of a series in the head's slabs: 32 bits, reused after its epoch. Valid while
 * `Appender.epoch` is what it was when the id was handed out.
 */
export type SeriesId = number & { readonly seriesId: unique symbol }

export function seriesId(value: number): SeriesId {
  return value as SeriesId
}

/** Timestamps from minus this to this are exact, and those in which JavaScript has dates. */
export const timestampMsMax = 8.64e15
