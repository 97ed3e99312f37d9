/** Where a number is in an ascending column; -1 where it is not. */
export function placeIn(ascending: Uint32Array | Float64Array, number: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? 0) < number) low = middle + 1
    else high = middle
  }
  return ascending[low] === number ? low : -1
}
