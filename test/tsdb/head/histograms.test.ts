import { describe, expect, it } from 'vitest'
import { limits } from '../../../src/base/limits.ts'
import { NativeHistogram, resetHint } from '../../../src/model/histogram.ts'
import { Labels } from '../../../src/model/labels.ts'
import { halvesOf, writeStaleAt } from '../../../src/model/stale-nan.ts'
import { refusal } from '../../../src/storage/appender.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import { SimClock } from '../../sim/sim-clock.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'
import { Random } from '../chunk/chunk-series.ts'
import { HistogramLoad, lineOf, openAt, storedIn } from './histogram-world.ts'

const hourMs = 3_600_000
const startMs = Math.ceil(1_700_000_000_000 / (2 * hourMs)) * 2 * hourMs

function worldOf(fileSystem = new SimFileSystem()) {
  return { fileSystem, directory: '/data', clock: new SimClock(startMs + 24 * hourMs) }
}

function histogramOf(counts: readonly number[], isFloat = false): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.isFloat = isFloat
  histogram.setPositiveSpans(Int32Array.of(0, counts.length), counts.length > 0 ? 1 : 0)
  histogram.positiveBucketCount = counts.length
  histogram.reserveBuckets(counts.length, 0)
  histogram.positiveBuckets.set(counts)
  histogram.count = counts.reduce((sum, count) => sum + count, 0)
  histogram.sum[0] = 1.5
  return histogram
}

