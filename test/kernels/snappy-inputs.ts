import { Random } from '../tsdb/chunk/chunk-series.ts'

/** Bytes of many kinds by a seed: noise, runs, text, repeated pieces, near and far; up to 200 KB. */
export function snappyInput(seed: number): Uint8Array {
  const random = new Random(seed)
  const length = lengthOf(random)
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) at += fillPiece(bytes, at, random)
  return bytes
}

function lengthOf(random: Random): number {
  const most = [4, 20, 70, 300, 5_000][random.below(5)] ?? 0
  if (random.below(100) === 0) return 65_500 + random.below(70)
  if (random.below(100) === 0) return random.below(200_000)
  return random.below(most)
}

/** Answers how many bytes it filled; what is behind the end is not there. */
function fillPiece(bytes: Uint8Array, at: number, random: Random): number {
  const length = 1 + random.below([8, 40, 200, 2_000][random.below(4)] ?? 1)
  switch (random.below(4)) {
    case 0:
      for (let index = 0; index < length; index++) bytes[at + index] = random.below(256)
      return length
    case 1:
      bytes.fill(random.below(256), at, at + length)
      return length
    case 2: {
      const back = 1 + random.below(Math.max(1, at))
      for (let index = 0; index < length; index++) {
        bytes[at + index] = bytes[at + index - back] ?? 0
      }
      return length
    }
    default: {
      // As series are: the same bytes but for a few.
      const text = `http_requests_total{instance="host-${random.below(50)}",code="${random.below(5)}"} `
      bytes.set(Buffer.from(text).subarray(0, Math.max(0, bytes.length - at)), at)
      return text.length
    }
  }
}

/** A block with one to three bytes changed, cut off, doubled or put in. */
export function damaged(block: Uint8Array, seed: number): Uint8Array {
  const random = new Random(seed)
  let bytes = Uint8Array.from(block)
  for (let count = 1 + random.below(3); count > 0; count--) {
    const at = random.below(bytes.length + 1)
    switch (random.below(4)) {
      case 0:
        if (at < bytes.length) bytes[at] = random.below(256)
        break
      case 1:
        bytes = bytes.slice(0, at)
        break
      case 2:
        bytes = Uint8Array.from([
          ...bytes.subarray(0, at),
          random.below(256),
          ...bytes.subarray(at),
        ])
        break
      default:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - 3))])
    }
  }
  return bytes
}
