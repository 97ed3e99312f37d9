import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'
import { newDisk, openOn, startMs } from '../sim/database-world.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { readerOf } from '../support/local-querier.ts'

const names = ['a', 'b', 'c', 'target_info']

/** One commit with a sample of each series. */
function append(database: Database, step: number): void {
  const appender = database.appender()
  const ids = Uint32Array.from(names, (name) =>
    appender.series(Labels.of({ __name__: name, instance: 'i', job: 'j' })),
  )
  const times = new Float64Array(names.length).fill(startMs + step * 10)
  appender.append(ids, times, new Float64Array(names.length).fill(step), names.length)
  appender.commit()
}

/** The values of an instant query beside which a commit follows every snapshot. */
async function answer(query: string): Promise<readonly string[]> {
  const disk = newDisk()
  const database = await openOn(disk, new SimClock(startMs + 1_000_000))
  let step = 0
  for (; step < 200; step++) append(database, step)
  const reader = readerOf(database, disk)
  reader.apply(database.updateSince(reader.version))
  const port = {
    snapshot: async (ids: Uint32Array, count: number, since: number) => {
      const snapshot = database.snapshot(ids, count, since)
      append(database, step++)
      return snapshot
    },
  }
  const reply = await answerRequest(
    {
      kind: 'instant',
      query,
      timeMs: startMs + 100_000,
      bounds: { timeoutMs: 10 ** 6, lookbackMs: 300_000, samplesMax: 10 ** 6, limit: 0 },
      stats: 'none',
    },
    {
      queryable: { querier: async (range) => reader.querier(range, port) },
      control: unstoppable,
      engine: defaultEngineFlags,
      queuedMs: 0,
    },
  )
  if (!reply.ok) throw new Error(reply.message)
  const { data } = JSON.parse(Buffer.concat(reply.body).toString())
  return data.result.map(({ value }: { value: [number, string] }) => value[1])
}

describe('one query', () => {
  it('sees one state of the head in all of its selectors, while commits go on', async () => {
    expect(await answer('a - ignoring(x) b')).toEqual(['0'])
    expect(await answer('a + b - 2 * c')).toEqual(['0'])
    expect(
      await answer('count_over_time(a[1h]) - count_over_time(b[1h] offset 0s) + a - c'),
    ).toEqual(['0'])
    expect(await answer('sum({__name__=~"a|b"}) - 2 * sum(c)')).toEqual(['0'])
  })
})
