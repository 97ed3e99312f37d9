import { type RefusalCode, refusal } from '../../storage/appender.ts'

/** What is late or too old in a transaction, by the head as it was at its first sample. */
export interface AppendBounds {
  /** What is older is not in order, whatever its series has. */
  readonly oldestMs: number
  /** What is older is not taken out of order either; infinite without a window. */
  readonly lateFromMs: number
  /** What is newer is refused. */
  readonly newestMs: number
}

/** Why a sample of this time is refused whatever its series has, 0 where it is not. */
export function refusalOfTime(
  timestampMs: number,
  { oldestMs, lateFromMs, newestMs }: AppendBounds,
): RefusalCode | 0 {
  if (timestampMs > newestMs) return refusal.tooFarAhead
  const hasWindow = lateFromMs !== Number.POSITIVE_INFINITY
  return !hasWindow && timestampMs < oldestMs ? refusal.outOfBounds : 0
}
