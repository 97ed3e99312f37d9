import { describe, expect, it } from 'vitest'
import { MetricsRegistry } from '../../src/base/self-metrics.ts'
import { noRetention } from '../../src/config/storage-config.ts'
import { Labels } from '../../src/model/labels.ts'
import { registerDatabase } from '../../src/tool/database-metrics.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { keepAll, newDisk, openOn, rangeMs, startMs } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'

const hourMs = 3_600_000

function append(database: Database, timesMs: readonly number[], name = 'm'): void {
  const appender = database.appender()
  const id = appender.series(Labels.of({ __name__: name }))
  const ids = new Uint32Array(timesMs.length).fill(id)
  appender.append(ids, Float64Array.from(timesMs), Float64Array.from(timesMs), timesMs.length)
  appender.commit()
}

/** What the metrics say whose names, behind what all have in common, begin so. */
async function told(metrics: MetricsRegistry, ...names: readonly string[]) {
  const values = metrics
    .render()
    .split('\n')
    .filter((line) => names.some((name) => line.startsWith(`prometheus_tsdb_${name}`)))
    .map((line) => line.replace('prometheus_tsdb_', '').split(' '))
  return Object.fromEntries(values.map(([name = '', value]) => [name, Number(value)]))
}

async function withDatabase(
  work: (database: Database, metrics: MetricsRegistry) => Promise<void>,
): Promise<void> {
  const metrics = new MetricsRegistry()
  const clock = new SimClock(startMs + 24 * hourMs)
  const options = { metrics, retention: keepAll, outOfOrderWindowMs: hourMs }
  const database = await openOn(newDisk(), clock, options)
  registerDatabase(metrics, database, () => noRetention)
  await work(database, metrics)
  await database.close()
}

describe('metrics of blocks that are written', () => {
  it('count each block of the head, each of out-of-order samples and each merged one, and the chunks that are new in a block', () =>
    withDatabase(async (database, metrics) => {
      append(database, [startMs, startMs + 1_000, startMs + rangeMs, startMs + 2 * rangeMs])
      // Out of order, in two ranges.
      append(database, [startMs + 500, startMs + rangeMs - 1, startMs + rangeMs + 7])
      await database.maintain()
      const names = ['compactions_total', 'vertical_compactions_total', 'compaction_chunk_']
      const found = await told(metrics, ...names)
      expect(found).toMatchObject({
        // One range of the head, two blocks of out-of-order samples, and one made of two that overlap.
        compactions_total: 4,
        vertical_compactions_total: 1,
        'compaction_chunk_samples_bucket{le="4"}': 3,
        compaction_chunk_samples_count: 3,
        compaction_chunk_samples_sum: 2 + 2 + 1,
        // Milliseconds, as upstream counts them under a name that says seconds.
        compaction_chunk_range_seconds_sum: 1_000 + (rangeMs - 501),
        'compaction_chunk_range_seconds_bucket{le="100"}': 1,
        compaction_chunk_size_bytes_count: 3,
      })
      expect(await told(metrics, 'compaction_duration_seconds_count')).toEqual({
        compaction_duration_seconds_count: 4,
      })
    }))

  it('count snapshots, and blocks that were written anew for what is deleted of them', () =>
    withDatabase(async (database, metrics) => {
      append(database, [startMs, startMs + 1_000, startMs + 2 * rangeMs])
      await database.maintain()
      await database.admin.snapshot(false)
      const names = ['compactions_total', 'compaction_chunk_samples_count']
      expect(await told(metrics, ...names)).toEqual({
        compactions_total: 2,
        compaction_chunk_samples_count: 2,
      })
    }))

  it('have one checkpoint and one truncation of the log for all blocks of a round', () =>
    withDatabase(async (database, metrics) => {
      for (let at = 0; at < 20; at++) {
        // Each sample has a segment of the log to itself.
        append(database, [startMs + at * rangeMs], `m${'x'.repeat(20_000)}${at}`)
      }
      await database.maintain()
      const names = [
        'checkpoint_creations_total',
        'checkpoint_deletions_total',
        'wal_truncations_t',
      ]
      expect(await told(metrics, ...names, 'head_truncations_total')).toEqual({
        head_truncations_total: 18,
        checkpoint_creations_total: 1,
        checkpoint_deletions_total: 1,
        wal_truncations_total: 1,
      })
    }))
})

describe('metrics of transactions', () => {
  it('tell those that are open, and by their numbers the newest and the oldest open one', () =>
    withDatabase(async (database, metrics) => {
      const names = ['head_active_appenders', 'isolation_', 'head_appenders_created_total']
      append(database, [startMs])
      const ended = {
        head_active_appenders: 0,
        head_appenders_created_total: 1,
        isolation_high_watermark: 1,
        isolation_low_watermark: 1,
      }
      expect(await told(metrics, ...names)).toEqual(ended)
      const [first, second] = [database.appender(), database.appender()]
      expect(await told(metrics, ...names)).toEqual({
        head_active_appenders: 2,
        head_appenders_created_total: 3,
        isolation_high_watermark: 3,
        isolation_low_watermark: 2,
      })
      first.rollback()
      second.rollback()
      second.rollback()
      expect(await told(metrics, ...names)).toMatchObject({
        head_active_appenders: 0,
        isolation_low_watermark: 3,
      })
    }))
})
