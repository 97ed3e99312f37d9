import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  encodingNames,
  isFloatEncoding,
  isHistogramEncoding,
} from '../../../src/tsdb/chunk/chunk-encoding.ts'
import { floatChunk, hexOf, histogramChunks } from './made-chunks.ts'

const lines = readFileSync(new URL('golden-chunks.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

function madeOf(encoding: number, seed: number): string {
  if (isFloatEncoding(encoding)) return hexOf(floatChunk(encoding, seed))
  if (!isHistogramEncoding(encoding)) throw new Error(`encoding ${encoding}`)
  const { chunks, outcomes } = histogramChunks(encoding, seed)
  return [...chunks.map(hexOf), outcomes].join(' ')
}

describe('chunks of every encoding', () => {
  it.each([1, 2, 3, 4, 5, 6])('are the very bytes that Prometheus 3.14 makes: %i', (encoding) => {
    const whole = lines.find((line) => line.startsWith(`${encoding}/`)) ?? ''
    const seed = Number(whole.slice(2, whole.indexOf(' ')))
    expect(madeOf(encoding, seed)).toBe(whole.slice(whole.indexOf(' ') + 1))

    const hashes =
      lines
        .find((line) => line.startsWith(`${encoding} `))
        ?.split(' ')
        .slice(1) ?? []
    expect(hashes).toHaveLength(150)
    const ours = hashes.map((_, index) => {
      const hash = createHash('sha256').update(madeOf(encoding, index + 1))
      return hash.digest('hex').slice(0, 12)
    })
    expect(ours).toEqual(hashes)
  })

  it('have the names that Prometheus prints', () => {
    expect(encodingNames.join(' ')).toBe(
      'none XOR histogram floathistogram XOR2 histogramST floathistogramST',
    )
  })
})
