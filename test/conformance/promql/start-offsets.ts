import { parseSignedDurationMs } from '../../../src/model/duration.ts'

/**
 * The sequence of an @st line: `_`, `_xN`, `-1m`, `-1mxN`, `-1m+30sxN`, each a duration relative to
 * the time of its sample; undefined for no start timestamp.
 */
export function parseStartOffsets(text: string): readonly (number | undefined)[] {
  return text.trim().split(/\s+/).flatMap(parseItem)
}

function parseItem(item: string): readonly (number | undefined)[] {
  const blank = /^_(?:x(\d+))?$/.exec(item)
  if (blank !== null) return Array.from({ length: Number(blank[1] ?? 1) }, () => undefined)
  const match = /^([+-]?\d+[a-z]*?)(?:([+-])(\d+[a-z]*?))?(?:x(\d+))?$/.exec(item)
  if (match === null) throw new Error(`not a start timestamp: ${item}`)
  const [, first = '', sign, step, times] = match
  const firstMs = parseSignedDurationMs(first.replace('+', ''))
  const stepMs = step === undefined ? 0 : parseSignedDurationMs(sign === '-' ? `-${step}` : step)
  const count = times === undefined ? 1 : Number(times) + 1
  return Array.from({ length: count }, (_none, index) => firstMs + index * stepMs)
}
