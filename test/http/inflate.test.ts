import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeBody } from '../../src/http/decode-body.ts'
import { Inflater } from '../../src/http/inflate.ts'

const text = Buffer.from('a page of some length\n'.repeat(500))
const packed = gzipSync(text)

function damaged(at: number): Buffer {
  const copy = Buffer.from(packed)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

describe('the inflater', () => {
  it('inflates body after body with one engine, on this Node too', () => {
    const inflater = new Inflater()
    for (let round = 0; round < 100; round++) {
      const into = new Uint8Array(text.length)
      expect(inflater.inflate(packed, into)).toBe(true)
      expect(text.equals(into)).toBe(true)
    }
  })

  it.each([
    ['is cut off', packed.subarray(0, 40), text.length],
    ['has a wrong checksum', damaged(packed.length - 7), text.length],
    ['has a wrong header', damaged(0), text.length],
    ['is followed by something else', Buffer.concat([packed, Buffer.from('xx')]), text.length],
    ['is longer than its room', packed, text.length - 1],
    ['is shorter than its room', packed, text.length + 1],
  ])('leaves a body to others that %s, and goes on with the next', (_, body, roomBytes) => {
    const inflater = new Inflater()
    expect(inflater.inflate(body, new Uint8Array(roomBytes))).toBe(false)
    const into = new Uint8Array(text.length)
    expect(inflater.inflate(packed, into)).toBe(true)
    expect(text.equals(into)).toBe(true)
  })

  it('never gives memory that is in use to another body', async () => {
    const gzip = (body: string) => {
      const pieces = [gzipSync(body)]
      return decodeBody({ contentEncoding: 'gzip', pieces, bodyBytes: 1 }, 1_000)
    }
    const first = await gzip('first')
    const second = await gzip('second')
    first.release?.()
    const third = await gzip('third')
    const words = [second, third].map(({ pieces }) => Buffer.concat(pieces).toString())
    expect(words).toEqual(['second', 'third'])
  })
})
