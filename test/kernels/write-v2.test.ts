import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { unknownId } from '../../src/kernels/write-kernel.ts'
import type { WriteV2Kernel } from '../../src/kernels/write-v2-kernel.ts'
import { createWriteV2Kernel, writeKernelReason } from '../../src/kernels/writes.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { KernelColumnsV2 } from '../../src/remote/kernel-columns-v2.ts'
import { ProtoWriter } from '../../src/wire/proto-writer.ts'
import {
  type WriteRequestV2Columns,
  WriteRequestV2Decoder,
} from '../../src/wire/write-request-v2.ts'

interface Series {
  readonly name: number
  readonly samples: number
  readonly startsMs: number
  readonly parts: number
  readonly type: number
}

const t = 1_700_000_000_000

/** Short ones differ by their length alone. */
function textOf({ name }: Pick<Series, 'name'>): string {
  return name <= 40 ? 'x'.repeat(name) : `x${name}`
}

function encoded(all: readonly Series[]): Uint8Array {
  const out = new ProtoWriter()
  const symbols = ['', '__name__', 'job', ...new Set(all.map(textOf))]
  const symbolOf = new Map(symbols.map((symbol, index) => [symbol, index]))
  for (const symbol of symbols) out.text(4, symbol)
  for (const { name, samples, startsMs, parts, type } of all) {
    const series = out.begin(5)
    const packed = out.begin(1)
    for (const ref of [1, symbolOf.get(textOf({ name })) ?? 0, 2, name % 3]) out.varint(ref)
    out.end(packed)
    for (let index = 0; index < samples; index++) {
      const sample = out.begin(2)
      out.double(1, name + index)
      out.number(2, t + index)
      if (startsMs > 0) out.number(3, startsMs)
      out.end(sample)
    }
    for (let index = 0; index < parts; index++) {
      for (const field of [3, 4]) {
        const part = out.begin(field)
        out.double(1, 7)
        out.end(part)
      }
    }
    if (type > 0) {
      const metadata = out.begin(5)
      out.number(1, type)
      out.number(3, type % 3)
      out.end(metadata)
    }
    out.end(series)
  }
  return out.view().slice()
}

function kernel(entriesMax = 1e6): WriteV2Kernel {
  const made = createWriteV2Kernel(entriesMax)
  if (made === undefined) throw new Error(`no kernel of writes: ${writeKernelReason}`)
  return made
}

/** All that a body says; places of parts as the bytes that stand there. */
function told(columns: WriteRequestV2Columns, bytes: Uint8Array): unknown {
  const { symbolCount, seriesCount, sampleCount, histograms, exemplars } = columns
  const text = (start: Uint32Array, end: Uint32Array, index: number) =>
    Buffer.from(bytes.subarray(start[index], end[index])).toString('latin1')
  const list = (count: number, of: (index: number) => unknown) =>
    Array.from({ length: count }, (_, index) => of(index))
  const partsOf = (parts: typeof histograms) =>
    list(parts.count, (index) => [parts.series[index], text(parts.start, parts.end, index)])
  return {
    symbols: list(symbolCount, (index) => text(columns.symbolStart, columns.symbolEnd, index)),
    series: list(seriesCount, (index) => [
      ...columns.refs.subarray(columns.refStart[index], columns.refStart[index + 1]),
      ...[columns.metadataType[index], columns.helpRef[index], columns.unitRef[index]],
    ]),
    of: [...columns.series.subarray(0, sampleCount)],
    times: [...columns.timestampsMs.subarray(0, sampleCount)],
    starts: [...columns.startsMs.subarray(0, sampleCount)],
    bits: [...halvesOf(columns.values).slice(0, sampleCount * 2)],
    parts: [partsOf(histograms), partsOf(exemplars)],
  }
}

const series = fc.record({
  name: fc.integer({ min: 1, max: 40 }),
  samples: fc.integer({ min: 0, max: 3 }),
  startsMs: fc.oneof(fc.constant(0), fc.constant(t - 5), fc.constant(5)),
  parts: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(2)),
  type: fc.nat(3),
})
const change = fc.record({ at: fc.nat(300), byte: fc.nat(255) })

describe('bodies of version 2 through the kernel', () => {
  it('say what they say without it, or are left to be read without it', () => {
    let taken = 0
    const bodies = new KernelColumnsV2(kernel())
    const run = fc.property(
      fc.array(series, { maxLength: 6 }),
      fc.option(change),
      (all, changed) => {
        const body = encoded(all)
        if (changed !== null && changed.at < body.length) body[changed.at] = changed.byte
        const found = bodies.decode(body)
        if (found === undefined) return
        taken++
        // What the kernel takes is never wrong.
        expect(told(found, found.bytes)).toEqual(
          told(new WriteRequestV2Decoder().decode(body), body),
        )
        for (let index = 0; index < found.seriesCount; index++) {
          const refs = found.refs.subarray(found.refStart[index], found.refStart[index + 1])
          expect(refs.length % 2).toBe(0)
          expect(Math.max(0, ...refs)).toBeLessThan(found.symbolCount)
          if (found.ids[index] === unknownId) bodies.learn(index, index)
        }
      },
    )
    fc.assert(run, { numRuns: 1_500 })
    expect(taken).toBeGreaterThan(300)
  })

  it('find series by their texts, wherever those stand in the table, and begin anew at the limit', () => {
    const limit = 3_000
    const made = kernel(limit)
    const ids = new Map<number, number>()
    for (let turn = 0; turn < 15; turn++) {
      const all = Array.from({ length: 800 }, (_, index) => ({
        ...{ name: ((turn * 37 + index * 7) % 1_300) + 1, samples: 1, startsMs: 0 },
        ...{ parts: 0, type: 1 },
      }))
      const samples = made.decode(encoded(all))
      expect(samples).toBe(800)
      for (const [index, { name }] of all.entries()) {
        const id = made.columns.ids[index]
        if (id !== unknownId) {
          expect(id).toBe(ids.get(name))
          continue
        }
        const given = ids.get(name) ?? name * 3
        ids.set(name, given)
        made.learn(index, given)
      }
      expect(made.size).toBeLessThanOrEqual(limit)
    }
    expect(made.predictedCount).toBeGreaterThan(0)
  })

  it('refuse nothing themselves: a body of any length of garbage is left to be read without them', () => {
    const bodies = new KernelColumnsV2(kernel())
    for (const bytes of [[], [0x22], [0x2a, 0x80], [0x2a, 0xff, 0xff, 0xff, 0x0f], [0x22, 9, 1]]) {
      const body = Uint8Array.from(bytes)
      const found = bodies.decode(body)
      expect(found === undefined || found.seriesCount === 0).toBe(true)
      if (found !== undefined) continue
      expect(() => new WriteRequestV2Decoder().decode(body)).toThrow(NarthexError)
    }
  })
})
