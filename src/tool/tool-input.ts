import { NarthexError } from '../base/errors.ts'

/** What is read where no file is named. */
export type ToolInput = AsyncIterable<Uint8Array | string>

/** All of it. Throws FLAG_INVALID where it is more than `bytesMax`. */
export async function readInput(input: ToolInput, bytesMax: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of input) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
    sizeBytes += bytes.length
    if (sizeBytes > bytesMax) {
      throw new NarthexError('FLAG_INVALID', `the standard input is over ${bytesMax} bytes`)
    }
    pieces.push(bytes)
  }
  return Buffer.concat(pieces)
}
