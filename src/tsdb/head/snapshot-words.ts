/** Words of a series in a snapshot. */
export const snapshotWords = 8
export const snapshotWord = {
  slot: 0,
  bits: 1,
  /** The count field of the open chunk, and its kind above it. */
  samples: 2,
  /** Newest closed chunk + 1. */
  chain: 3,
  /** Of the newest sample, where the open chunk is one of floats. */
  valueLow: 4,
  valueHigh: 5,
  timeLow: 6,
  timeHigh: 7,
} as const

/** Words of a series that has out-of-order samples. */
export const outOfOrderWords = 6
export const outOfOrderWord = {
  /** Of the series among those that were asked for. */
  index: 0,
  /** The slab: its slot, how many samples it holds, and which of them stand apart. */
  slot: 1,
  count: 2,
  apart: 3,
  /** Newest closed chunk + 1. */
  chain: 4,
  /** Filled in by the reader: newest chunk + 1 of those that it reads in blocks; 0 = none. */
  chainEnd: 5,
} as const
