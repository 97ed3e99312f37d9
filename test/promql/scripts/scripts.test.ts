import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScript } from '../../conformance/promql/run.ts'

const scripts = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.test'))

describe('our scripts in the test language', () => {
  it.each(scripts)(
    '%s: every answer is that of Prometheus 3.14',
    { timeout: 60_000 },
    async (name) => {
      const outcomes = await runScript(join(import.meta.dirname, name))
      expect(outcomes.filter(({ failure }) => failure !== undefined)).toEqual([])
      expect(outcomes.length).toBeGreaterThan(60)
    },
  )
})
