import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Area, CaseResult } from '../area.ts'
import { runScript } from '../promql/run.ts'

/** The scripts of upstream's PromQL test language; every eval is a case. */
export const promql: Area = {
  async run(directory) {
    const results: CaseResult[] = []
    const scripts = readdirSync(directory).filter((file) => file.endsWith('.test'))
    for (const script of scripts.sort()) {
      for (const { line, query, failure } of await runScript(join(directory, script))) {
        const name = `${script}:${line}: ${query.slice(0, 100)}`
        results.push({ name, passed: failure === undefined, detail: failure ?? '' })
      }
    }
    return results
  },
}
