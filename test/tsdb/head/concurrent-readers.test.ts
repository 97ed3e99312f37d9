import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import type { Database } from '../../../src/tsdb/db.ts'
import { openDatabase } from '../../support/open-database.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import type { FromReader, Seen, ToReader } from './reader-thread.ts'

const seriesCount = 3_000
const bornPerCommit = 40
const stepMs = 600_000
const startMs = 1_000_000_000_000

async function bundledReader(): Promise<string> {
  const result = await build({
    entryPoints: ['test/tsdb/head/reader-thread.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  })
  return result.outputFiles[0]?.text ?? ''
}

/** One commit: a sample of every lasting series, and new series that all have its number. */
function commit(database: Database, ids: Uint32Array, number: number): void {
  const appender = database.appender()
  const all = new Uint32Array(seriesCount + bornPerCommit)
  all.set(ids)
  for (let born = 0; born < bornPerCommit; born++) {
    const labels = Labels.of({ __name__: 'born', commit: `${number}`, i: `${born % 10}-${born}` })
    all[seriesCount + born] = appender.series(labels)
  }
  const times = new Float64Array(all.length).fill(startMs + number * stepMs)
  appender.append(all, times, new Float64Array(all.length).fill(number), all.length)
  appender.commit()
}

function lastingIds(database: Database): Uint32Array {
  const appender = database.appender()
  const ids = Uint32Array.from({ length: seriesCount }, (_, index) =>
    appender.series(Labels.of({ __name__: 'always', i: `${index}` })),
  )
  appender.rollback()
  return ids
}

describe('readers in other threads', () => {
  it('never see half a commit, while series come and lists and tables grow under them', {
    timeout: 60_000,
  }, async () => {
    const database = await openDatabase(temporaryDirectory())
    const worker = new Worker(await bundledReader(), { eval: true, workerData: database.directory })
    onTestFinished(async () => {
      await worker.terminate()
      await database.close()
    })
    const ids = lastingIds(database)
    let commits = 0
    let version = 0
    let unpin = (): void => undefined
    const seen: Seen[] = []
    const send = (message: ToReader): void => worker.postMessage(message)
    const ask = (): void => {
      unpin()
      unpin = database.pin()
      const update = database.updateSince(version)
      version = update.head.version
      // Nothing is behind the newest commit, unless another comes during the query.
      send({ kind: 'query', update, afterMs: startMs + (commits - 1) * stepMs })
    }
    const failure = new Promise<never>((_, reject) => worker.on('error', reject))
    worker.on('message', (message: FromReader) => {
      if (message.kind === 'snapshot') {
        const snapshot = database.snapshot(message.ids, message.ids.length, message.sinceVersion)
        send({ kind: 'snapshot', snapshot })
        return
      }
      seen.push(message)
      ask()
    })
    const writing = async (): Promise<void> => {
      while (commits < 300 || (seen.length < 60 && commits < 5_000)) {
        commit(database, ids, commits++)
        if (commits === 1) ask()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    await Promise.race([writing(), failure])
    // What was seen of the lasting series: all of them at one moment, or none.
    expect(seen.length).toBeGreaterThan(20)
    for (const each of seen) {
      expect([0, seriesCount]).toContain(each.series)
      const seenAny = each.series > 0 ? 1 : 0
      expect(each.timesMs).toHaveLength(seenAny)
      expect(each.values).toHaveLength(seenAny)
      expect(each.counts.length).toBeLessThanOrEqual(1)
      expect(new Set(each.born)).toEqual(new Set([bornPerCommit]))
    }
    expect(seen.some((each) => each.series === seriesCount)).toBe(true)
  })
})
