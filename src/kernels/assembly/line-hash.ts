// The hash by which lines of pages are known: 128 bits, keyed.

/** 32 bytes of ones, then as many of zero. */
export const masks: usize = 4096
/** Random: 4,096 bytes for a text, and 16 more for its second hash. */
export const key: usize = 8192
export const keyBytes: usize = 4096

/** The latest hash. */
export let hashA: u64 = 0
export let hashB: u64 = 0

/**
 * NH of RFC 4418 (5.2.2) twice, the second time with the key moved on by four words: two texts of one
 * length up to 4,096 bytes have the same hash with a chance of 2^-64 at most, whatever they are,
 * because nobody outside knows the key. Longer ones are hashed in pieces that are mixed.
 */
// @ts-ignore: decorator
@inline
export function hash(from: usize, length: usize): void {
  let at = from
  let rest = length
  let sumsA = i64x2.splat(0)
  let sumsB = i64x2.splat(0)
  let keyAt = key
  while (rest >= 32) {
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const keyB = v128.load(keyAt, 16)
    sumsA = taken(sumsA, i32x4.add(a, v128.load(keyAt)), i32x4.add(b, keyB))
    sumsB = taken(sumsB, i32x4.add(a, keyB), i32x4.add(b, v128.load(keyAt, 32)))
    at += 32
    rest -= 32
    keyAt += 32
    if (keyAt == key + keyBytes) {
      keyAt = key
      sumsA = mixed(sumsA)
      sumsB = mixed(sumsB)
    }
  }
  if (rest > 0) {
    const mask = masks + 32 - rest
    const a = v128.and(v128.load(at), v128.load(mask))
    const b = v128.and(v128.load(at, 16), v128.load(mask, 16))
    const keyB = v128.load(keyAt, 16)
    sumsA = taken(sumsA, i32x4.add(a, v128.load(keyAt)), i32x4.add(b, keyB))
    sumsB = taken(sumsB, i32x4.add(a, keyB), i32x4.add(b, v128.load(keyAt, 32)))
  }
  hashA = i64x2.extract_lane(sumsA, 0) + i64x2.extract_lane(sumsA, 1)
  hashB = i64x2.extract_lane(sumsB, 0) + i64x2.extract_lane(sumsB, 1)
}

/** The four products of a round, each of two 32-bit words, added to the sums. */
// @ts-ignore: decorator
@inline
function taken(sums: v128, first: v128, second: v128): v128 {
  const half = i64x2.add(sums, i64x2.extmul_low_i32x4_u(first, second))
  return i64x2.add(half, i64x2.extmul_high_i32x4_u(first, second))
}

function mixed(sums: v128): v128 {
  const turned = v128.xor(sums, i64x2.shr_u(sums, 29))
  return i64x2.add(i64x2.mul(turned, i64x2.splat(0x9e3779b97f4a7c15)), i64x2.splat(1))
}
