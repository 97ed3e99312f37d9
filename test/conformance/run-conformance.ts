import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Area, CaseResult } from './area.ts'
import { config } from './areas/config.ts'
import { http } from './areas/http.ts'
import { labels } from './areas/labels.ts'
import { parser } from './areas/parser.ts'
import { promql } from './areas/promql.ts'
import { promtool } from './areas/promtool.ts'
import { relabel } from './areas/relabel.ts'
import { remote } from './areas/remote.ts'
import { rulefmt } from './areas/rulefmt.ts'
import { rules } from './areas/rules.ts'
import { templates } from './areas/templates.ts'
import { textparse } from './areas/textparse.ts'
import { tsdb } from './areas/tsdb.ts'
import { countCases } from './count-cases.ts'
import { expectedFailures } from './expected-failures.ts'

const areas: Readonly<Record<string, Area>> = {
  http,
  config,
  labels,
  parser,
  promql,
  promtool,
  relabel,
  rulefmt,
  rules,
  templates,
  remote,
  textparse,
  tsdb,
}

export interface ConformanceOptions {
  readonly directory: string
  /** Names of areas; all of the data when empty. */
  readonly areas: readonly string[]
  readonly verbose: boolean
  /** Whether failures must stand in the lists, and what stands there must fail. */
  readonly usesLists: boolean
}

/** Prints `AREA: passed X of Y` for each area; false when the outcome is not the listed one. */
export async function runConformance(options: ConformanceOptions): Promise<boolean> {
  const found = readdirSync(options.directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => options.areas.length === 0 || options.areas.includes(name))
    .sort()
  const unknown = options.areas.filter((name) => !existsSync(join(options.directory, name)))
  for (const name of unknown) console.log(`${name}: no such area in ${options.directory}`)
  let holds = unknown.length === 0
  for (const name of found) {
    if (!(await runArea(name, options))) holds = false
  }
  return holds
}

async function runArea(name: string, options: ConformanceOptions): Promise<boolean> {
  const directory = join(options.directory, name)
  const total = countCases(directory)
  const area = areas[name]
  const results = area === undefined ? [] : await area.run(directory)
  const passed = results.filter((result) => result.passed).length
  const missing = area === undefined ? ' (nothing runs these cases yet)' : ''
  console.log(`${name}: passed ${passed} of ${total}${missing}`)
  const failed = results.filter((result) => !result.passed)
  if (options.verbose)
    for (const { name: which, detail } of failed) console.log(`  ${which}\n    ${detail}`)
  if (area !== undefined && results.length !== total) {
    console.log(`  ${results.length} cases ran, the data has ${total}`)
    return false
  }
  return !options.usesLists || area === undefined || asListed(name, results)
}

/** The lists only shrink: a failure that is not listed, and a listed case that passes, both count. */
function asListed(area: string, results: readonly CaseResult[]): boolean {
  const expected = expectedFailures(area)
  const surprises = results
    .filter((result) => result.passed === expected.has(result.name))
    .map(({ name, passed, detail }) =>
      passed ? `listed as failing, but passes: ${name}` : `fails: ${name}\n    ${detail}`,
    )
  for (const surprise of surprises.slice(0, 20)) console.log(`  ${surprise}`)
  if (surprises.length > 20) console.log(`  and ${surprises.length - 20} more`)
  return surprises.length === 0
}
