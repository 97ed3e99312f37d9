import { ByteWriter } from '../../../src/base/byte-writer.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import { encodeSamples } from '../../../src/tsdb/wal/record.ts'
import type { ReplayResult } from '../../../src/tsdb/wal/replay.ts'

/** A record of so many samples; every fifth is a stale marker. */
export function rowsRecord(random: () => number, count: number): Uint8Array {
  const columns = {
    refs: Float64Array.from({ length: count }, () => Math.floor(random() * 1e6)),
    timestampsMs: Float64Array.from({ length: count }, () => Math.floor(random() * 2e12)),
    values: Float64Array.from({ length: count }, () => random() * 1e6),
  }
  for (let row = 0; row < count; row += 5) writeStaleAt(halvesOf(columns.values), row)
  const writer = new ByteWriter()
  encodeSamples(writer, columns, 0, count)
  return writer.copy()
}

/** What two replays of the same log have to agree in. */
export function verdictOf({ records, segments, corruptions, findings }: ReplayResult): object {
  const damage = corruptions.map(({ message }) => message)
  return { records, segments, damage, findings }
}
