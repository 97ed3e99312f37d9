import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import type { ChunkSeriesSet, Querier } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { WorkerPool } from '../../src/workers/pool.ts'
import { claimed, noRoom, ReadingBoard } from '../../src/workers/reading-board.ts'
import { helpReading, readPiece } from '../../src/workers/reading-helper.ts'
import { type OfferJob, SharedReadingSet } from '../../src/workers/shared-reading.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { bundledWorker } from '../support/bundled-worker.ts'
import { localQuerier, readerOf } from '../support/local-querier.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { bitsOf, Columns } from '../tsdb/block/block-answers.ts'
import { HistogramLoad, openAt } from '../tsdb/head/histogram-world.ts'

const minuteMs = 60_000
const startMs = Math.ceil(1_700_000_000_000 / (120 * minuteMs)) * 120 * minuteMs
const seriesCount = 60
const minutes = 330
const range = { minTimeMs: startMs, maxTimeMs: startMs + minutes * minuteMs }

/** Series of several lengths in blocks, in the head, late, and with native histograms among them. */
async function databaseOfAll(): Promise<Database> {
  const clock = new SimClock(startMs)
  const directory = temporaryDirectory(afterAll)
  const world = { fileSystem: nodeFileSystem, directory, clock, outOfOrderWindowMs: 60 * minuteMs }
  const database = await openAt(world)
  const histograms = new HistogramLoad(4, 6)
  for (let minute = 1; minute <= minutes; minute++) {
    await clock.advance(minuteMs)
    const timeMs = clock.wallMs()
    const appender = database.appender()
    for (let n = 0; n < seriesCount; n++) {
      if (minute % ((n % 5) + 1) !== 0) continue
      const id = appender.series(Labels.of({ __name__: 'a', n: String(n) }))
      const isLate = minute % 16 === 0 && n % 4 === 0
      const at = isLate ? timeMs - 20 * minuteMs - 1 : timeMs
      appender.append(Uint32Array.of(id), Float64Array.of(at), Float64Array.of(n + minute / 7), 1)
    }
    if (minute % 10 === 0) histograms.stage(appender, timeMs)
    appender.commit()
    if (minute % 60 === 0) await database.maintain()
  }
  return database
}

/** The bits of all float samples, series by series, and where histograms were passed over. */
function readAll(set: ChunkSeriesSet, columns = new Columns(), from = 0): readonly string[] {
  columns.grow(from)
  columns.timestampsMs.fill(-1, 0, from)
  columns.values.fill(-1, 0, from)
  return Array.from({ length: set.seriesCount }, (_, series) => {
    const passed = set.histogramChunksPassed
    const end = set.readFloats(series, range.minTimeMs, range.maxTimeMs, columns, from)
    expect(columns.timestampsMs.subarray(0, from).every((timeMs) => timeMs === -1)).toBe(true)
    expect(columns.values.subarray(0, from).every((value) => value === -1)).toBe(true)
    const hasHistograms = set.histogramChunksPassed > passed
    const times = bitsOf(columns.timestampsMs.slice(from, end))
    return `${hasHistograms} ${times} ${bitsOf(columns.values.slice(from, end))}`
  })
}

function select(querier: Querier): Promise<ChunkSeriesSet> {
  const matchers = [new Matcher('=~', '__name__', 'a|h')]
  return querier.select({ matchers, ...range, sorted: true })
}

