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

  it('are forgotten where a chunk that takes their place does not decode', () => {
    const memory = new DecodedMemory(1)
    const chunks = new DecodedChunks(memory)
    chunks.add(1, samplesFrom(0, 1))
    const fails = () => {
      throw new RangeError('damaged')
    }
    expect(() => chunks.add(2, fails)).toThrow('damaged')
    expect([chunks.find(1), chunks.find(2)]).toEqual([notDecoded, notDecoded])
    chunks.add(3, samplesFrom(0, 128))
    expect(chunks.find(3)).toBe(0)
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
