import { NarthexError } from '../../base/errors.ts'

/** Bytes of a chunk that are none; block and head chunk readers say in which file. */
export class ChunkCorruption extends NarthexError {
  override readonly name = 'ChunkCorruption'
  constructor(
    /** From the first byte of the chunk's data on, the one of the sample count. */
    readonly offsetBytes: number,
    readonly reason: string,
  ) {
    super('TSDB_CORRUPTION', `damaged chunk at byte ${offsetBytes}: ${reason}`)
  }
}

/** Runs a decoder; a read outside of its view becomes ChunkCorruption. */
export function refusingOutside<T>(byteLength: number, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    throw new ChunkCorruption(byteLength, 'samples go on behind the end')
  }
}
