import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runScript } from '../conformance/promql/run.ts'

const directory = join(import.meta.dirname, 'scripts')

describe('scripts of the test language', () => {
  it.each(readdirSync(directory))(
    '%s holds, as instant, pinned and range queries',
    async (name) => {
      const outcomes = await runScript(join(directory, name))
      expect(outcomes.length).toBeGreaterThan(0)
      expect(outcomes.filter(({ failure }) => failure !== undefined)).toEqual([])
    },
  )
})
