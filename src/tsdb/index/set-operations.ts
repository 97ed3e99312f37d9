/** Sets of series ids as ascending columns. */
export type Postings = Uint32Array

export const noPostings: Postings = new Uint32Array(0)

/** What stands in both. */
export function intersect(a: Postings, b: Postings): Postings {
  const [small, large] = a.length <= b.length ? [a, b] : [b, a]
  const found = new Uint32Array(small.length)
  let count = 0
  let at = 0
  // A short set against a long one gallops; sets of like size step.
  const gallop = large.length > small.length * 16
  for (let index = 0; index < small.length; index++) {
    const wanted = small[index] ?? 0
    at = gallop ? lowerBound(large, wanted, at) : advance(large, wanted, at)
    if (at === large.length) break
    if (large[at] === wanted) found[count++] = wanted
  }
  return found.subarray(0, count)
}

/** What stands in the first and not in the second. */
export function subtract(a: Postings, b: Postings): Postings {
  if (b.length === 0) return a
  const left = new Uint32Array(a.length)
  let count = 0
  let at = 0
  const gallop = b.length > a.length * 16
  for (let index = 0; index < a.length; index++) {
    const id = a[index] ?? 0
    at = gallop ? lowerBound(b, id, at) : advance(b, id, at)
    if (b[at] !== id) left[count++] = id
  }
  return left.subarray(0, count)
}

/** What stands in any of them, each once. */
export function union(sets: readonly Postings[]): Postings {
  const [first, second] = sets
  if (first === undefined) return noPostings
  if (second === undefined) return first
  let total = 0
  let idMax = 0
  for (const set of sets) {
    total += set.length
    idMax = Math.max(idMax, set.at(-1) ?? 0)
  }
  return total < idMax / 128 ? unionSorted(sets, total) : unionMarked(sets, total, idMax)
}

/** Few ids of many: put together and sorted. */
function unionSorted(sets: readonly Postings[], total: number): Postings {
  const all = new Uint32Array(total)
  let end = 0
  for (const set of sets) {
    all.set(set, end)
    end += set.length
  }
  all.sort()
  let count = 0
  for (let index = 0; index < total; index++) {
    const id = all[index] ?? 0
    if (count === 0 || all[count - 1] !== id) all[count++] = id
  }
  return all.subarray(0, count)
}

/** Many ids: a bit for each, and the bits read in order. */
function unionMarked(sets: readonly Postings[], total: number, idMax: number): Postings {
  const marks = new Int32Array((idMax >>> 5) + 1)
  for (const set of sets) {
    for (let index = 0; index < set.length; index++) {
      const id = set[index] ?? 0
      marks[id >>> 5] = (marks[id >>> 5] ?? 0) | (1 << (id & 31))
    }
  }
  const all = new Uint32Array(total)
  let count = 0
  for (let word = 0; word < marks.length; word++) {
    for (let bits = marks[word] ?? 0; bits !== 0; bits &= bits - 1) {
      all[count++] = word * 32 + 31 - Math.clz32(bits & -bits)
    }
  }
  return all.subarray(0, count)
}

function advance(set: Postings, wanted: number, from: number): number {
  let at = from
  while (at < set.length && (set[at] ?? 0) < wanted) at++
  return at
}

/** The first place from `from` on that is not below `wanted`: doubling steps, then halving. */
function lowerBound(set: Postings, wanted: number, from: number): number {
  let step = 1
  while (from + step < set.length && (set[from + step] ?? 0) < wanted) step *= 2
  let low = from + (step >>> 1)
  let high = Math.min(from + step, set.length)
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((set[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
