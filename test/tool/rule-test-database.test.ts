import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import type { RuleTest } from '../../src/config/rule-test-file.ts'
import { InputSeries, openRuleTestDatabase } from '../../src/tool/rule-test-database.ts'

it('a test over decades has its samples, and makes no block of any', async () => {
  const dayMs = 86_400_000
  const test: RuleTest = {
    name: '',
    intervalMs: 100 * dayMs,
    inputSeries: [{ series: 'm', values: '0+1x50' }],
    alertTests: [],
    exprTests: [],
    externalLabels: new Map(),
    externalUrl: '',
    startTimestamp: '',
  }
  const engine = { features: [], atModifier: true, negativeOffset: true }
  const input = InputSeries.of(test, 0)
  if (input instanceof Error) throw input
  const { database, runner, bounds, close } = await openRuleTestDatabase(
    systemClock,
    engine,
    60_000,
  )
  for (let day = 0; day <= 5_000; day += 100) {
    expect(input.appendTill(day * dayMs, database)).toBeUndefined()
    await database.maintain()
  }
  const query = 'count_over_time(m[5001d])'
  const timeMs = 5_000 * dayMs
  const reply = await runner.run({ kind: 'instant', query, timeMs, bounds, stats: 'none' })
  if (!reply.ok) throw new Error(reply.message)
  expect(Buffer.concat(reply.body).toString()).toContain('"value":[432000000,"51"]')
  expect(database.stats().blocks).toBe(0)
  await close()
})
