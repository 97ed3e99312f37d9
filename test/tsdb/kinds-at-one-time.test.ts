import { expect, it } from 'vitest'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'
import { openAt, storedIn } from './head/histogram-world.ts'

const minuteMs = 60_000

function histogramOf(count: number): NativeHistogram {
  const histogram = new NativeHistogram()
  histogram.count = count
  histogram.setPositiveSpans(Int32Array.of(0, 1), 1)
  histogram.reserveBuckets(1, 0)
  histogram.positiveBucketCount = 1
  histogram.positiveBuckets[0] = count
  return histogram
}

function send(database: Database, kind: 'float' | 'histogram', minute: number): void {
  const appender = database.appender()
  const id = appender.series(Labels.of({ __name__: 'h', n: '0' }))
  const timeMs = minute * minuteMs
  if (kind === 'histogram')
    expect(appender.appendHistogram(id, timeMs, histogramOf(minute))).toBe(0)
  else appender.append(Uint32Array.of(id), Float64Array.of(timeMs), Float64Array.of(minute), 1)
  appender.commit()
}

/** Minute and kind of each sample, in order of time. */
async function look(database: Database, fileSystem: SimFileSystem): Promise<readonly string[]> {
  const [lines = []] = await storedIn(database, fileSystem)
  return lines.map((line) => {
    const isFloat = !line.startsWith('[') && !line.startsWith('{')
    return `${Number(/\d+/.exec(line)?.[0]) / minuteMs} ${isFloat ? 'float' : 'histogram'}`
  })
}

it('of a float and a histogram of one time the one in order is answered, in the head and in blocks', async () => {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  const clock = new SimClock(1_000_000 * minuteMs)
  const world = { fileSystem, directory: '/data', clock, outOfOrderWindowMs: 10_000 * minuteMs }
  let database = await openAt(world)
  const expected: string[] = []
  const kindAt = (minute: number) => (minute % 20 < 10 ? 'float' : 'histogram')
  const fill = (from: number, to: number) => {
    for (let minute = from; minute <= to; minute++) {
      if (minute % 5 === 4) continue
      send(database, kindAt(minute), minute)
      expected.push(`${minute} ${kindAt(minute)}`)
    }
  }
  fill(1, 60)
  for (let minute = 1; minute < 60; minute += 3) {
    const kind = kindAt(minute) === 'float' ? 'histogram' : 'float'
    send(database, kind, minute)
    if (minute % 5 === 4) expected.push(`${minute} ${kind}`)
  }
  const inOrder = () => expected.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
  expect(await look(database, fileSystem)).toEqual(inOrder())
  database = await openAt(world)
  expect(await look(database, fileSystem), 'after a kill').toEqual(inOrder())
  fill(61, 700)
  await database.maintain()
  expect(database.stats().blocks).toBeGreaterThan(1)
  expect(await look(database, fileSystem), 'in blocks').toEqual(inOrder())
  await database.close()
})

it('of a float and a histogram of one time that both came late the first one is answered, in the head and in blocks', async () => {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  const clock = new SimClock(1_000_000 * minuteMs)
  const world = { fileSystem, directory: '/data', clock, outOfOrderWindowMs: 10_000 * minuteMs }
  let database = await openAt(world)
  send(database, 'float', 500)
  const kindAt = (minute: number) => (minute % 7 < 4 ? 'float' : 'histogram')
  const expected: string[] = []
  // In another order the second time: so most have a slab of their own.
  for (let minute = 1; minute <= 100; minute++) {
    send(database, kindAt(minute), minute)
    expected.push(`${minute} ${kindAt(minute)}`)
  }
  for (let step = 0; step < 100; step++) {
    const minute = ((step * 37) % 100) + 1
    send(database, kindAt(minute) === 'float' ? 'histogram' : 'float', minute)
  }
  expected.push('500 float')
  expect(await look(database, fileSystem)).toEqual(expected)
  database = await openAt(world)
  expect(await look(database, fileSystem), 'after a kill').toEqual(expected)
  for (let minute = 501; minute <= 800; minute++) {
    send(database, 'float', minute)
    expected.push(`${minute} float`)
  }
  await database.maintain()
  expect(database.stats().blocks).toBeGreaterThan(1)
  expect(await look(database, fileSystem), 'in blocks').toEqual(expected)
  await database.close()
})
