/**
 * The open chunk of a series is described by one 64-byte line, so that an append touches one cache
 * line and the end of the chunk. Offsets into the line as doubles and as 32-bit words:
 */
export const lineDoubles = 8
export const lineWords = 16

export const lineDouble = {
  /** Bits of the newest value. */
  value: 0,
  timestampMs: 1,
  deltaMs: 2,
  /** Timestamp of the open chunk's first sample. */
  minTimeMs: 3,
  /** A sample from here on begins a new chunk. */
  cutAtMs: 4,
} as const

export const lineWord = {
  valueLow: 0,
  valueHigh: 1,
  /** Where the slot begins, in units of slotUnitBytes, and its size class. */
  slot: 10,
  slotClass: 11,
  bits: 12,
  /** Samples in the low 16 bits, then leading and trailing zero counts, 8 bits each. */
  counts: 13,
  /** Newest closed chunk + 1; 0 = none. */
  chain: 14,
} as const

/** No window of significant bits yet. */
export const noLeading = 0xff
