/** FNV-1a with a final mix: label texts differ in their last bytes. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = hashSeed
  for (let at = start; at < end; at++) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), hashPrime)
  }
  return mixed(hash)
}

export const hashSeed = 0x811c9dc5
export const hashPrime = 0x01000193

/** The final mix of a hash that was made unit by unit. */
export function mixed(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (folded ^ (folded >>> 13)) >>> 0
}
