import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../src/base/limits.ts'
import type { QueryReply } from '../../src/storage/query-runner.ts'
import { compressed } from '../../src/workers/compressed-reply.ts'

function replyOf(...body: readonly Uint8Array[]): QueryReply {
  return { ok: true, body }
}

describe('a compressed answer', () => {
  it('is one gzip stream of all its pieces, in pieces no longer than a socket write', async () => {
    const piece = fc.uint8Array({ minLength: 8_000, maxLength: 400_000, size: 'max' })
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 2, maxLength: 5 }), async (pieces) => {
        const reply = await compressed(replyOf(...pieces), 'gzip')
        expect(reply).toMatchObject({ ok: true, coding: 'gzip' })
        const body = reply.ok ? reply.body : []
        expect(gunzipSync(Buffer.concat(body)).equals(Buffer.concat(pieces))).toBe(true)
        const longest = Math.max(...body.map(({ length }) => length))
        expect(longest).toBeLessThanOrEqual(limits.httpWritePieceBytesMax)
      }),
      { seed: 20_261, numRuns: 25 },
    )
  })

  it('holds a single piece too', async () => {
    const text = '[1.5,2.5]'.repeat(2_000)
    const reply = await compressed(replyOf(new TextEncoder().encode(text)), 'gzip')
    expect(gunzipSync(Buffer.concat(reply.ok ? reply.body : [])).toString()).toBe(text)
  })

  it('is left as it is where it is short, not asked for, or an error', async () => {
    const [short, long] = [replyOf(new Uint8Array(13_999)), replyOf(new Uint8Array(14_000))]
    const error: QueryReply = { ok: false, errorType: 'execution', message: 'x' }
    expect(await compressed(short, 'gzip')).toBe(short)
    expect(await compressed(long, undefined)).toBe(long)
    expect(await compressed(error, 'gzip')).toBe(error)
  })
})
