import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { TestDatabase } from '../conformance/promql/test-database.ts'
import { type AskOptions, ask } from './ask.ts'

const minuteMs = 60_000

/** A counter that always grows, but says that it began anew before each sample. */
async function loaded(startOffsetMs: number): Promise<TestDatabase> {
  const database = await TestDatabase.open()
  const minutes = [0, 1, 2, 3, 4, 5]
  const one = {
    labels: Labels.of({ __name__: 'm_total' }),
    values: minutes.map((minute) => ({ kind: 'float', value: 60 * (minute + 1) }) as const),
    startOffsetsMs: minutes.map(() => startOffsetMs),
  }
  database.load({ kind: 'load', line: 1, stepMs: minuteMs, series: [one], withHistograms: false })
  return database
}

const times = { startMs: 5 * minuteMs }
const believing: AskOptions = { ...times, engine: { useStartTimestamps: true } }

describe('start timestamps in queries', () => {
  it('are believed only where the engine is told to', async () => {
    const database = await loaded(-1_000)
    const values = async (query: string, options: AskOptions) =>
      (await ask(database.queryable, query, options)).series.map(({ values }) => values[0]?.[1])
    expect(await values('resets(m_total[5m])', times)).toEqual(['0'])
    expect(await values('resets(m_total[5m])', believing)).toEqual(['4'])
    expect(await values('irate(m_total[5m])', times)).toEqual(['1'])
    expect(await values('irate(m_total[5m])', believing)).toEqual(['6'])
    expect(await values('start_timestamp(m_total)', times)).toEqual([])
    expect(await values('start_timestamp(m_total)', believing)).toEqual(['299'])
    await database.close()
  })

  it('that overlap are told of once, with how many windows they are in', async () => {
    const database = await loaded(-121_000)
    const range = { ...believing, startMs: minuteMs, endMs: 5 * minuteMs, stepMs: minuteMs }
    const { warnings } = await ask(database.queryable, 'rate(m_total[2m])', range)
    const text =
      'PromQL warning: sample has start time that overlaps with previous sample timestamp for ' +
      'metric "m_total"'
    expect(warnings).toEqual([`${text} (5 occurrences) (1:6)`])
    const plain = await ask(database.queryable, 'rate(m_total[2m])', { ...range, engine: {} })
    expect(plain.warnings).toEqual([])
    await database.close()
  })
})
