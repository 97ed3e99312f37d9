import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { noLooks } from '../../src/base/looks.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { BacktestDatabase } from '../../src/tool/backtest-database.ts'

const startMs = 1_700_000_000_000
const seriesCount = 200

/** Samples of many series, a second apart. */
function write({ database }: BacktestDatabase, name: string, value: number, from: number): void {
  const appender = database.appender()
  const ids = Uint32Array.from({ length: seriesCount }, (_, n) =>
    appender.series(Labels.of({ __name__: name, n: String(n) })),
  )
  for (let second = from; second < from + 300; second++) {
    const timesMs = new Float64Array(seriesCount).fill(startMs + second * 1_000)
    appender.append(ids, timesMs, new Float64Array(seriesCount).fill(value * second), seriesCount)
  }
  appender.commit()
}

it('a query over what rules of a backtest wrote reads that, whatever is written before it ends', async () => {
  const written = await BacktestDatabase.open(nodeFileSystem, systemClock)
  write(written, 'm', 1, 1)
  let checkpoints = 0
  const checkpoint = async () => {
    if (++checkpoints !== 3) return
    write(written, 'm', 7, 1_000)
    for (const name of ['other', 'third', 'fourth']) write(written, name, 0.3, 1)
  }
  const control = { checkpoint, looks: noLooks }
  const runner = written.runnerOver(written.queryable, defaultEngineFlags, control)
  const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1_000_000, limit: 0 }
  const query = 'm offset 10s'
  const timeMs = startMs + 300_000
  const signal = new AbortController().signal
  const reply = await runner.run({ kind: 'instant', query, timeMs, bounds, stats: 'none' }, signal)
  const { data } = JSON.parse(Buffer.concat(reply.ok ? reply.body : []).toString())
  expect(checkpoints).toBeGreaterThan(3)
  expect(new Set(data.result.map(({ value }: { value: string[] }) => value[1]))).toEqual(
    new Set(['290']),
  )
  expect(data.result).toHaveLength(seriesCount)
  await written.close()
})
