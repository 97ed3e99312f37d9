import { refusal } from './appender.ts'

/** Why a sample was refused, in upstream's words. */
export const refusalTexts: Readonly<Record<number, string>> = {
  [refusal.outOfOrder]: 'out of order sample',
  [refusal.outOfBounds]: 'out of bounds',
  [refusal.duplicateTimestamp]: 'duplicate sample for timestamp',
  [refusal.tooFarAhead]: 'out of bounds: timestamp is too far in the future',
  [refusal.tooOld]: 'too old sample',
  [refusal.unknownSeries]: 'unknown series',
}