describe('reading that is shared', () => {
  let database: Database
  beforeAll(async () => {
    database = await databaseOfAll()
    return () => database.close()
  })

  it('answers the same bits whatever pieces the helpers have read', async () => {
    const querier = localQuerier(database, readerOf(database), range)
    const plain = readAll(await select(querier))
    expect(database.stats().blocks).toBeGreaterThan(1)
    expect(plain.filter((line) => line.startsWith('true')).length).toBe(6)
    const reader = readerOf(database)
    reader.apply(database.updateSince(reader.version))
    let helped = 0
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 700 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(12),
      async (pieceSamples, piecesAhead, pieces) => {
        const offer: OfferJob = ({ shape, memory, series }) => {
          const board = new ReadingBoard(shape, memory)
          const { floats, release } = reader.openShared(series)
          for (let count = 0; count < pieces; count++) {
            const piece = board.claim()
            if (piece === claimed.none || piece === claimed.tooFarAhead) break
            readPiece(board, piece, floats)
            helped++
          }
          release()
        }
        const bounds = { samplesMin: 0, pieceSamples, piecesAhead }
        const set = new SharedReadingSet(await select(querier), offer, bounds)
        expect(readAll(set)).toEqual(plain)
        // Another time, and not from the beginning on.
        expect(readAll(set)).toEqual(plain)
        const columns = new Columns()
        for (const series of [7, 3, 3, 40]) set.readFloats(series, 0, range.maxTimeMs, columns)
      },
    )
    await fc.assert(property, { seed: 20_264, numRuns: 60 })
    expect(helped).toBeGreaterThan(200)
    querier.close()
  })

  it('writes behind what stands there, also of series of which something is deleted', async () => {
    const changing = await databaseOfAll()
    const answers = new Set<string>()
    for (const hasDeleted of [false, true]) {
      if (hasDeleted) {
        const deleted = { minTimeMs: startMs + 90 * minuteMs, maxTimeMs: range.maxTimeMs }
        await changing.admin.deleteSeries([[new Matcher('=~', 'n', '1|2|8')]], deleted)
      }
      const querier = localQuerier(changing, readerOf(changing), range)
      const plain = readAll(await select(querier))
      const bounds = { samplesMin: 0, pieceSamples: 400, piecesAhead: 3 }
      const shared = new SharedReadingSet(await select(querier), () => undefined, bounds)
      for (const set of [await select(querier), shared]) {
        expect(readAll(set, new Columns(), 5)).toEqual(plain)
      }
      answers.add(plain.join())
      querier.close()
    }
    expect(answers.size).toBe(2)
    await changing.close()
  })

  it('cuts its pieces anew where the first series are the shortest, and reads hardly any twice', async () => {
    const growing = await openDatabase(temporaryDirectory())
    const rows = 4_000
    // One sample of each of the first 40, thirty of the others.
    for (let step = 0; step < 30; step++) {
      const appender = growing.appender()
      for (let n = step === 29 ? 0 : 40; n < rows; n++) {
        const id = appender.series(Labels.of({ __name__: 'a', n: String(n).padStart(5, '0') }))
        const at = Float64Array.of(startMs + step * minuteMs)
        appender.append(Uint32Array.of(id), at, Float64Array.of(n + step), 1)
      }
      appender.commit()
    }
    const querier = localQuerier(growing, readerOf(growing), range)
    const plain = readAll(await select(querier))
    const reader = readerOf(growing)
    reader.apply(growing.updateSince(reader.version))
    let [helped, refused, offers] = [0, 0, 0]
    const offer: OfferJob = ({ shape, memory, series }) => {
      offers++
      const board = new ReadingBoard(shape, memory)
      const { floats, release } = reader.openShared(series)
      const counted: typeof floats = {
        get histogramChunksPassed() {
          return floats.histogramChunksPassed
        },
        readFloats: (...ask) => {
          helped++
          return floats.readFloats(...ask)
        },
      }
      for (let piece = board.claim(); piece >= 0; piece = board.claim()) {
        readPiece(board, piece, counted)
        refused += board.slot(piece).counts.filter((count) => count === noRoom).length
      }
      release()
    }
    const bounds = { samplesMin: 0, pieceSamples: 3_000, piecesAhead: 64 }
    const set = new SharedReadingSet(await select(querier), offer, bounds)
    expect(readAll(set)).toEqual(plain)
    expect(offers).toBe(2)
    // The two pieces that were cut too large were given up at the first series without room.
    expect(helped).toBeGreaterThan(rows - 600)
    expect(helped).toBeLessThan(rows + 300)
    expect(refused).toBeGreaterThan(2_000)
    querier.close()
    await growing.close()
  })

  it('does not wait for helpers that are gone, and they do not wait for a closed one', async () => {
    const querier = localQuerier(database, readerOf(database), range)
    const plain = readAll(await select(querier))
    const jobs: Parameters<OfferJob>[0][] = []
    const bounds = { samplesMin: 0, pieceSamples: 500, piecesAhead: 4 }
    const offer: OfferJob = (job) => {
      jobs.push(job)
      // Claimed, and never read.
      expect(new ReadingBoard(job.shape, job.memory).claim()).toBe(0)
    }
    const set = new SharedReadingSet(await select(querier), offer, bounds)
    expect(readAll(set)).toEqual(plain)
    for (const job of jobs) await helpReading(job, readerOf(database), () => undefined)
    expect(jobs.length).toBe(1)
    querier.close()
  })
})

describe('a query over 1, 2 and 4 workers', () => {
  it('has the same answer to the last digit', async () => {
    const source = await bundledWorker()
    const endMs = Math.floor(Date.now() / 60_000) * 60_000
    const large = await openDatabase(temporaryDirectory())
    fillDatabase(large, 700, 300, endMs)
    const answers: string[] = []
    for (const workersMax of [1, 2, 4]) {
      const pool = new WorkerPool({
        source,
        database: large,
        clock: systemClock,
        logger: silentLogger,
        engine: defaultEngineFlags,
        workersMax,
        concurrencyMax: 20,
        failed: (reason) => expect.unreachable(reason),
      })
      const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e9, limit: 0 }
      for (const query of ['sum(rate(m[5m])) + stddev(m)', 'avg_over_time(m[7m])']) {
        // The second one finds the helpers started.
        for (let run = 0; run < 2; run++) {
          const reply = await pool.run(
            {
              kind: 'range',
              query,
              startMs: endMs - 70 * minuteMs,
              endMs,
              stepMs: 60_000,
              stats: 'none',
              bounds,
            },
            new AbortController().signal,
          )
          answers.push(reply.ok ? Buffer.concat(reply.body).toString() : reply.message)
        }
      }
      expect(pool.workers > 1).toBe(workersMax > 1)
      await pool.close()
    }
    const [sum, , plain] = answers
    expect(answers.slice(0, 4)).toEqual([sum, sum, plain, plain])
    expect(answers.slice(4, 8)).toEqual(answers.slice(0, 4))
    expect(answers.slice(8)).toEqual(answers.slice(0, 4))
    await large.close()
  })
})
