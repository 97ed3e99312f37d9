import { describe, expect, it } from 'vitest'
import type { Logger, LogValue } from '../../src/base/logger.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { ActiveQueries } from '../../src/workers/active-queries.ts'
import { SimClock } from '../sim/sim-clock.ts'
import { SimFileSystem } from '../sim/sim-file-system.ts'

const startSeconds = 1_700_000_000

function world() {
  const fileSystem = new SimFileSystem()
  fileSystem.makeDirectory('/data')
  const clock = new SimClock(startSeconds * 1_000)
  const said: [string, Readonly<Record<string, LogValue>> | undefined][] = []
  const logger: Logger = {
    ...silentLogger,
    info: (message, fields) => said.push([message, fields]),
    warn: (message, fields) => said.push([message, fields]),
  }
  const open = (slots = 3) => ActiveQueries.open({ fileSystem, clock, logger }, '/data', slots)
  const text = () => new TextDecoder().decode(fileSystem.readFile('/data/queries.active'))
  return { fileSystem, clock, said, open, text }
}

describe('the file of active queries', () => {
  it("has Prometheus' bytes: a bracket, and 1,000 bytes for each query that may run", () => {
    const { open, text } = world()
    const active = open()
    expect(text()).toBe(`[${'\0'.repeat(3_000)}`)
    active.started(1, 'sum(up) > "<&"')
    const entry = `{"query":"sum(up) \\u003e \\"\\u003c\\u0026\\"","timestamp_sec":${startSeconds}}`
    const written = `${entry}${'\0'.repeat(999 - entry.length)},`
    expect(text()).toBe(`[${'\0'.repeat(1_000)}${written}${'\0'.repeat(1_000)}`)
    active.ended(1)
    expect(text()).toBe(`[${'\0'.repeat(3_000)}`)
  })

  it.each([
    ['plain', 'a'.repeat(5_000)],
    ['quotes', '"'.repeat(5_000)],
    ['two bytes', 'é'.repeat(5_000)],
    ['four bytes', '🔥'.repeat(5_000)],
    ['brackets', '<'.repeat(5_000)],
    ['all of these', 'a"é🔥<\\\n\u2028'.repeat(600)],
    ['brackets behind a letter', `a${'<'.repeat(5_000)}`],
    ['quotes behind a letter', `a${'"'.repeat(5_000)}`],
    ['halves of pairs', '\ud83d'.repeat(5_000)],
  ])('a long query of %s is cut where its entry still parses', (_name, query) => {
    const { open, text } = world()
    open().started(0, query)
    const entry = new TextEncoder().encode(text()).subarray(1, 1_001)
    expect(String.fromCharCode(entry[999] ?? 0)).toBe(',')
    const written = new TextDecoder('utf-8', { fatal: true }).decode(entry.subarray(0, 999))
    const found: { query: string } = JSON.parse(written.replaceAll('\0', ''))
    // As Go writes what is no text.
    const whole = query.replaceAll(/\p{Surrogate}/gu, '\ufffd')
    expect(whole.startsWith(found.query)).toBe(true)
    expect(new TextEncoder().encode(written.replaceAll('\0', '')).length).toBeGreaterThan(980)
  })

  it("what ran when the process died is named by the next start, in upstream's words, with its age", async () => {
    const { open, clock, said, text } = world()
    const died = open()
    died.started(2, 'sum(a)')
    died.started(0, 'sum(b)')
    died.started(1, 'done')
    died.ended(1)
    await clock.advance(12_000)
    open()
    const entry = (query: string) => `{"query":"${query}","timestamp_sec":${startSeconds}}`
    expect(said).toEqual([
      [
        "These queries didn't finish in prometheus' last run:",
        { queries: `[${entry('sum(b)')},${entry('sum(a)')}]`, secondsAgo: 12 },
      ],
    ])
    expect(text()).toBe(`[${'\0'.repeat(3_000)}`)
    open()
    expect(said).toHaveLength(1)
  })

  it('a disk that does not take it costs the record, not the start nor the queries', () => {
    const { fileSystem, open, said } = world()
    const active = open()
    fileSystem.faults.before = (_operation, name) => {
      if (name === 'write') throw new Error('no space')
    }
    active.started(0, 'a')
    active.ended(0)
    open().started(0, 'b')
    expect(said).toEqual([
      ['Running queries are not recorded any more', { err: 'no space' }],
      [
        'Running queries are not recorded: the file cannot be used',
        { file: '/data/queries.active', err: 'no space' },
      ],
    ])
  })
})
