import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import { defaultEngineFlags } from '../../src/promql/engine-flags.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import type { VectorAnswer } from '../../src/storage/vector-answers.ts'
import { Head } from '../../src/tsdb/head/head.ts'
import { HeadReader } from '../../src/tsdb/head/head-reader.ts'
import { answerRequest } from '../../src/workers/answer-request.ts'
import { LabelRuns } from '../../src/workers/rules-request.ts'
import { appendTo, querierOf } from '../tsdb/head/head-reading.ts'
import { truncate } from '../tsdb/head/remove-series.ts'

describe('label sets that rules were answered with', () => {
  it('are told anew where the ids of their texts are those of others', async () => {
    const [head, reader, runs] = [new Head(), new HeadReader(), new LabelRuns()]
    const ask = async (
      timeMs: number,
      known: string,
    ): Promise<number | VectorAnswer | undefined> => {
      const reply = await answerRequest(
        {
          kind: 'rules',
          queries: ['m'],
          known: [known],
          timeMs,
          bounds: { timeoutMs: 60_000, lookbackMs: 60_000, samplesMax: 1e6, limit: 0 },
          origin: { kind: 'rule', file: 'f', group: 'g' },
          rowsMax: 1_000,
          reads: undefined,
        },
        {
          queryable: { querier: async () => querierOf(head, reader) },
          control: unstoppable,
          engine: defaultEngineFlags,
          queuedMs: 0,
          runs,
        },
      )
      return reply.ok ? reply.vectors?.answers[0] : undefined
    }
    const append = (n: string, timeMs: number) =>
      appendTo(head, Labels.of({ __name__: 'm', n }), timeMs, 1)
    const textsOf = (answer: number | VectorAnswer | undefined) =>
      typeof answer === 'object' ? answer.labels?.texts : answer
    for (const n of ['a', 'b']) append(n, 1_000_000)
    appendTo(head, Labels.of({ __name__: 'm_other' }), 2_000_000, 1)
    const first = await ask(1_000_000, '')
    expect(textsOf(first)).toEqual(['__name__', 'm', 'n', 'a', '__name__', 'm', 'n', 'b'])
    const key = typeof first === 'object' ? first.labelsKey : ''
    expect(await ask(1_000_001, key)).toBe(2)
    await truncate(head, 1_500_000)
    // The texts take the ids that are free, in turn.
    for (const n of ['y', 'z']) append(n, 2_000_000)
    const { count } = head.memory.symbols
    expect(count).toBe(head.memory.symbols.alive)
    const told = ['__name__', 'm', 'n', 'y', '__name__', 'm', 'n', 'z']
    expect(textsOf(await ask(2_000_000, key))).toEqual(told)
  })
})
