import { NarthexError } from '../../base/errors.ts'

/** Bytes of a log that are not what was written, with their place. */
export class WalCorruption extends NarthexError {
  override readonly name = 'WalCorruption'
  constructor(
    readonly file: string,
    /** Where the last good record ends. */
    readonly goodBytes: number,
    readonly offsetBytes: number,
    readonly reason: string,
  ) {
    super('TSDB_CORRUPTION', `corruption in ${file} at byte ${offsetBytes}: ${reason}`)
  }
}
