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
