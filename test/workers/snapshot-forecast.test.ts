import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import type { QueryRequest } from '../../src/storage/query-runner.ts'
import type { HeadSnapshot } from '../../src/tsdb/head/head-memory.ts'
import { ForecastPort, SnapshotForecast } from '../../src/workers/snapshot-forecast.ts'

const bounds = { timeoutMs: 1_000, lookbackMs: 300_000, samplesMax: 1e6, limit: 0 }

function instant(query: string): QueryRequest {
  return { kind: 'instant', query, timeMs: 0, bounds, stats: 'none' }
}

function snapshotOf(...words: number[]): HeadSnapshot {
  return { words: Uint32Array.from(words), version: 1, segments: [] }
}

const asked = { snapshot: async () => snapshotOf(9, 9, 9, 9) }

describe('the forecast of snapshots', () => {
  it('knows the series that the same text selected last, whatever its time', () => {
    const forecast = new SnapshotForecast()
    forecast.learn(instant('up'), Uint32Array.of(3, 5))
    expect(
      forecast.of({ ...instant('up'), kind: 'instant', timeMs: 60_000 } as QueryRequest),
    ).toEqual(Uint32Array.of(3, 5))
    expect(forecast.of(instant('down'))).toBeUndefined()
    forecast.learn(instant('up'), Uint32Array.of(3))
    expect(forecast.of(instant('up'))).toEqual(Uint32Array.of(3))
  })

  it('forgets what was used longest ago, and what selects too many series', () => {
    const forecast = new SnapshotForecast()
    for (let query = 0; query < limits.forecastQueriesMax; query++) {
      forecast.learn(instant(`q${query}`), Uint32Array.of(query))
    }
    forecast.of(instant('q0'))
    forecast.learn(instant('one more'), Uint32Array.of(1))
    expect(forecast.of(instant('q0'))).toEqual(Uint32Array.of(0))
    expect(forecast.of(instant('q1'))).toBeUndefined()
    forecast.learn(instant('q0'), new Uint32Array(limits.forecastSeriesMax + 1))
    expect(forecast.of(instant('q0'))).toBeUndefined()
  })

  it('is used once, and only for the very series that are asked for', async () => {
    const sent = { ids: Uint32Array.of(3, 5), snapshot: snapshotOf(1, 1, 1, 1, 2, 2, 2, 2) }
    const port = new ForecastPort(sent, asked)
    expect(await port.snapshot(Uint32Array.of(3, 5, 7), 2, 0)).toBe(sent.snapshot)
    expect((await port.snapshot(Uint32Array.of(3, 5), 2, 0)).words[0]).toBe(9)
    for (const ids of [Uint32Array.of(3), Uint32Array.of(3, 6), Uint32Array.of(3, 5, 6)]) {
      const other = new ForecastPort(sent, asked)
      expect((await other.snapshot(ids, ids.length, 0)).words[0]).toBe(9)
    }
  })
})
