import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GrowingColumns } from '../../../src/model/growing-columns.ts'
import { halvesOf, isStaleAt } from '../../../src/model/stale-nan.ts'
import {
  DecodedChunks,
  DecodedMemory,
  fitsDecoded,
  notDecoded,
} from '../../../src/tsdb/chunk/decoded-chunks.ts'
import type { DecodeTarget } from '../../../src/tsdb/chunk/xor-decode.ts'

const staleHalves = [2, 0x7ff00000] as const

/** Writes samples at first, first + 1, ... of which the first one is a stale marker. */
function samplesFrom(first: number, count: number) {
  return (target: DecodeTarget, index: number) => {
    for (let at = 0; at < count; at++) {
      target.timestampsMs[index + at] = first + at
      target.halves.set(at === 0 ? staleHalves : [0, 0x3ff00000], (index + at) * 2)
    }
    return index + count
  }
}

/** Each further from the one before. */
function unevenSamples(first: number) {
  const samples = Array.from({ length: 120 }, (_, at) => [first + at * at, at] as const)
  return writing(samples)
}

function writing(samples: readonly (readonly [timeMs: number, value: number])[]) {
  return (target: DecodeTarget, index: number) => {
    samples.forEach(([timeMs, value], at) => {
      target.timestampsMs[index + at] = timeMs
      target.halves.set(new Uint32Array(Float64Array.of(value).buffer), (index + at) * 2)
    })
    return index + samples.length
  }
}

function samplesOf(
  memory: DecodedMemory,
  at: number,
  minTimeMs = -Infinity,
  maxTimeMs = Infinity,
): [timeMs: number, value: number][] {
  const into = new GrowingColumns(1)
  const end = memory.copy(at, minTimeMs, maxTimeMs, into, 0)
  const values = [...into.values.subarray(0, end)]
  return values.map((value, index) => [into.timestampsMs[index] ?? 0, value])
}

function timesOf(memory: DecodedMemory, at: number): number[] {
  return samplesOf(memory, at).map(([timeMs]) => timeMs)
}

function readOf(chunks: DecodedChunks, key: number): 'found' | 'passed' | 'added' {
  if (chunks.find(key) !== notDecoded) return 'found'
  if (!chunks.wants(key)) return 'passed'
  chunks.add(key, samplesFrom(key, 1))
  return 'added'
}

