import { describe, expect, it } from 'vitest'
import { Labels } from '../../src/model/labels.ts'
import type { MetadataRequest, QueryReply } from '../../src/storage/query-runner.ts'
import { unstoppable } from '../../src/storage/unstoppable.ts'
import { Head } from '../../src/tsdb/head/head.ts'
import { answerMetadata } from '../../src/workers/metadata-request.ts'
import { appendTo, querierOf } from '../tsdb/head/head-reading.ts'

const control = unstoppable

describe('answers of labels', () => {
  it('have every text as JSON has it', async () => {
    const odd = 'quote " backslash \\ newline \n tab \t bell \u0007 é 日本 \u{1f600} <&>'
    const head = new Head()
    appendTo(head, Labels.of({ __name__: 'm', a: odd, [odd]: 'x' }), 1_000, 1)
    appendTo(head, Labels.of({ __name__: 'm', a: odd, b: 'y' }), 1_000, 1)
    const series = await dataOf(head, { kind: 'series', ...of(['m']) })
    expect(series).toEqual([
      { __name__: 'm', a: odd, [odd]: 'x' },
      { __name__: 'm', a: odd, b: 'y' },
    ])
    expect(await dataOf(head, { kind: 'label-values', label: 'a', ...of([]) })).toEqual([odd])
    expect(await dataOf(head, { kind: 'label-names', ...of(['m']) })).toEqual([
      '__name__',
      'a',
      'b',
      odd,
    ])
  })

  it('have pairs that come again just as the first time, whatever stands before them', async () => {
    const head = new Head()
    const odd = 'é "quoted" \\ \u0001'
    const wanted = Array.from({ length: 9_000 }, (_, index) => ({
      __name__: 'm',
      ...(index % 2 === 0 && { a: `first-${index % 5}` }),
      index: String(index),
      [`name-${index % 3}`]: odd,
      z: 'x'.repeat(index % 9),
      zz: `value-${index % 13}`,
    }))
    for (const labels of wanted) appendTo(head, Labels.of(labels), 1_000, 1)
    const found = await dataOf(head, { kind: 'series', ...of(['m']) })
    expect(found).toEqual(wanted.map(({ z, ...labels }) => (z === '' ? labels : { ...labels, z })))
  })

  it('of many series are streamed, each series once and whole in its piece', async () => {
    const head = new Head()
    const wanted: object[] = []
    const long = 'v'.repeat(200)
    for (let index = 0; index < 20_000; index++) {
      const labels = { __name__: `m${index % 7}`, index: String(index), long }
      wanted.push(labels)
      appendTo(head, Labels.of(labels), 1_000, 1)
    }
    const reply = await answer(head, { kind: 'series', ...of(['{long!=""}']) }, true)
    expect(reply.ok && reply.more !== undefined).toBe(true)
    expect(JSON.parse(await textOf(reply)).data).toEqual(wanted)
    const sorted = await dataOf(head, { kind: 'series', ...of(['m1', '{index="1"}', 'm0']) })
    expect(sorted).toHaveLength(2_858 + 2_857)
    expect(sorted[0]).toEqual(wanted[0])
    const limited = await answer(head, { kind: 'series', ...of(['m0'], 3) }, true)
    expect(JSON.parse(await textOf(limited))).toEqual({
      status: 'success',
      data: [0, 7, 14].map((index) => wanted[index]),
      warnings: ['results truncated due to limit'],
    })
  })
})

function of(matches: readonly string[], limit = 0): MetadataRequest {
  const bounds = { timeoutMs: 1_000, lookbackMs: 1_000, samplesMax: 1_000, limit }
  return { matches, startMs: 0, endMs: 2_000, bounds }
}

function answer(
  head: Head,
  request: Parameters<typeof answerMetadata>[0],
  mayStream: boolean,
): Promise<QueryReply> {
  return answerMetadata(request, { querier: async () => querierOf(head) }, control, mayStream)
}

async function dataOf(head: Head, request: Parameters<typeof answerMetadata>[0]) {
  return JSON.parse(await textOf(await answer(head, request, false))).data
}

async function textOf(reply: QueryReply): Promise<string> {
  if (!reply.ok) throw new Error(reply.message)
  const pieces = [...reply.body]
  for await (const piece of reply.more ?? []) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}
