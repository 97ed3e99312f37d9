import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Cases of an area that are known to fail, each with its reason: lines `REASON: NAME` below a
 * heading are grouped by reason in test/conformance/expected-failures/AREA.txt.
 */
export function expectedFailures(area: string): ReadonlyMap<string, string> {
  const path = join(import.meta.dirname, 'expected-failures', `${area}.txt`)
  const failures = new Map<string, string>()
  if (!existsSync(path)) return failures
  let reason = ''
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('# ')) reason = line.slice(2)
    else if (line !== '') failures.set(line, reason)
  }
  return failures
}
