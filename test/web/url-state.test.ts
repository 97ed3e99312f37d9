import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { newPanel, type Panel, stepMsOf } from '../../web/src/query/panel.ts'
import { decodePanels, encodePanels } from '../../web/src/query/url-state.ts'

const wholeSecondsMs = (max: number) => fc.integer({ min: 1, max }).map((value) => value * 1000)

const panels = fc.array(
  fc.record<Panel>({
    expr: fc.string({ unit: 'grapheme' }),
    tab: fc.constantFrom('table', 'graph'),
    endMs: fc.option(wholeSecondsMs(4e9)),
    rangeMs: wholeSecondsMs(1e8),
    resolution: fc.oneof(
      fc.record({
        kind: fc.constant('auto' as const),
        density: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      }),
      fc.record({
        kind: fc.constantFrom('fixed' as const, 'custom' as const),
        stepMs: wholeSecondsMs(1e6),
      }),
    ),
    displayMode: fc.constantFrom('lines', 'stacked'),
    yAxisMin: fc.option(fc.integer()),
  }),
  { minLength: 1, maxLength: 4 },
)

describe('the state in the URL', () => {
  it('comes back from the URL as it was', () => {
    fc.assert(
      fc.property(panels, (original) => {
        expect(decodePanels(`?${encodePanels(original)}`)).toEqual(original)
      }),
    )
  })

  it('is written as Prometheus writes it', () => {
    const panel: Panel = {
      ...newPanel,
      expr: 'rate(a[5m])',
      tab: 'graph',
      endMs: Date.UTC(2026, 10, 21, 3, 40, 12),
      rangeMs: 5_400_000,
      resolution: { kind: 'custom', stepMs: 1500 },
    }
    expect([...new URLSearchParams(encodePanels([panel]))]).toEqual([
      ['g0.expr', 'rate(a[5m])'],
      ['g0.show_tree', '0'],
      ['g0.tab', 'graph'],
      ['g0.end_input', '2026-11-21 03:40:12'],
      ['g0.moment_input', '2026-11-21 03:40:12'],
      ['g0.range_input', '1h30m'],
      ['g0.res_type', 'custom'],
      ['g0.res_step', '1.5'],
      ['g0.display_mode', 'lines'],
      ['g0.show_exemplars', '0'],
    ])
  })

  it('of a page that nobody touched is an empty search', () => {
    expect(encodePanels([newPanel])).toBe('')
    expect(decodePanels('')).toEqual([newPanel])
  })

  it.each([
    ['g0.expr=up&g0.tab=0', { expr: 'up', tab: 'graph' }],
    ['g0.expr=up&g0.tab=1', { expr: 'up', tab: 'table' }],
    ['g0.expr=up&g0.tab=explain', { expr: 'up', tab: 'table' }],
    ['g0.expr=up&g0.stacked=1', { expr: 'up', displayMode: 'stacked' }],
    ['g0.expr=up&g0.step_input=30', { expr: 'up', resolution: { kind: 'custom', stepMs: 30_000 } }],
    ['g0.expr=up&g0.range_input=nonsense', { expr: 'up' }],
    ['g0.expr=up&g0.res_type=fixed&g0.res_step=-1', { expr: 'up' }],
  ] as const)('of older links and broken ones is understood: %s', (search, expected) => {
    expect(decodePanels(search)).toEqual([{ ...newPanel, ...expected }])
  })

  it('has at most twenty panels', () => {
    const search = Array.from({ length: 30 }, (_, i) => `g${i}.expr=up`).join('&')
    expect(decodePanels(search)).toHaveLength(20)
  })

  it.each([
    ['1h at medium density', 3_600_000, 'medium', 14_000],
    ['a minute at high density, never below a second', 60_000, 'high', 1000],
    ['a day at low density', 86_400_000, 'low', 864_000],
  ] as const)('gives the step of %s', (_name, rangeMs, density, stepMs) => {
    expect(stepMsOf({ ...newPanel, rangeMs, resolution: { kind: 'auto', density } })).toBe(stepMs)
  })
})
