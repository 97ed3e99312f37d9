import { NarthexError } from '../base/errors.ts'

/**
 * The lines of a streamed body, without their ends; the last one may have none. Throws NarthexError
 * BODY_TOO_LARGE for a line over the limit, and what the pieces throw.
 */
export async function* readLines(
  pieces: AsyncIterable<Uint8Array>,
  lineBytesMax: number,
): AsyncGenerator<string, void, void> {
  let begun: Uint8Array[] = []
  let begunBytes = 0
  for await (const piece of pieces) {
    let start = 0
    for (let end = piece.indexOf(10); end >= 0; end = piece.indexOf(10, start)) {
      yield textOf([...begun, piece.subarray(start, end)])
      begun = []
      begunBytes = 0
      start = end + 1
    }
    if (start === piece.length) continue
    begun.push(piece.subarray(start))
    begunBytes += piece.length - start
    if (begunBytes > lineBytesMax) {
      throw new NarthexError('BODY_TOO_LARGE', `line has more than ${lineBytesMax} bytes`)
    }
  }
  if (begun.length > 0) yield textOf(begun)
}

function textOf(parts: readonly Uint8Array[]): string {
  const text = Buffer.concat(parts).toString()
  return text.endsWith('\r') ? text.slice(0, -1) : text
}
