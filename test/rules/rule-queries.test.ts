import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { limits } from '../../src/base/limits.ts'
import { packedStatistics } from '../../src/model/query-statistics.ts'
import { RuleQueries, RuleQuestions } from '../../src/rules/rule-queries.ts'
import { RuleError } from '../../src/rules/rule-sample.ts'
import type { QueryRunner } from '../../src/storage/query-runner.ts'

const rows = 200_000

/** Answers any request with as many series. */
const runner: QueryRunner = {
  run: async () => ({
    ok: true,
    body: [],
    vectors: {
      answers: [
        {
          error: undefined,
          rows,
          labelsKey: 'k',
          labels: {
            pairs: new Uint32Array(rows).fill(2),
            texts: Array.from({ length: rows }, (_none, row) => ['a', `${row}`, 'b', 'x']).flat(),
          },
          histograms: [],
        },
      ],
      values: Float64Array.from({ length: rows }, (_none, row) => row),
      statistics: new Float64Array(packedStatistics),
      reads: undefined,
    },
  }),
}

const bounds = { timeoutMs: 60_000, lookbackMs: 300_000, samplesMax: 1e9, limit: 0 }

describe('a rule with a large answer', () => {
  it('leaves others their turns of the event loop while its label sets are read, and has them all', async () => {
    // However fast the machine is: each look at the clock finds half a turn gone.
    let nowMs = 0
    const clock = { ...systemClock, monotonicMs: () => (nowMs += limits.mainTurnMs / 2) }
    const queries = new RuleQueries({ runner, bounds: () => bounds, clock })
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    const signal = new AbortController().signal
    const origin = { file: 'f', group: 'g' }
    setImmediate(count)
    const answers = await queries.askAll(new RuleQuestions(['q']), 0, origin, signal)
    isOver = true
    expect(turns).toBeGreaterThan(nowMs / limits.mainTurnMs / 2)
    expect(turns).toBeGreaterThan(10)
    const found = answers[0]?.found
    if (found === undefined || found instanceof RuleError) throw new Error('no answer')
    expect(found.labels).toHaveLength(rows)
    expect([...(found.labels[rows - 1]?.entries() ?? [])]).toEqual([
      ['a', `${rows - 1}`],
      ['b', 'x'],
    ])
    expect(found.values[rows - 1]).toBe(rows - 1)
  })
})
