import { expect, it } from 'vitest'
import { startBuiltServer } from '../support/built-server.ts'
import { peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** See docs/differences.md. */
const leftOut: readonly string[] = [
  'checkpoint_deletions_failed_total',
  'checkpoint_deletions_total',
  'compaction_chunk_range_seconds',
  'compaction_chunk_samples',
  'compaction_chunk_size_bytes',
  'compactions_skipped_total',
  'head_active_appenders',
  'head_series_not_found_total',
  'isolation_high_watermark',
  'isolation_low_watermark',
  'out_of_order_wbl_record_part_writes_total',
  'out_of_order_wbl_record_parts_bytes_written_total',
  'out_of_order_wbl_truncations_failed_total',
  'out_of_order_wbl_truncations_total',
  'symbol_table_size_bytes',
  'wal_record_part_writes_total',
  'wal_record_parts_bytes_written_total',
]

it.skipIf(peersAreAbsent)(
  'metrics of the database have the names and kinds of the real Prometheus, but for some that say nothing here',
  async () => {
    const directory = temporaryDirectory()
    const ours = await startBuiltServer({ directory: temporaryDirectory() })
    const theirs = await startPrometheus(directory)
    const wanted = (await kindsOf(theirs.url)).filter(([name]) => !leftOut.includes(name))
    const found = new Map(await kindsOf(ours.url))
    expect(wanted.filter(([name, kind]) => found.get(name) !== kind)).toEqual([])
    expect(wanted.length).toBeGreaterThan(40)
  },
)

/** Name, behind what all have in common, and kind of each. */
async function kindsOf(url: string): Promise<readonly (readonly [string, string])[]> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const types = page.matchAll(/^# TYPE prometheus_tsdb_(\S+) (\S+)$/gm)
  return [...types].map(([, name = '', kind = '']) => [name, kind])
}
