import { describe, expect, it } from 'vitest'
import { defaultEngineFlags, engineFlags } from '../../src/promql/engine-flags.ts'
import { featureTable } from '../../src/tool/feature-table.ts'
import { reply } from '../promql/ask.ts'
import { generatedStorage } from '../promql/generated-storage.ts'

const storage = generatedStorage(3)

async function outcome(query: string, features: readonly string[]): Promise<string> {
  const { language, ...engine } = engineFlags((name) => features.includes(name))
  const answer = await reply(storage, query, { startMs: 1_200_000, engine, language })
  return answer.ok ? 'answered' : answer.message
}

describe('feature flags of queries', () => {
  it.each([
    ['promql-experimental-functions', 'sort_by_label(temperature, "job")', 'is not enabled'],
    ['promql-experimental-functions', 'limitk(1, temperature)', 'is experimental'],
    ['promql-binop-fill-modifiers', 'temperature + fill(0) temperature', 'fill modifiers'],
  ])('%s makes %s part of the language', async (feature, query, words) => {
    expect(featureTable.get(feature)).toBe('built')
    expect(await outcome(query, [])).toContain(words)
    expect(await outcome(query, [feature])).toBe('answered')
  })

  it('duration expressions need no flag any more', async () => {
    expect(await outcome('rate(requests_total[2 * 1m])', [])).toBe('answered')
  })

  it('promql-delayed-name-removal lets a name be used until the end', async () => {
    expect(defaultEngineFlags.delayedNameRemoval).toBe(false)
    const query = 'label_replace(rate(requests_total[5m]), "was", "$1", "__name__", "(.+)")'
    const names = async (features: readonly string[]) => {
      const { language, ...engine } = engineFlags((name) => features.includes(name))
      const answer = await reply(storage, query, { startMs: 1_200_000, engine, language })
      if (!answer.ok) return answer.message
      const { data } = JSON.parse(Buffer.concat(answer.body).toString())
      return data.result.map(({ metric }: { metric: { was?: string } }) => metric.was)
    }
    expect(new Set(await names([]))).toEqual(new Set([undefined]))
    expect(new Set(await names(['promql-delayed-name-removal']))).toEqual(
      new Set(['requests_total']),
    )
  })
})
