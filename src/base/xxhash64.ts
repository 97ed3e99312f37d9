const mask = (1n << 64n) - 1n
const prime1 = 0x9e3779b185ebca87n
const prime2 = 0xc2b2ae3d27d4eb4fn
const prime3 = 0x165667b19e3779f9n
const prime4 = 0x85ebca77c2b2ae63n
const prime5 = 0x27d4eb2f165667c5n

/** XXH64 with seed 0. In BigInt: some microseconds, for what is seldom asked. */
export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  let hash = prime5
  if (bytes.length >= 32) {
    const lanes = [(prime1 + prime2) & mask, prime2, 0n, -prime1 & mask]
    for (; at + 32 <= bytes.length; at += 32) {
      lanes.forEach((lane, index) => {
        lanes[index] = round(lane, view.getBigUint64(at + index * 8, true))
      })
    }
    const rotations = [1n, 7n, 12n, 18n]
    hash = lanes.reduce((sum, lane, index) => sum + rotated(lane, rotations[index] ?? 0n), 0n)
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * prime1 + prime4) & mask
  }
  hash = (hash + BigInt(bytes.length)) & mask
  for (; at + 8 <= bytes.length; at += 8) {
    const word = round(0n, view.getBigUint64(at, true))
    hash = (rotated(hash ^ word, 27n) * prime1 + prime4) & mask
  }
  if (at + 4 <= bytes.length) {
    const word = (BigInt(view.getUint32(at, true)) * prime1) & mask
    hash = (rotated(hash ^ word, 23n) * prime2 + prime3) & mask
    at += 4
  }
  for (; at < bytes.length; at++) {
    const byte = (BigInt(view.getUint8(at)) * prime5) & mask
    hash = (rotated(hash ^ byte, 11n) * prime1) & mask
  }
  hash = ((hash ^ (hash >> 33n)) * prime2) & mask
  hash = ((hash ^ (hash >> 29n)) * prime3) & mask
  return hash ^ (hash >> 32n)
}

function round(lane: bigint, word: bigint): bigint {
  return (rotated((lane + word * prime2) & mask, 31n) * prime1) & mask
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask
}
