import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { writeStaleAt } from '../../src/model/stale-nan.ts'
import { encodingNames, isFloatEncoding } from '../../src/tsdb/chunk/chunk-encoding.ts'
import { encoding } from '../../src/tsdb/chunk/encoding.ts'
import { FloatColumns } from '../../src/tsdb/chunk/float-columns.ts'
import { FloatChunkDecoder } from '../../src/tsdb/chunk/float-decode.ts'
import { HistogramDecoder } from '../../src/tsdb/chunk/histogram-decoder.ts'
import { Database } from '../../src/tsdb/db.ts'
import type { HeadEncodings } from '../../src/tsdb/head/head-encodings.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { allTime, localQuerier, readerOf } from '../support/local-querier.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hourMs = 3_600_000
const beginMs = Math.ceil(1_700_000_000_000 / (18 * hourMs)) * 18 * hourMs

const withStarts = (): HeadEncodings => ({
  floats: encoding.xor2,
  histogramStarts: true,
  storesStarts: true,
})

function open(directory: string, clock: SimClock, encodings: HeadEncodings): Promise<Database> {
  return Database.open({
    directory,
    fileSystem: nodeFileSystem,
    clock,
    logger: silentLogger,
    lock: async () => ({ release: () => undefined }),
    blockRangeMsMax: 18 * hourMs,
    blockReloadIntervalMs: 10 ** 9,
    encodings,
  })
}

/** A counter, a histogram and a float histogram, which begin anew every 50 minutes. */
function appendMinute(database: Database, minute: number): string[] {
  const timestampMs = beginMs + minute * 60_000
  const startMs = minute % 97 === 0 ? 0 : beginMs + Math.floor(minute / 50) * 3_000_000 - 777
  const values = Float64Array.of(minute)
  if (minute % 31 === 0) writeStaleAt(new Uint32Array(values.buffer), 0)
  const appender = database.appender()
  const id = (name: string) => appender.series(Labels.of({ __name__: name }))
  const times = Float64Array.of(timestampMs)
  appender.append(Uint32Array.of(id('counter')), times, values, 1, Float64Array.of(startMs))
  for (const isFloat of [false, true]) {
    const histogram = new NativeHistogram()
    histogram.isFloat = isFloat
    histogram.setPositiveSpans(Int32Array.of(minute % 20 < 10 ? 0 : 1, 2), 1)
    histogram.positiveBucketCount = 2
    histogram.reserveBuckets(2, 0)
    histogram.positiveBuckets.set([minute, minute])
    histogram.count = minute * 2
    const name = isFloat ? 'floats' : 'integers'
    expect(appender.appendHistogram(id(name), timestampMs, histogram, startMs)).toBe(0)
  }
  appender.commit()
  return ['counter', 'floats', 'integers'].map((name) => `${name} ${timestampMs} ${startMs}`)
}

interface Stored {
  readonly samples: string[]
  readonly encodings: ReadonlySet<string>
}

/** Series, time and start of every sample as the chunks hold them. */
async function stored(database: Database): Promise<Stored> {
  const samples: string[] = []
  const encodings = new Set<string>()
  const columns = new FloatColumns()
  const floats = new FloatChunkDecoder()
  const histograms = new HistogramDecoder()
  const bytes = new Uint8Array(1 << 16)
  const querier = localQuerier(database, readerOf(database))
  for (const name of ['counter', 'floats', 'integers']) {
    const matchers = [new Matcher('=', '__name__', name)]
    const { chunks } = await querier.select({ matchers, ...allTime, sorted: true })
    chunks.encoding.forEach((kind, chunk) => {
      const data = bytes.slice(0, chunks.read(chunk, bytes))
      encodings.add(encodingNames[kind] ?? String(kind))
      if (isFloatEncoding(kind)) {
        columns.reserve(1_000)
        const count = floats.decode(kind, data, -Infinity, Infinity, columns.target, 0)
        for (let at = 0; at < count; at++) {
          samples.push(`${name} ${columns.timestampsMs[at]} ${columns.startsMs[at]}`)
        }
        return
      }
      histograms.open(kind, data)
      while (histograms.next()) {
        samples.push(`${name} ${histograms.timestampMs} ${histograms.startMs}`)
      }
    })
  }
  querier.close()
  return { samples: [...new Set(samples)].sort(), encodings }
}

describe('start timestamps', () => {
  it('are in head, log, chunk files, blocks and merged blocks, restarted at any time', async () => {
    const directory = temporaryDirectory()
    const clock = new SimClock(beginMs)
    const taken: string[] = []
    let database = await open(directory, clock, withStarts())
    for (let minute = 1; minute < 20 * 60; minute++) {
      await clock.advance(60_000)
      taken.push(...appendMinute(database, minute))
      if (minute % 240 === 0) await database.maintain()
      if (minute % 270 !== 0) continue
      await database.close()
      database = await open(directory, clock, withStarts())
    }
    await database.maintain()
    expect(database.stats().blocks).toBeGreaterThan(0)
    const { samples, encodings } = await stored(database)
    expect(samples).toEqual(taken.sort())
    expect([...encodings].sort()).toEqual(['XOR2', 'floathistogramST', 'histogramST'])
    await database.close()
  })

  it('are left out where they are not stored', async () => {
    const directory = temporaryDirectory()
    const clock = new SimClock(beginMs + hourMs)
    const plain = { floats: encoding.xor2, histogramStarts: true, storesStarts: false }
    const database = await open(directory, clock, plain)
    const taken = appendMinute(database, 1)
    const { samples } = await stored(database)
    expect(samples).toEqual(taken.map((text) => text.replace(/ \d+$/, ' 0')))
    await database.close()
  })
})

describe('the encoding of floats', () => {
  it('may change while chunks are open; blocks of both encodings are merged', async () => {
    const directory = temporaryDirectory()
    const clock = new SimClock(beginMs)
    const encodings: HeadEncodings = {
      floats: encoding.xor,
      histogramStarts: false,
      storesStarts: false,
    }
    const taken: string[] = []
    const seen: string[] = []
    let database = await open(directory, clock, encodings)
    for (let minute = 1; minute < 20 * 60; minute++) {
      await clock.advance(60_000)
      if (minute % 95 === 0) {
        const isXor = encodings.floats === encoding.xor
        database.encodeFloats(isXor ? encoding.xor2 : encoding.xor)
      }
      taken.push(...appendMinute(database, minute).map((text) => text.replace(/ \d+$/, ' 0')))
      if (minute % 240 !== 0) continue
      await database.maintain()
      seen.push(...(await stored(database)).encodings)
      await database.close()
      database = await open(directory, clock, encodings)
    }
    await database.maintain()
    const { samples, encodings: last } = await stored(database)
    expect(samples).toEqual(taken.sort())
    seen.push(...last)
    expect([...new Set(seen)].sort()).toEqual(['XOR', 'XOR2', 'floathistogram', 'histogram'])
    await database.close()
  })
})
