import { refusal } from '../storage/appender.ts'

/** A series whose labels are not taken: its samples are skipped, the request is not. */
export const notTaken = 0xffffffff

/** Why a sample was refused, for its sender. */
export const refusalTexts: Readonly<Record<number, string>> = {
  [refusal.outOfOrder]: 'out of order sample',
  [refusal.outOfBounds]: 'out of bounds',
  [refusal.duplicateTimestamp]: 'duplicate sample for timestamp',
  [refusal.tooFarAhead]: 'out of bounds: timestamp is too far in the future',
  [refusal.tooOld]: 'too old sample',
  [refusal.unknownSeries]: 'unknown series',
}
