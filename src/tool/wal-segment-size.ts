import { NarthexError } from '../base/errors.ts'
import { flagBytes } from './flag-bytes.ts'
import type { Flags } from './flags.ts'

const bytesMin = 10 << 20
const bytesMax = 256 << 20
/** Segments are made of whole pages of the log. */
const pageBytes = 32_768

/** Undefined where the flag does not say. Throws SETTING_INVALID outside of upstream's bounds. */
export function walSegmentBytes(flags: Flags): number | undefined {
  const name = 'storage.tsdb.wal-segment-size'
  const bytes = flagBytes(flags, name)
  if (bytes === 0) return undefined
  if (bytes < bytesMin || bytes > bytesMax) {
    const value = JSON.stringify(flags.text(name))
    throw new NarthexError('SETTING_INVALID', `flag --${name} takes 10MB to 256MB, not ${value}`)
  }
  return Math.floor(bytes / pageBytes) * pageBytes
}
