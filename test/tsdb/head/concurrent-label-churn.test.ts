import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Labels } from '../../../src/model/labels.ts'
import { removeDeadLabels } from '../../../src/tsdb/head/dead-labels.ts'
import { Head } from '../../../src/tsdb/head/head.ts'
import type { FromChurnReader, ToChurnReader } from './churn-reader-thread.ts'
import { appendTo } from './head-reading.ts'
import { removeSeries } from './remove-series.ts'

const bornPerRound = 60
/** What each reader has to look at: one that comes late finds that most series of its query have left. */
const queriesMin = 40
const seriesMin = queriesMin * bornPerRound

async function bundledReader(): Promise<string> {
  const result = await build({
    entryPoints: ['test/tsdb/head/churn-reader-thread.ts'],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  })
  return result.outputFiles[0]?.text ?? ''
}

/** A thread that asks one query after the other, each pinned until it has answered. */
function startReader(head: Head, code: string) {
  const worker = new Worker(code, { eval: true })
  onTestFinished(async () => {
    await worker.terminate()
  })
  const seen = { queries: 0, series: 0, faults: [] as string[] }
  let version = 0
  let unpin = (): void => undefined
  const send = (message: ToChurnReader): void => worker.postMessage(message)
  const ask = (): void => {
    unpin()
    unpin = head.pins.pin()
    const update = head.update(version)
    version = update.version
    send({ kind: 'query', update })
  }
  worker.on('message', (message: FromChurnReader) => {
    if (message.kind === 'snapshot') {
      const { ids, sinceVersion } = message
      send({ kind: 'snapshot', snapshot: head.snapshot(ids, ids.length, sinceVersion) })
      return
    }
    seen.queries++
    seen.series += message.series
    seen.faults.push(...message.faults)
    ask()
  })
  const failure = new Promise<never>((_, reject) => worker.on('error', reject))
  return { seen, ask, failure }
}

describe('readers in other threads, while label texts come and go', () => {
  it('never meet a text of others under an id that they know, nor a label set that never was', {
    timeout: 60_000,
  }, async () => {
    const head = new Head()
    const code = await bundledReader()
    const readers = [startReader(head, code), startReader(head, code)]
    let born = 0
    let nowMs = 1_000_000
    const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
    const churn = async (): Promise<void> => {
      const isEnough = () =>
        readers.every(({ seen }) => seen.queries >= queriesMin && seen.series > seriesMin)
      for (let round = 0; round < 200 || (!isEnough() && round < 5_000); round++) {
        nowMs += 10_000
        for (let n = 0; n < bornPerRound; n++) {
          const a = `${born++ % 40_000}`
          appendTo(head, Labels.of({ __name__: 'm', a, b: `of ${a}` }), nowMs, born)
        }
        if (round === 0) for (const { ask } of readers) ask()
        await turn()
        await removeSeries(head, nowMs - 20_000)
        await removeDeadLabels(head, turn)
      }
    }
    await Promise.race([churn(), ...readers.map(({ failure }) => failure)])
    for (const { seen } of readers) {
      expect(seen.faults.slice(0, 5)).toEqual([])
      expect(seen.queries).toBeGreaterThanOrEqual(queriesMin)
      expect(seen.series).toBeGreaterThan(seriesMin)
    }
    // Of two texts a series, so many stood under a number that had been another's.
    expect(head.memory.symbols.count).toBeLessThan(born)
  })
})
