import { describe, expect, it } from 'vitest'
import { labelsText, sharedLabels } from '../../web/src/series/labels.ts'
import { droppedPoolsOf } from '../../web/src/targets/dropped-data.ts'
import { poolsOf, safeHref, type TargetData } from '../../web/src/targets/target-data.ts'

describe('the text of a series', () => {
  it.each([
    [{ __name__: 'up', job: 'a' }, 'up{job="a"}'],
    [{ __name__: 'up' }, 'up'],
    [{}, '{}'],
    [{ job: 'say "hi"\n\\' }, '{job="say \\"hi\\"\\n\\\\"}'],
    [{ __name__: 'http.requests', 'service.name': 'x' }, '{"http.requests", "service.name"="x"}'],
  ])('of %j is PromQL', (set, text) => {
    expect(labelsText(set)).toBe(text)
  })

  it('leaves to a legend only what differs', () => {
    const sets = [
      { job: 'a', mode: 'idle' },
      { job: 'a', mode: 'user' },
    ]
    expect(sharedLabels(sets)).toEqual({ job: 'a' })
    expect(sharedLabels(sets.slice(0, 1))).toEqual({})
  })
})

function target(changes: Partial<TargetData>): TargetData {
  return {
    discoveredLabels: {},
    labels: { job: 'node', instance: 'a:9100' },
    scrapePool: 'node',
    scrapeUrl: 'http://a:9100/metrics',
    globalUrl: 'http://a:9100/metrics',
    lastError: '',
    lastScrape: '2026-11-21T03:40:12Z',
    lastScrapeDuration: 0.01,
    health: 'up',
    scrapeInterval: '15s',
    scrapeTimeout: '10s',
    ...changes,
  }
}

describe('targets', () => {
  const targets = [
    target({}),
    target({ scrapeUrl: 'http://b:9100/metrics', health: 'down', lastError: 'connection refused' }),
    target({ scrapePool: 'api', labels: { job: 'api' }, health: 'unknown' }),
  ]

  it('are grouped by pool, with how many are up', () => {
    const pools = poolsOf(targets, 'all', '')
    expect(pools.map(({ name, up, targets: members }) => [name, up, members.length])).toEqual([
      ['api', 0, 1],
      ['node', 1, 2],
    ])
  })

  it.each([
    ['down', '', 1],
    ['all', 'REFUSED', 1],
    ['all', 'job="node" b:9100', 1],
    ['up', 'refused', 0],
  ] as const)('are filtered by health %s and search %j', (health, search, count) => {
    expect(poolsOf(targets, health, search).flatMap((pool) => pool.targets)).toHaveLength(count)
  })

  it('are links only when they are http or https', () => {
    expect(safeHref('http://a:9100/metrics')).toBe('http://a:9100/metrics')
    expect(safeHref('HTTPS://a/')).toBe('HTTPS://a/')
    expect(safeHref('javascript:alert(1)')).toBeUndefined()
    expect(safeHref('data:text/html,x')).toBeUndefined()
    expect(safeHref('http://')).toBeUndefined()
  })
})

describe('dropped targets', () => {
  const data = {
    droppedTargets: [
      { discoveredLabels: { __address__: 'b:1', env: 'test' }, scrapePool: 'b' },
      { discoveredLabels: { __address__: 'b:2', env: 'test' }, scrapePool: 'b' },
      { discoveredLabels: { __address__: 'a:1' }, scrapePool: 'a' },
    ],
    droppedTargetCounts: { b: 5, a: 1, none: 0 },
  }

  it('are counted by pool, those too that the server does not keep', () => {
    const pools = droppedPoolsOf(data, '')
    expect(pools.map(({ name, count, found }) => [name, count, found.length])).toEqual([
      ['a', 1, 1],
      ['b', 5, 2],
    ])
  })

  it('are searched by every word in their labels', () => {
    expect(droppedPoolsOf(data, 'TEST b:2')).toEqual([
      { name: 'b', count: 5, found: [{ __address__: 'b:2', env: 'test' }] },
    ])
  })
})
