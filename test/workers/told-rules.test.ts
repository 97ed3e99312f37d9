import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import type { RulesRequest } from '../../src/storage/query-runner.ts'
import type { HeadSnapshot } from '../../src/tsdb/head/head-memory.ts'
import { RulesHearer, RulesTeller } from '../../src/workers/told-rules.ts'

const snapshot: HeadSnapshot = { words: new Uint32Array(4), version: 0, segments: [] }

function requestOf(name: string, more: Partial<RulesRequest> = {}): RulesRequest {
  return {
    kind: 'rules',
    queries: [`sum(${name})`, name],
    known: ['k', ''],
    timeMs: 1_000,
    bounds: { timeoutMs: 1, lookbackMs: 2, samplesMax: 3, subqueryStepMs: 4, limit: 0 },
    origin: { kind: 'rule', file: 'f', group: name },
    rowsMax: 5,
    reads: Uint32Array.of(1, 2),
    ...more,
  }
}

/** Both ends, with a border between threads between them; answers what came and whether it was told whole. */
function crossing(setsMax?: number) {
  const teller = new RulesTeller(setsMax)
  const hearer = new RulesHearer()
  return (request: RulesRequest) => {
    const told = structuredClone(teller.tell(request, snapshot))
    return { heard: hearer.whole(told), isWhole: told.lasting !== undefined }
  }
}

describe('a request of rules on its way to a worker', () => {
  const { traces: _traces, ...asked } = requestOf('m')

  it('is told whole once, and from then on by number and time', () => {
    const cross = crossing()
    expect(cross(asked)).toEqual({ heard: asked, isWhole: true })
    const later = { ...asked, timeMs: 2_000, bounds: { ...asked.bounds } }
    expect(cross(later)).toEqual({ heard: later, isWhole: false })
  })

  const { bounds } = asked
  it.each<[string, Partial<RulesRequest>]>([
    ['the keys that are known', { known: ['l', ''] }],
    ['the series that are read', { reads: Uint32Array.of(1, 3) }],
    ['the most rows', { rowsMax: 6 }],
    ['whether the answer is handed on', { isForwarded: true }],
    ['the file', { origin: { kind: 'rule', file: 'g', group: 'm' } }],
    ['the group', { origin: { kind: 'rule', file: 'f', group: 'n' } }],
    ['the timeout', { bounds: { ...bounds, timeoutMs: 9 } }],
    ['the lookback', { bounds: { ...bounds, lookbackMs: 9 } }],
    ['the most samples', { bounds: { ...bounds, samplesMax: 9 } }],
    ['the step of subqueries', { bounds: { ...bounds, subqueryStepMs: 9 } }],
    ['the limit', { bounds: { ...bounds, limit: 9 } }],
  ])('is told whole again where %s changed', (_what, change) => {
    const cross = crossing()
    cross(asked)
    const changed = { ...asked, ...change }
    expect(cross(changed)).toEqual({ heard: changed, isWhole: true })
    expect(cross(changed)).toEqual({ heard: changed, isWhole: false })
  })

  it('is told whole each time where it is asked but once, or reads many series', () => {
    const cross = crossing()
    const many = new Uint32Array(limits.toldRuleReadsMax + 1)
    for (const reads of [undefined, undefined, many, many]) {
      const request = { ...asked, reads }
      expect(cross(request)).toEqual({ heard: request, isWhole: true })
    }
  })

  it('is heard as it was asked, however many there are', () => {
    const cross = crossing(3)
    const requests = Array.from({ length: 8 }, (_none, index) => requestOf(`m${index}`))
    for (let round = 0; round < 40; round++) {
      const request = requests[(round * 5 + (round >> 2)) % 8] ?? asked
      expect(cross(request).heard).toEqual(request)
    }
  })
})