describe('decoded chunks', () => {
  it('are copied behind what is there, within the times asked for, with the bits of stale markers', () => {
    const memory = new DecodedMemory(4)
    const chunks = new DecodedChunks(memory)
    chunks.add(7, samplesFrom(100, 120))
    const into = new GrowingColumns(1)
    const end = memory.copy(
      chunks.find(7),
      100,
      102,
      into,
      memory.copy(chunks.find(7), 218, 300, into, 0),
    )
    expect([...into.timestampsMs.subarray(0, end)]).toEqual([218, 219, 100, 101, 102])
    const stale = [0, 1, 2, 3, 4].map((at) => isStaleAt(halvesOf(into.values), at))
    expect(stale).toEqual([false, false, true, false, false])
  })

  it('belong to one owner, and the oldest is written over', () => {
    const memory = new DecodedMemory(2)
    const [first, second] = [new DecodedChunks(memory), new DecodedChunks(memory)]
    first.add(1, samplesFrom(0, 1))
    second.add(1, samplesFrom(50, 1))
    expect([first.find(1), second.find(1), second.find(2)]).toEqual([0, 1, notDecoded])
    second.add(2, samplesFrom(60, 1))
    expect([first.find(1), second.find(1), second.find(2)]).toEqual([notDecoded, 1, 0])
  })

  it('stay where a chunk that would take their place does not decode', () => {
    const memory = new DecodedMemory(2)
    const chunks = new DecodedChunks(memory)
    for (const key of [1, 2]) chunks.add(key, samplesFrom(key, 1))
    const fails = (target: DecodeTarget, index: number) => {
      samplesFrom(50, 100)(target, index)
      throw new RangeError('damaged')
    }
    expect(() => chunks.add(3, fails)).toThrow('damaged')
    expect([1, 2, 3].map((key) => chunks.find(key))).toEqual([0, 1, notDecoded])
    expect(timesOf(memory, chunks.find(1))).toEqual([1])
    chunks.add(4, samplesFrom(0, 128))
    expect([1, 2, 4].map((key) => chunks.find(key))).toEqual([notDecoded, 1, 0])
  })

  it('take a second cell where their times are uneven', () => {
    const cells = 1_026
    const chunks = new DecodedChunks(new DecodedMemory(cells))
    const even = Array.from({ length: cells }, (_, index) => index + 1)
    const uneven = even.map((key) => key + cells)
    const found = () => [...even, ...uneven].filter((key) => chunks.find(key) !== notDecoded)
    for (const key of even) chunks.add(key, samplesFrom(key, 120))
    expect(found()).toEqual(even)
    for (const key of uneven) chunks.add(key, unevenSamples(key))
    expect(found()).toEqual(uneven.slice(cells / 2))
  })

  it('are copied as they were decoded, whatever was put in between', () => {
    const chunk = fc.record({
      key: fc.nat(40),
      firstMs: fc.integer({ min: -1e13, max: 1e13 }),
      stepMs: fc.constantFrom(1, 3, 15_000, 2 ** 33),
      count: fc.integer({ min: 0, max: 128 }),
      lateAt: fc.nat(400),
    })
    const within = fc.record({ from: fc.integer({ min: -2, max: 130 }), length: fc.nat(130) })
    fc.assert(
      fc.property(
        fc.array(chunk),
        within,
        fc.integer({ min: 2, max: 40 }),
        (added, range, cells) => {
          const memory = new DecodedMemory(cells)
          const chunks = new DecodedChunks(memory)
          const decoded = new Map<number, readonly (readonly [number, number])[]>()
          for (const { key, firstMs, stepMs, count, lateAt } of added) {
            const samples = Array.from({ length: count }, (_, at) => {
              return [firstMs + at * stepMs + (at > lateAt ? 1 : 0), Math.sin(key * at)] as const
            })
            if (chunks.find(key) === notDecoded) {
              chunks.add(key, writing(samples))
              decoded.set(key, samples)
            }
            for (const [each, all] of decoded) {
              const at = chunks.find(each)
              if (at === notDecoded) continue
              const [minMs, maxMs] = [range.from, range.from + range.length].map(
                (place) => (all[0]?.[0] ?? 0) + place * stepMs,
              )
              expect(samplesOf(memory, at, minMs, maxMs)).toEqual(
                all.filter(([ms]) => ms >= (minMs ?? 0) && ms <= (maxMs ?? 0)),
              )
            }
          }
        },
      ),
    )
  })

  it('are taken in while there is room, and then at the third read of late', () => {
    const memory = new DecodedMemory(2)
    const chunks = new DecodedChunks(memory)
    const read = (key: number) => readOf(chunks, key)
    expect([1, 2].map(read)).toEqual(['added', 'added'])
    expect([3, 3, 3, 3].map(read)).toEqual(['passed', 'passed', 'added', 'found'])
    expect([2, 1, 1, 1].map(read)).toEqual(['found', 'passed', 'passed', 'added'])
  })

  it('stay where somebody goes round through many more, even if each of those is read twice', () => {
    const cells = 64
    const chunks = new DecodedChunks(new DecodedMemory(cells))
    const kept = Array.from({ length: cells }, (_, index) => index + 1)
    for (const key of kept) readOf(chunks, key)
    let added = 0
    for (let round = 0; round < 10; round++) {
      for (let key = 1_000; key < 1_000 + cells * 10; key++) {
        for (const answer of [readOf(chunks, key), readOf(chunks, key)]) {
          if (answer === 'added') added++
        }
      }
    }
    expect(added).toBeLessThan(cells / 4)
    const found = kept.filter((key) => chunks.find(key) !== notDecoded).length
    expect(found).toBe(cells - added)
  })

  it('have at most as many samples as a cell has room for', () => {
    expect([fitsDecoded(128), fitsDecoded(129)]).toEqual([true, false])
  })
})
