import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { startPrometheus } from '../support/real-prometheus.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { HistogramLoad, openAt } from '../tsdb/head/histogram-world.ts'
import { answeredLines, appendedLine, query } from './histogram-lines.ts'

const hourMs = 3_600_000
const stepMs = 30_000
const startMs = Math.floor(Date.now() / (2 * hourMs)) * 2 * hourMs - 8 * hourMs
const endMs = startMs + 5 * hourMs

describe.skipIf(peersAreAbsent)('histograms of ours under the real Prometheus and promtool', () => {
  it('are what was appended: from blocks, from the log, and from head chunk files', {
    timeout: 240_000,
  }, async () => {
    const directory = join(temporaryDirectory(), 'data')
    const world = { fileSystem: nodeFileSystem, directory, clock: new SimClock(endMs) }
    const database = await openAt(world)
    const load = new HistogramLoad(11, 9, appendedLine)
    for (let timeMs = startMs; timeMs < endMs; timeMs += stepMs) {
      const appender = database.appender()
      load.stage(appender, timeMs)
      appender.commit()
    }
    const copies = ['chunks', 'log', 'blocks'].map((name) => join(temporaryDirectory(), name))
    const [chunks = '', log = '', blocks = ''] = copies
    // As after kill -9.
    cpSync(directory, join(chunks, 'data'), { recursive: true })
    cpSync(directory, join(log, 'data'), { recursive: true })
    rmSync(join(log, 'data', 'chunks_head'), { recursive: true })
    await database.maintain()
    expect(database.stats().blocks).toBe(1)
    await database.close()
    mkdirSync(blocks, { recursive: true })
    cpSync(directory, join(blocks, 'data'), { recursive: true })
    const listed = execFileSync(peer('promtool'), ['tsdb', 'list', join(blocks, 'data')])
    expect(listed.toString().trim().split('\n')).toHaveLength(2)
    const derived: unknown[] = []
    for (const copy of [chunks, log, blocks]) {
      const { url } = await startPrometheus(copy)
      const found = await query(url, 'h[6h]', endMs)
      expect(found).toHaveLength(9)
      for (const series of found) {
        expect(answeredLines(series), `${copy} ${series.metric.n}`).toEqual(
          load.unmarked[Number(series.metric.n)],
        )
      }
      const answers: unknown[] = []
      for (let timeMs = startMs + 5 * 60_000; timeMs < endMs; timeMs += 20 * 60_000) {
        for (const text of [
          'histogram_count(h)',
          'histogram_sum(h)',
          'histogram_quantile(0.9, h)',
          'histogram_quantile(0.5, rate(h[10m]))',
          'resets(h[1h])',
        ]) {
          answers.push(await query(url, text, timeMs))
        }
      }
      derived.push(answers)
    }
    expect(derived[1]).toEqual(derived[0])
    expect(derived[2]).toEqual(derived[0])
  })
})
