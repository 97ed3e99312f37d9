/** Where refs lie further apart than this, for each row, a column of them all would be larger than what it orders. */
const spanPerRowMax = 8

/**
 * The numbers of rows by ref, those of one ref by their first time (of row i at 2i of `times`), those
 * of one time as they stand. A start waits for it: refs are counted, which takes a third of comparing
 * them, since chunk files have the chunks of each series in the order of time almost always.
 */
export function orderByRef(
  refs: Float64Array,
  times: Float64Array,
  count: number,
): Uint32Array<ArrayBuffer> {
  if (count === 0) return new Uint32Array(0)
  const byTime = (a: number, b: number) => (times[a * 2] ?? 0) - (times[b * 2] ?? 0) || a - b
  const { first, last } = rangeOf(refs, count)
  const span = last - first + 1
  if (!(span <= count * spanPerRowMax)) {
    const order = Uint32Array.from({ length: count }, (_, row) => row)
    return order.sort((a, b) => (refs[a] ?? 0) - (refs[b] ?? 0) || byTime(a, b))
  }
  const order = new Uint32Array(count)
  const ends = countInto(order, refs, first, span)
  let start = 0
  for (const end of ends) {
    if (!isInOrder(order, times, start, end)) order.subarray(start, end).sort(byTime)
    start = end
  }
  return order
}

function rangeOf(refs: Float64Array, count: number): { first: number; last: number } {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = 0; row < count; row++) {
    const ref = refs[row] ?? 0
    if (ref < first) first = ref
    if (ref > last) last = ref
  }
  return { first, last }
}

/** Fills `order` with rows by ref, those of one ref as they stand; answers where the rows of each ref end. */
function countInto(
  order: Uint32Array,
  refs: Float64Array,
  first: number,
  span: number,
): Uint32Array {
  const places = new Uint32Array(span)
  for (let row = 0; row < order.length; row++) {
    const slot = (refs[row] ?? 0) - first
    places[slot] = (places[slot] ?? 0) + 1
  }
  let start = 0
  for (let slot = 0; slot < span; slot++) {
    const rows = places[slot] ?? 0
    places[slot] = start
    start += rows
  }
  for (let row = 0; row < order.length; row++) {
    const slot = (refs[row] ?? 0) - first
    const place = places[slot] ?? 0
    order[place] = row
    places[slot] = place + 1
  }
  return places
}

function isInOrder(order: Uint32Array, times: Float64Array, start: number, end: number): boolean {
  for (let place = start + 1; place < end; place++) {
    const [before, after] = [order[place - 1] ?? 0, order[place] ?? 0]
    if ((times[before * 2] ?? 0) > (times[after * 2] ?? 0)) return false
  }
  return true
}
