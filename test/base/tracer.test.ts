import { expect, it } from 'vitest'
import {
  type FinishedSpan,
  parseTraceparent,
  Tracer,
  traceHeadersOf,
  traceparentOf,
} from '../../src/base/tracer.ts'
import { SimClock } from '../sim/sim-clock.ts'

function tracing(samplingFraction: number) {
  const spans: FinishedSpan[] = []
  const clock = new SimClock(1_700_000_000_000)
  const tracer = new Tracer(clock)
  tracer.use({ samplingFraction, take: (span) => spans.push(span) })
  return { spans, clock, tracer }
}

const parent = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), isSampled: true }

it('there is no span where nobody takes spans', () => {
  const { tracer } = tracing(1)
  tracer.use(undefined)
  expect([tracer.isOn, tracer.start('query')]).toEqual([false, undefined])
})

it('children share the trace, name their parent, and say when they began and ended', () => {
  const { spans, clock, tracer } = tracing(1)
  const root = tracer.start('rule')
  clock.step(5)
  const child = root?.child('HTTP GET', { kind: 'client' })
  child?.set('status', 200).fail('late').end(1_700_000_000_007)
  root?.end(0)
  expect(spans.map(({ context, ...rest }) => rest)).toEqual([
    {
      parentSpanId: root?.context.spanId,
      name: 'HTTP GET',
      kind: 'client',
      startMs: 1_700_000_000_005,
      endMs: 1_700_000_000_007,
      attributes: [['status', 200]],
      error: 'late',
    },
    {
      parentSpanId: undefined,
      name: 'rule',
      kind: 'internal',
      startMs: 1_700_000_000_000,
      endMs: 1_700_000_000_000,
      attributes: [],
      error: undefined,
    },
  ])
  expect(child?.context.traceId).toBe(root?.context.traceId)
  expect(root?.context.traceId).toMatch(/^[0-9a-f]{32}$/)
  expect(child?.context.spanId).not.toBe(root?.context.spanId)
})

it('the fraction decides of traces that begin here, whoever began it of the others', () => {
  for (const fraction of [0, 0.25, 1]) {
    const { spans, tracer } = tracing(fraction)
    for (let count = 0; count < 1_000; count++) tracer.start('scrape')?.end()
    expect(Math.abs(spans.length / 1_000 - fraction)).toBeLessThan(0.08)
    spans.length = 0
    tracer.start('query', { parent })?.end()
    tracer.start('query', { parent: { ...parent, isSampled: false } })?.end()
    expect(spans.map(({ context }) => context.traceId)).toEqual([parent.traceId])
  }
})

it.each([
  [`00-${parent.traceId}-${parent.spanId}-01`, parent],
  [`00-${parent.traceId}-${parent.spanId}-00`, { ...parent, isSampled: false }],
  [`01-${parent.traceId}-${parent.spanId}-03-more`, parent],
  [`00-${parent.traceId}-${parent.spanId}-01-more`, undefined],
  [`ff-${parent.traceId}-${parent.spanId}-01`, undefined],
  [`00-${'0'.repeat(32)}-${parent.spanId}-01`, undefined],
  [`00-${parent.traceId}-${'0'.repeat(16)}-01`, undefined],
  [`00-${parent.traceId.toUpperCase()}-${parent.spanId}-01`, undefined],
  ['', undefined],
  [undefined, undefined],
])('the header %s is read as W3C has it', (header, context) => {
  expect(parseTraceparent(header)).toEqual(context)
  if (context !== undefined) expect(parseTraceparent(traceparentOf(context))).toEqual(context)
})

it.each([
  ['a=1', 'a=1'],
  ['a=1, b@c=2 ,\t3d@e= x', 'a=1,b@c=2,3d@e= x'],
  ['a=1,,b=2', 'a=1,b=2'],
  ['', undefined],
  [' , ', undefined],
  ['a=1,a=2', undefined],
  ['a', undefined],
  ['a=', undefined],
  ['A=1', undefined],
  ['a=1=2', undefined],
  [`a=${'x'.repeat(256)}`, `a=${'x'.repeat(256)}`],
  [`a=${'x'.repeat(257)}`, undefined],
  [Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(), undefined],
])('the state %s of a trace goes on as %s, to children and to other servers', (header, state) => {
  const { tracer } = tracing(1)
  const from = parseTraceparent(traceparentOf(parent), header)
  const child = tracer.start('query', { parent: from })?.child('HTTP GET')
  expect(child?.context.state).toBe(state)
  const headers = traceHeadersOf(child?.context ?? parent).slice(2)
  expect(headers).toEqual(state === undefined ? [] : ['tracestate', state])
})
