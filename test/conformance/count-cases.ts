import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * How many cases an area's folder has, read from the files and not from what ran: the entries of
 * `cases`, `files` and `inline` of each JSON file, each eval of a test script, each page, each
 * block or log that a JSON file of facts stands for.
 */
export function countCases(directory: string): number {
  let count = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (!entry.isFile()) continue
    if (entry.name.endsWith('.json')) count += countJson(path)
    else if (entry.name.endsWith('.test')) count += countEvals(path)
    else if (entry.name.endsWith('.prom.txt') || entry.name.endsWith('.om.txt')) count += 1
  }
  return count > 0 ? count : bareFixtures(directory)
}

/** Of a folder that has nothing but YAML files, each is a case. */
function bareFixtures(directory: string): number {
  return readdirSync(directory).filter((name) => name.endsWith('.yaml')).length
}

function countJson(path: string): number {
  const data: unknown = JSON.parse(readFileSync(path, 'utf8'))
  if (typeof data !== 'object' || data === null) return 0
  const lists = Object.entries(data).filter(([key]) =>
    ['cases', 'files', 'inline', 'query_facts'].includes(key),
  )
  return lists.reduce((sum, [, list]) => sum + (Array.isArray(list) ? list.length : 0), 0)
}

function countEvals(path: string): number {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.filter((line) => /^\s*eval(_\w+)?\s/.test(line)).length
}
