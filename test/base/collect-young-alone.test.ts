import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeFlags } from '../../scripts/server-process.mjs'

const entry = join(import.meta.dirname, 'young-garbage.ts')

/** Of the last thirty collections of young objects, the milliseconds that other threads took for them. */
function sharedMs(...parameters: string[]): number {
  const flags = [...nodeFlags, '--trace-gc-nvp', '--import', 'tsx']
  const traced = execFileSync(process.execPath, [...flags, entry, ...parameters], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  })
  expect(traced).toContain('kept 30000')
  const shares = [...traced.matchAll(/background\.scavenge\.parallel"?[=:]([\d.]+)/g)]
  // Those before are of what loads the program, too.
  expect(shares.length).toBeGreaterThan(50)
  return shares.slice(-30).reduce((sum, [, ms]) => sum + Number(ms), 0)
}

test('a thread collects its young generation without waiting for threads of V8', () => {
  expect(sharedMs()).toBeGreaterThan(1)
  expect(sharedMs('alone')).toBe(0)
})