describe('histograms of the database', () => {
  it.each([1, 2])(
    'come back bit for bit from memory, files, log and blocks: %i',
    {
      timeout: 60_000,
    },
    async (seed) => {
      const world = worldOf()
      const { fileSystem } = world
      const load = new HistogramLoad(seed, 9)
      let database = await openAt(world)
      let timeMs = startMs
      for (let round = 0; round < 5; round++) {
        for (let step = 0; step < 90; step++, timeMs += 30_000) {
          const appender = database.appender()
          load.stage(appender, timeMs)
          appender.commit()
          if (step % 60 === 7) expect(await storedIn(database, fileSystem)).toEqual(load.taken)
        }
        expect(await storedIn(database, fileSystem), `round ${round}`).toEqual(load.taken)
        if (round % 2 === 0) await database.close()
        // Else as after kill -9: what was written is there, nothing was closed.
        database = await openAt(world)
        expect(await storedIn(database, fileSystem), `reopened ${round}`).toEqual(load.taken)
        // Without the files of full chunks the log gives everything.
        if (round !== 2) continue
        await database.close()
        fileSystem.remove('/data/chunks_head', { recursive: true })
        database = await openAt(world)
        expect(await storedIn(database, fileSystem), 'from the log').toEqual(load.taken)
      }
      await database.maintain()
      expect(database.stats().blocks).toBe(1)
      expect(await storedIn(database, fileSystem), 'block and head').toEqual(load.taken)
      const part = { minTimeMs: startMs + hourMs + 7, maxTimeMs: startMs + 3 * hourMs }
      const within = load.taken.map((lines) =>
        lines.filter((line) => {
          const time = Number(/\d{13}/.exec(line)?.[0])
          return time >= part.minTimeMs && time <= part.maxTimeMs
        }),
      )
      expect(await storedIn(database, fileSystem, part), 'a part').toEqual(within)
      database = await openAt(world)
      expect(await storedIn(database, fileSystem), 'block, reopened').toEqual(load.taken)
      await database.close()
    },
  )

  it('are read as they were when the snapshot was taken, however the chunk grows meanwhile', async () => {
    const world = worldOf()
    const database = await openAt(world)
    const series = Labels.of({ __name__: 'h', n: '0' })
    const lines: string[] = []
    const readings: Promise<readonly (readonly string[])[]>[] = []
    for (let step = 0; step < 300; step++) {
      const appender = database.appender()
      const id = appender.series(series)
      // More buckets every ten steps, so that the chunk is written anew.
      const counts = Array.from({ length: 1 + Math.floor(step / 10) }, (_, index) => step + index)
      const histogram = histogramOf(counts)
      expect(appender.appendHistogram(id, startMs + step, histogram)).toBe(0)
      appender.commit()
      lines.push(lineOf(startMs + step, histogram))
      const release = database.pin()
      readings.push(storedIn(database, world.fileSystem).finally(release))
    }
    for (const [step, reading] of readings.entries()) {
      expect((await reading)[0]).toEqual(lines.slice(0, step + 1))
    }
  })

  it('are known when they are repeated, also gauges that are stored with more buckets than they have', async () => {
    const database = await openAt(worldOf())
    const gaugeOf = (counts: readonly number[]) => {
      const histogram = histogramOf(counts)
      histogram.hint = resetHint.gauge
      return histogram
    }
    const append = (timeMs: number, histogram: NativeHistogram) => {
      const appender = database.appender()
      const id = appender.series(Labels.of({ __name__: 'g' }))
      const code = appender.appendHistogram(id, timeMs, histogram)
      appender.commit()
      return code
    }
    expect(append(startMs, gaugeOf([1, 2, 3, 4]))).toBe(0)
    expect(append(startMs + 1, gaugeOf([1, 2]))).toBe(0)
    expect(append(startMs + 1, gaugeOf([1, 2]))).toBe(0)
    expect(append(startMs + 1, gaugeOf([1, 2, 1]))).toBe(refusal.duplicateTimestamp)
    const { histogramsAppended, refused } = database.stats()
    expect(histogramsAppended).toBe(2)
    expect(refused.outOfOrder, 'those that are there, as upstream').toEqual({
      float: 0,
      histogram: 1,
    })
    await database.close()
  })

  it('are refused with a code for each reason, and a repeated one is silently known', async () => {
    const database = await openAt(worldOf())
    const first = database.appender()
    const id = first.series(Labels.of({ __name__: 'h', n: '0' }))
    const gap = histogramOf([1, 2, 3])
    expect(first.appendHistogram(id, startMs, gap)).toBe(0)
    first.commit()
    const next = database.appender()
    const wider = histogramOf([1, 2, 3, 0, 4])
    expect(next.appendHistogram(id, startMs + 1, wider)).toBe(0)
    next.commit()
    const appender = database.appender()
    const refused = (timeMs: number, histogram: NativeHistogram) =>
      appender.appendHistogram(id, timeMs, histogram)
    expect(refused(startMs + 1, wider)).toBe(0)
    expect(refused(startMs + 1, histogramOf([1, 2, 3, 0, 5]))).toBe(refusal.duplicateTimestamp)
    expect(refused(startMs + 1, histogramOf([1, 2, 3, 0, 4], true))).toBe(
      refusal.duplicateTimestamp,
    )
    expect(refused(startMs, gap)).toBe(refusal.outOfOrder)
    expect(refused(startMs - 2 * hourMs, gap)).toBe(refusal.outOfBounds)
    expect(refused(startMs + 25 * hourMs, gap)).toBe(refusal.tooFarAhead)
    const broken = histogramOf([1, 2, 3])
    broken.count = 5
    expect(refused(startMs + 2, broken)).toBe(refusal.invalidHistogram)
    const large = histogramOf(new Array<number>(20_000).fill(0))
    expect(refused(startMs + 2, large)).toBe(refusal.histogramTooLarge)
    const unknown = database.appender()
    const outcome = unknown.append(
      Uint32Array.of(id),
      Float64Array.of(startMs + 1),
      Float64Array.of(1),
      1,
    )
    expect(Array.from(outcome.refusedCode)).toEqual([refusal.duplicateTimestamp])
    unknown.rollback()
    await database.close()
  })

  it('may be mixed with floats within a transaction, also in the log', async () => {
    const world = worldOf()
    const database = await openAt(world)
    const appender = database.appender()
    const id = appender.series(Labels.of({ __name__: 'h', n: '0' }))
    const float = (timeMs: number, value: Float64Array) =>
      appender.append(Uint32Array.of(id), Float64Array.of(timeMs), value, 1).staged
    const stale = Float64Array.of(0)
    writeStaleAt(halvesOf(stale), 0)
    const bucket = histogramOf([1])
    const ofFloats = histogramOf([1.5], true)
    expect(float(startMs, Float64Array.of(1))).toBe(1)
    expect(appender.appendHistogram(id, startMs + 1, bucket)).toBe(0)
    expect(float(startMs + 2, stale)).toBe(1)
    expect(float(startMs + 3, Float64Array.of(2))).toBe(1)
    expect(appender.appendHistogram(id, startMs + 4, ofFloats)).toBe(0)
    expect(appender.appendHistogram(id, startMs + 5, bucket)).toBe(0)
    appender.commit()
    const staleHistogram = new NativeHistogram()
    writeStaleAt(staleHistogram.sumHalves, 0)
    const expected = [
      [
        `${startMs} ${0x3ff00000}:0`,
        lineOf(startMs + 1, bucket),
        lineOf(startMs + 2, staleHistogram),
        `${startMs + 3} ${0x40000000}:0`,
        lineOf(startMs + 4, ofFloats),
        lineOf(startMs + 5, bucket),
      ],
    ]
    expect(await storedIn(database, world.fileSystem)).toEqual(expected)
    const reopened = await openAt(world)
    expect(await storedIn(reopened, world.fileSystem)).toEqual(expected)
    await reopened.close()
  })

  it('of a transaction that is rolled back leave nothing, and the next one begins anew', async () => {
    const world = worldOf()
    const database = await openAt(world)
    const dropped = database.appender()
    const series = Labels.of({ __name__: 'h', n: '0' })
    dropped.appendHistogram(dropped.series(series), startMs, histogramOf([1]))
    dropped.rollback()
    const kept = database.appender()
    kept.appendHistogram(kept.series(series), startMs + 1, histogramOf([2]))
    kept.commit()
    expect(await storedIn(database, world.fileSystem)).toEqual([
      [lineOf(startMs + 1, histogramOf([2]))],
    ])
    await database.close()
  })

  it('may be as wide as the limit: from memory, files, log and a block', async () => {
    const world = worldOf()
    const database = await openAt(world)
    const most = limits.histogramPartsMax - 1
    const expected: string[][] = [[], []]
    const random = new Random(9)
    for (let step = 0; step < 23; step++) {
      const appender = database.appender()
      for (const n of [0, 1]) {
        const counts = Array.from({ length: n === 0 ? most : 900 }, () => random.below(2 ** 20))
        const histogram = histogramOf(counts, step % 2 === n)
        const timeMs = startMs + step * 600_000
        const id = appender.series(Labels.of({ __name__: 'h', n: String(n) }))
        // A gauge, so that nothing but its length ends a chunk of its kind.
        histogram.hint = resetHint.gauge
        expect(appender.appendHistogram(id, timeMs, histogram)).toBe(0)
        expected[n]?.push(lineOf(timeMs, histogram))
      }
      appender.commit()
    }
    expect(await storedIn(database, world.fileSystem)).toEqual(expected)
    const reopened = await openAt(world)
    expect(await storedIn(reopened, world.fileSystem)).toEqual(expected)
    await reopened.maintain()
    expect(reopened.stats().blocks).toBe(1)
    expect(await storedIn(reopened, world.fileSystem)).toEqual(expected)
    await reopened.close()
  })

  it('that are much wider than thousands before them begin a chunk of their own', async () => {
    const head = new Head()
    const id = head.series(Labels.of({ __name__: 'h', n: '0' }))
    // They hardly change, so that many fit a chunk.
    for (let step = 0; step < 2_500; step++) {
      head.appendHistogram(id, startMs + step * 1_000, histogramOf([7]))
    }
    const before = head.stats().chunks
    const wide = histogramOf(new Array<number>(2_000).fill(7))
    head.appendHistogram(id, startMs + 2_500_000, wide)
    expect(head.stats().chunks).toBe(before + 1)
  })
})
