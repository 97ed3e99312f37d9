/**
 * The open chunk of a series is described by one 64-byte line, so that an append touches one cache
 * line and the end of the chunk. Offsets into the line as doubles and as 32-bit words:
 */
export const lineDoubles = 8
export const lineWords = 16

export const lineDouble = {
  /** Bits of the newest value; in XOR2 chunks of the newest that was not stale. */
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
  /** Where the state of an open histogram chunk is, and its size class: in the place of the delta. */
  statePlace: 4,
  stateClass: 5,
  /** Where the slot begins, in units of slotUnitBytes, and its size class. */
  slot: 10,
  slotClass: 11,
  bits: 12,
  /** The chunk's count field in the low 16 bits, then leading and trailing zeros, 8 bits each. */
  counts: 13,
  /** Newest closed chunk + 1; 0 = none. */
  chain: 14,
  /** Of the newest sample's chunk: 0 for XOR, else the encoding; then flags. */
  kind: 15,
} as const

/** No window of significant bits yet. */
export const noLeading = 0xff

export const kindBits = 0xff
/** Beside the encoding in the kind: the end of the open chunk was estimated from its pace. */
export const endEstimated = 0x100
/** Beside the encoding in the kind: the newest sample is a stale marker. */
export const newestStale = 0x200
