import { NarthexError } from '../../base/errors.ts'

/** Bytes of a block that are not what was written, with their place. */
export class CorruptionError extends NarthexError {
  override readonly name = 'CorruptionError'
  constructor(
    /** The block's directory. */
    readonly block: string,
    /** Below that directory, such as `chunks/000001`. */
    readonly file: string,
    readonly offsetBytes: number,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    const place = `block ${block}, ${file} at byte ${offsetBytes}`
    super('TSDB_CORRUPTION', `corruption in ${place}: ${reason}`, options)
  }
}
