import type { Looks } from './looks.ts'

/** Sorted without letting go of the thread. */
const runLength = 512
/** Merged so. */
const mergedPerTurn = 512

/**
 * Sorts as `list.sort` does, equals in the order in which they stood, but lets others have their turn
 * meanwhile.
 */
export async function sortInTurns(
  list: Uint32Array,
  compare: (left: number, right: number) => number,
  looks: Looks,
): Promise<void> {
  for (let from = 0; from < list.length; from += runLength) {
    list.subarray(from, from + runLength).sort(compare)
    const over = looks.turnNow()
    if (over !== undefined) await over
  }
  const lower = new Uint32Array(list.length <= runLength ? 0 : list.length)
  for (let length = runLength; length < list.length; length *= 2) {
    for (let from = 0; from + length < list.length; from += 2 * length) {
      const end = Math.min(from + 2 * length, list.length)
      await merge(list.subarray(from, end), length, lower, compare, looks)
    }
  }
}

/** Of a list whose first `length` items are in order, and the others. */
async function merge(
  list: Uint32Array,
  length: number,
  scratch: Uint32Array,
  compare: (left: number, right: number) => number,
  looks: Looks,
): Promise<void> {
  scratch.set(list.subarray(0, length))
  let [low, high] = [0, length]
  for (let place = 0; low < length; place++) {
    const [left = 0, right = 0] = [scratch[low], list[high]]
    const isLower = high === list.length || compare(left, right) <= 0
    list[place] = isLower ? left : right
    if (isLower) low++
    else high++
    const over = place % mergedPerTurn === 0 ? looks.turnNow() : undefined
    if (over !== undefined) await over
  }
}
