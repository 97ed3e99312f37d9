import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { LabelTexts } from '../../src/model/label-texts.ts'
import { readPlainLabels } from '../../src/wire/plain-labels.ts'
import { decodeLabels } from '../../src/wire/write-request.ts'
import { stringsOf } from '../support/label-texts.ts'

type Pair = readonly [name: string, value: string]

function encoded(pairs: readonly Pair[]): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const [name, value] of pairs) {
    writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
  }
  return writer.finish()
}

function read(body: Uint8Array): string[] | undefined {
  const texts = new LabelTexts()
  return readPlainLabels(body, 0, body.length, texts) ? stringsOf(texts) : undefined
}

describe('labels as senders write them', () => {
  it('are read as they are, up to values of 16 KiB', () => {
    const long = 'x'.repeat(16_000)
    for (const pairs of [
      [['__name__', 'up']],
      [
        ['__name__', 'up'],
        ['a', long],
        ['ab', 'y'.repeat(127)],
        ['b', 'z'.repeat(128)],
      ],
      [['n'.repeat(200), 'v']],
    ] satisfies Pair[][]) {
      expect(read(encoded(pairs))).toEqual(pairs.flat())
    }
  })

  it.each<[string, readonly Pair[]]>([
    ['no label', []],
    [
      'names that descend',
      [
        ['b', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a name twice',
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      'a name that is the start of the one before',
      [
        ['ab', '1'],
        ['a', '2'],
      ],
    ],
    ['an empty name', [['', '1']]],
    ['an empty value', [['a', '']]],
    ['a value beyond ASCII', [['a', 'é']]],
    ['a name beyond ASCII', [['é', 'a']]],
    ['a value of more than 16 KiB', [['a', 'x'.repeat(17_000)]]],
  ])('%s is left to the whole decoder', (_, pairs) => {
    expect(read(encoded(pairs))).toBeUndefined()
  })

  it('are never read from bytes otherwise than the whole decoder reads them', () => {
    const pair = fc.tuple(fc.stringMatching(/^[a-c]{1,3}$/), fc.string({ maxLength: 3 }))
    const change = fc.tuple(fc.nat(40), fc.nat(255))
    const run = fc.property(
      fc.array(pair, { maxLength: 4 }),
      fc.option(change),
      (pairs, change) => {
        const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1))
        const body = encoded(sorted)
        if (change !== null && change[0] < body.length) body[change[0]] = change[1]
        const plain = read(body)
        if (plain !== undefined) expect(decodeLabels(body, 0, body.length)?.flat()).toEqual(plain)
      },
    )
    fc.assert(run, { numRuns: 5_000 })
  })
})
