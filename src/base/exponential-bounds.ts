/** Upper bounds of a histogram: `count` of them, each `factor` times the one before. */
export function exponentialBounds(first: number, factor: number, count: number): readonly number[] {
  const bounds = [first]
  while (bounds.length < count) bounds.push((bounds.at(-1) ?? first) * factor)
  return bounds
}
