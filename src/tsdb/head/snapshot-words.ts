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
export const outOfOrderWords = 7
export const outOfOrderWord = {
  /** Of the series among those that were asked for. */
  index: 0,
  /** The slab: its slot, how many samples it holds, and which of them stand apart. */
  slot: 1,
  count: 2,
  apart: 3,
  /** Newest closed chunk + 1. */
  chain: 4,
  /** Newest chunk + 1 of those that blocks hold as well; 0 = none. */
  chainEnd: 5,
  /** The number of the listing of these blocks, among all that there were; see Published. */
  listing: 6,
} as const
