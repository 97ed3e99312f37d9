import { goG } from '../model/float-text.ts'
import { seriesId } from '../model/samples.ts'
import { type Appender, refusal } from './appender.ts'

/** Why a sample was refused, in upstream's words. */
export const refusalTexts: Readonly<Record<number, string>> = {
  [refusal.outOfOrder]: 'out of order sample',
  [refusal.outOfBounds]: 'out of bounds',
  [refusal.duplicateTimestamp]: 'duplicate sample for timestamp',
  [refusal.tooFarAhead]: 'out of bounds: timestamp is too far in the future',
  [refusal.tooOld]: 'too old sample',
  [refusal.unknownSeries]: 'unknown series',
}

/** The same of a float: of two with one time both values are told, but at time 0, as upstream. */
export function refusedFloatText(
  appender: Appender,
  code: number,
  sample: { readonly id: number; readonly timestampMs: number; readonly value: number },
): string {
  const { id, timestampMs, value } = sample
  const text = refusalTexts[code] ?? `refused for reason ${code}`
  if (code !== refusal.duplicateTimestamp || timestampMs === 0) return text
  const newest = appender.newestFloat(seriesId(id))
  const existing = newest === undefined ? 'is a histogram' : goG(newest)
  const both = `existing ${existing}, new value ${goG(value)}`
  return `${text} ${timestampMs}; overrides not allowed: ${both}`
}
