import { xxhash64 } from '../base/xxhash64.ts'
import { bytesOfText } from './byte-text.ts'
import type { Labels } from './labels.ts'

/** Stands behind every name and value: no UTF-8 holds this byte. */
const separator = '\xff'

/** Upstream's stable hash of a label set: XXH64 of its names and values in order. */
export function stableLabelsHash(labels: Labels): bigint {
  let bytes = ''
  for (const [name, value] of labels.entries()) {
    bytes += bytesOfText(name) + separator + bytesOfText(value) + separator
  }
  return xxhash64(Buffer.from(bytes, 'latin1'))
}
