import { describe, expect, it } from 'vitest'
import { MetricsRegistry } from '../../../src/base/self-metrics.ts'
import { type NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { writeStaleAt } from '../../../src/model/stale-nan.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { plainEncodings } from '../../../src/tsdb/head/head-encodings.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { evenHistogram } from './even-histogram.ts'
import { openAt } from './histogram-world.ts'

const minuteMs = 60_000
const startMs = 1_700_000_000_000

function appendHistogram(database: Database, name: string, timeMs: number, h: NativeHistogram) {
  const appender = database.appender()
  appender.appendHistogram(appender.series(Labels.of({ __name__: name })), timeMs, h)
  appender.commit()
}

function appendFloat(database: Database, name: string, timeMs: number, value = Float64Array.of(1)) {
  const appender = database.appender()
  const ids = Uint32Array.of(appender.series(Labels.of({ __name__: name })))
  const { refused } = appender.append(ids, Float64Array.of(timeMs), value, 1)
  appender.commit()
  return refused
}

function worldOf(windowMs: number) {
  const clock = new SimClock(startMs + 48 * 60 * minuteMs)
  return {
    fileSystem: new SimFileSystem(),
    directory: '/data',
    clock,
    outOfOrderWindowMs: windowMs,
  }
}

describe('native histograms in the head', () => {
  it('are counted by series and by the buckets of the newest, whatever comes after', async () => {
    const database = await openAt(worldOf(0))
    const counts = () => {
      const { histogramSeries, histogramBuckets } = database.stats()
      return [histogramSeries, histogramBuckets]
    }
    appendFloat(database, 'a', startMs)
    expect(counts()).toEqual([0, 0])
    appendHistogram(database, 'b', startMs, evenHistogram(3, 1))
    appendHistogram(database, 'c', startMs, evenHistogram(40, 1))
    expect(counts()).toEqual([2, 43])
    appendHistogram(database, 'b', startMs + minuteMs, evenHistogram(5, 2))
    expect(counts()).toEqual([2, 45])
    appendFloat(database, 'c', startMs + minuteMs)
    expect(counts(), 'a float behind a histogram').toEqual([1, 5])
    for (let step = 2; step < 300; step++) {
      appendHistogram(database, 'b', startMs + step * minuteMs, evenHistogram(5, step))
    }
    expect(counts(), 'over many chunks').toEqual([1, 5])
    const stale = new Float64Array(1)
    writeStaleAt(new Uint32Array(stale.buffer), 0)
    appendFloat(database, 'b', startMs + 400 * minuteMs, stale)
    expect(counts(), 'a stale marker is one of its kind, without buckets').toEqual([1, 0])
    await database.maintain()
    expect(counts()[0], 'after a flush').toBe(1)
  })

  it('are counted with the buckets that they came with, whatever their chunk or a marker has', async () => {
    const world = worldOf(0)
    let database = await openAt(world)
    const buckets = () => database.stats().histogramBuckets
    const gaugeOf = (count: number) => {
      const histogram = evenHistogram(count, 1)
      histogram.hint = resetHint.gauge
      return histogram
    }
    appendHistogram(database, 'a', startMs, gaugeOf(8))
    appendHistogram(database, 'a', startMs + minuteMs, gaugeOf(3))
    expect(buckets(), 'fewer than its chunk').toBe(3)
    appendHistogram(database, 'a', startMs + 2 * minuteMs, gaugeOf(4))
    expect(buckets()).toBe(4)
    const marker = evenHistogram(5, 1)
    writeStaleAt(marker.sumHalves, 0)
    appendHistogram(database, 'b', startMs, marker)
    expect(buckets(), 'a marker that came with buckets').toBe(9)
    await database.close()
    database = await openAt(world)
    expect(buckets(), 'after a restart').toBe(9)
    await database.close()
  })
})

describe('samples out of order', () => {
  it('are observed with how far behind they are, taken or not, but for what is out of bounds', async () => {
    for (const [windowMs, refused, observed, sum] of [
      [0, 1, 1, 2_700],
      [120 * minuteMs, 0, 2, 8_700],
    ] as const) {
      const metrics = new MetricsRegistry()
      const database = await openAt(worldOf(windowMs), { metrics })
      appendFloat(database, 'a', startMs)
      appendFloat(database, 'a', startMs - 45 * minuteMs)
      expect(appendFloat(database, 'a', startMs - 100 * minuteMs)).toBe(refused)
      expect(appendFloat(database, 'a', startMs), 'the very same is none').toBe(0)
      const name = 'prometheus_tsdb_sample_ooo_delta'
      const page = metrics.render()
      expect(page).toContain(`${name}_bucket{le="1800"} 0\n`)
      expect(page).toContain(`${name}_bucket{le="3600"} 1\n`)
      expect(page).toContain(`${name}_bucket{le="7200"} ${observed}\n`)
      expect(page).toContain(`${name}_sum ${sum}\n`)
    }
  })

  it('are not the zeros where counters begin, which are offered with each sample', async () => {
    const metrics = new MetricsRegistry()
    const encodings = { ...plainEncodings(), zeroAtStart: true }
    const database = await openAt(worldOf(120 * minuteMs), { metrics, encodings })
    for (let minute = 1; minute < 10; minute++) {
      const appender = database.appender()
      const ids = Uint32Array.of(appender.series(Labels.of({ __name__: 'a' })))
      const times = Float64Array.of(startMs + minute * minuteMs)
      appender.append(ids, times, Float64Array.of(minute), 1, Float64Array.of(startMs))
      appender.commit()
    }
    expect(database.stats()).toMatchObject({
      samplesAppended: 10,
      outOfOrderAppended: { floats: 0 },
    })
    expect(metrics.render()).toContain('prometheus_tsdb_sample_ooo_delta_count 0\n')
  })
})
