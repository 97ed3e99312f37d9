import fc from 'fast-check'
import protobuf from 'protobufjs/minimal.js'
import { describe, expect, it } from 'vitest'
import { NarthexError } from '../../src/base/errors.ts'
import { unknownId } from '../../src/kernels/write-kernel.ts'
import { createWriteKernel, writeKernelReason } from '../../src/kernels/writes.ts'
import { halvesOf } from '../../src/model/stale-nan.ts'
import { KernelBodies } from '../../src/remote/kernel-bodies.ts'
import { notTaken } from '../../src/remote/not-taken.ts'
import { PlainBodies } from '../../src/remote/plain-bodies.ts'
import type { WrittenBodies } from '../../src/remote/written-bodies.ts'

interface Series {
  readonly name: number
  /** Each a time and the bits of a value. */
  readonly samples: readonly (readonly [timestampMs: number, high: number])[]
  readonly hasExemplar?: boolean
}

function encoded(all: readonly Series[]): Uint8Array {
  const writer = protobuf.Writer.create()
  for (const { name, samples, hasExemplar } of all) {
    writer.uint32(10).fork()
    for (const [label, value] of [
      ['__name__', `metric_${name}`],
      ['job', 'a'.repeat(name % 37)],
    ] as const) {
      writer.uint32(10).fork().uint32(10).string(label).uint32(18).string(value).ldelim()
    }
    for (const [timestampMs, high] of samples) {
      const fork = writer.uint32(18).fork()
      fork.uint32(9).fixed32(name).fixed32(high).uint32(16).int64(timestampMs).ldelim()
    }
    if (hasExemplar === true) writer.uint32(26).fork().uint32(17).double(1).ldelim()
    writer.ldelim()
  }
  return writer.finish()
}

function kernelBodies(entriesMax = 1e6): {
  readonly bodies: KernelBodies
  readonly seen: { series: number; predicted: number }
} {
  const kernel = createWriteKernel(entriesMax)
  if (kernel === undefined) throw new Error(`no kernel of writes: ${writeKernelReason}`)
  const seen = { series: 0, predicted: 0 }
  const bodies = new KernelBodies(kernel, (series, predicted) => {
    seen.series += series
    seen.predicted += predicted
  })
  return { bodies, seen }
}

/** What reading a body tells; series that are not known get the ids that `idOf` gives by labels. */
function read(bodies: WrittenBodies, body: Uint8Array, idOf: (labels: string) => number): unknown {
  try {
    const { bytes, columns, ids } = bodies.read(body)
    const unknown: number[] = []
    const labels: string[] = []
    for (let series = 0; series < columns.seriesCount; series++) {
      const [start, end] = [columns.labelStart[series] ?? 0, columns.labelEnd[series] ?? 0]
      labels.push(Buffer.from(bytes.subarray(start, end)).toString('hex'))
      if (ids[series] !== unknownId) continue
      unknown.push(series)
      const id = idOf(labels.at(-1) ?? '')
      if (id === notTaken) ids[series] = notTaken
      else bodies.learn(series, id)
    }
    const found = [...ids.subarray(0, columns.seriesCount)]
    const parts = [columns.histograms.count, columns.exemplars.count, columns.metadata.length]
    const { count, ids: rowIds, timestampsMs, values } = bodies.allRows()
    return {
      ...{ labels, unknown, found, parts },
      rows: [...rowIds.subarray(0, count)],
      times: [...timestampsMs.subarray(0, count)],
      bits: Buffer.from(halvesOf(values).slice(0, count * 2).buffer).toString('hex'),
    }
  } catch (thrown) {
    if (thrown instanceof NarthexError) return thrown.message
    throw thrown
  }
}

/** One id for each label set, and none for every third. */
function giver(): (labels: string) => number {
  const known = new Map<string, number>()
  return (labels) => {
    const id = known.get(labels) ?? known.size
    known.set(labels, id)
    return id % 3 === 2 ? notTaken : id
  }
}

const t = 1_700_000_000_000
const staleHigh = 0x7ff00000
const series = fc.record({
  name: fc.nat(20),
  samples: fc.array(
    fc.tuple(
      // Mostly such as the kernel decodes itself.
      fc.oneof(
        { weight: 40, arbitrary: fc.integer({ min: t, max: t + 1e6 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, -1, 5, 2 ** 42, 9e15) },
      ),
      fc.oneof(fc.nat(2 ** 31 - 1), fc.constant(staleHigh)),
    ),
    { maxLength: 4 },
  ),
  hasExemplar: fc.oneof({ weight: 40, arbitrary: fc.constant(false) }, fc.boolean()),
})
const change = fc.record({ at: fc.nat(300), byte: fc.nat(255) })

describe('bodies through the kernel and through its twin', () => {
  it('are the same, right or wrong, whatever came before', () => {
    const run = fc.property(
      fc.array(fc.record({ all: fc.array(series, { maxLength: 6 }), change: fc.option(change) }), {
        maxLength: 6,
      }),
      fc.boolean(),
      (requests, isForgotten) => {
        const kernel = { bodies: kernelBodies().bodies, idOf: giver() }
        const twin = { bodies: new PlainBodies(1e6), idOf: giver() }
        for (const { all, change } of requests) {
          const body = encoded(all)
          if (change !== null && change.at < body.length) body[change.at] = change.byte
          expect(read(kernel.bodies, body, kernel.idOf)).toEqual(read(twin.bodies, body, twin.idOf))
          if (!isForgotten) continue
          kernel.bodies.forget()
          twin.bodies.forget()
        }
        expect(kernel.bodies.size).toBe(twin.bodies.size)
      },
    )
    fc.assert(run, { numRuns: 600 })
  })

  it('find series where they were before without a search', () => {
    const { bodies, seen } = kernelBodies()
    const all = Array.from({ length: 500 }, (_, name) => ({ name, samples: [[t, 1]] as const }))
    const idOf = giver()
    read(bodies, encoded(all), idOf)
    const taken = bodies.size
    expect(seen).toEqual({ series: 500, predicted: 0 })
    const known = all.filter(({ name }) => name % 3 !== 2)
    read(bodies, encoded(known), idOf)
    expect(seen).toEqual({ series: 500 + known.length, predicted: known.length - 1 })
    expect(bodies.size).toBe(taken)
  })

  it('are the same while tables grow, begin anew at their limit, and memory of large bodies goes', () => {
    const limit = 5_000
    const kernel = kernelBodies(limit).bodies
    const twin = new PlainBodies(limit)
    const [kernelIds, twinIds] = [giver(), giver()]
    for (let turn = 0; turn < 80; turn++) {
      const length = turn === 2 ? 60_000 : 300
      const all = Array.from({ length }, (_, index) => ({
        name: (turn * 170 + (index % 4_000)) % 12_000,
        samples: [
          [t + turn, index],
          [t + turn + 1, 7],
        ] as const,
      }))
      const body = encoded(all)
      expect(read(kernel, body, kernelIds)).toMatchObject({
        rows: Object(read(twin, body, twinIds)).rows,
        bits: Object(read(twin, body, twinIds)).bits,
      })
      expect(kernel.size).toBeLessThanOrEqual(limit)
    }
  })
})
