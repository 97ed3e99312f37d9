import { limits } from '../../base/limits.ts'
import { encodeSamples } from '../wal/record.ts'
import { type RecordRows, rowsOf } from '../wal/record-index.ts'
import { encodeStartSamples } from '../wal/start-sample-record.ts'
import { type StagedSamples, samplesPerRecord } from './staged-samples.ts'

/**
 * Adds records of the samples `from` to `to` of a transaction, and by their places what they are about;
 * of those with start timestamps nobody asks that.
 */
export function encodeFloats(
  staged: StagedSamples,
  storesStarts: boolean,
  from: number,
  to: number,
  records: Uint8Array[],
  rows: (RecordRows | undefined)[],
): void {
  const { writer, refs, timestampsMs } = staged
  for (let start = from; start < to; start += samplesPerRecord) {
    const end = Math.min(to, start + samplesPerRecord)
    if (storesStarts) encodeStartSamples(writer, staged, start, end)
    else {
      encodeSamples(writer, staged, start, end)
      rows[records.length] = rowsOf(refs, timestampsMs, start, end, limits.walIndexRunsMax)
    }
    records.push(writer.copy())
  }
}
