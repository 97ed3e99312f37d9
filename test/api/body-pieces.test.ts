import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BodyPieces } from '../../src/api/body-pieces.ts'
import { limits } from '../../src/base/limits.ts'

describe('pieces of a body', () => {
  it('are its bytes in their order, however they are cut', () => {
    const lengths = fc.array(fc.oneof(fc.nat(3), fc.nat(5_000)), { maxLength: 3_000, size: 'max' })
    const property = fc.property(lengths, (cuts) => {
      const body = new BodyPieces()
      const sent: Uint8Array[] = cuts.map((length, cut) => new Uint8Array(length).fill(cut % 251))
      for (const piece of sent) body.add(piece)
      const whole = Buffer.concat(sent)
      expect(body.length).toBe(whole.length)
      expect(body.whole().equals(whole)).toBe(true)
      expect(Buffer.concat(body.pieces).equals(whole)).toBe(true)
    })
    fc.assert(property, { numRuns: 30, endOnFailure: true })
  })

  it('are few where a sender makes them short', () => {
    const body = new BodyPieces()
    const most = limits.httpBodyPiecesMax
    for (let byte = 0; byte < most * 100; byte++) body.add(Uint8Array.of(byte))
    expect(body.pieces.length).toBeLessThanOrEqual(100)
    expect(body.whole()).toEqual(
      Buffer.from(Uint8Array.from({ length: most * 100 }, (_, at) => at)),
    )
  })

  it('are not copied where they are long', () => {
    const body = new BodyPieces()
    const sent = Array.from({ length: limits.httpBodyPiecesMax * 2 }, (_, at) =>
      new Uint8Array(limits.httpBodyPieceBytesMin).fill(at),
    )
    for (const piece of sent) body.add(piece)
    expect(body.pieces.every((piece, at) => piece === sent[at])).toBe(true)
  })
})
