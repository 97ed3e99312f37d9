import { Labels } from '../../../src/model/labels.ts'

/** One place of a series line; what is not a float cannot be checked yet. */
export type SequenceValue = number | 'stale' | 'none' | 'histogram'

export interface SeriesLine {
  readonly labels: Labels
  readonly values: readonly SequenceValue[]
}

/** `name{label="value"} 1 2+1x3 _x2 stale {{...}}` of the test language. */
export function parseSeriesLine(text: string): SeriesLine {
  const { labels, rest } = parseLabels(text)
  return { labels, values: parseValues(rest) }
}

function parseLabels(text: string): { labels: Labels; rest: string } {
  const pairs: [string, string][] = []
  const name = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? ''
  if (name !== '') pairs.push(['__name__', name])
  let rest = text.slice(name.length).trimStart()
  if (!rest.startsWith('{') || rest.startsWith('{{')) return { labels: Labels.of(pairs), rest }
  rest = rest.slice(1)
  const pair =
    /^\s*(?:("(?:[^"\\]|\\.)*"|[\w:.]+)\s*=\s*)?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)\s*(,|(?=\}))/
  for (;;) {
    const match = pair.exec(rest)
    if (match === null) break
    rest = rest.slice(match[0].length)
    const value = unquoted(match[2] ?? '')
    pairs.push([match[1] === undefined ? '__name__' : unquoted(match[1]), value])
  }
  const close = rest.indexOf('}')
  return { labels: Labels.of(pairs), rest: rest.slice(close + 1) }
}

function unquoted(text: string): string {
  if (text.startsWith('"')) return JSON.parse(text.replace(/\\'/g, "'"))
  if (text.startsWith("'") || text.startsWith('`')) return text.slice(1, -1)
  return text
}

function parseValues(text: string): readonly SequenceValue[] {
  const values: SequenceValue[] = []
  const number = String.raw`[+-]?(?:inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)`
  const item = new RegExp(
    String.raw`^\s*(?:(_)(?:x(\d+))?|(stale)(?:x(\d+))?|(\{\{[^}]*\}\}(?:[+-]\{\{[^}]*\}\})?)(?:x(\d+))?|(${number})(?:([+-](?:inf|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)))?(?:x(\d+))?)(?=\s|$)`,
    'i',
  )
  let rest = text
  while (rest.trim() !== '') {
    const match = item.exec(rest)
    if (match === null) throw new Error(`not a sequence of values: ${rest}`)
    rest = rest.slice(match[0].length)
    pushItem(values, match)
  }
  return values
}

function pushItem(values: SequenceValue[], match: RegExpExecArray): void {
  const [, gap, gapTimes, stale, staleTimes, histogram, histogramTimes] = match
  if (gap !== undefined) repeat(values, 'none', Number(gapTimes ?? 1))
  else if (stale !== undefined) repeat(values, 'stale', 1 + Number(staleTimes ?? 0))
  else if (histogram !== undefined) {
    repeat(values, 'histogram', 1 + Number(histogramTimes ?? 0))
  } else {
    const first = toNumber(match[7] ?? '')
    const increment = match[8] === undefined ? 0 : toNumber(match[8])
    const times = Number(match[9] ?? 0)
    let value = first
    values.push(value)
    for (let index = 0; index < times; index++) {
      if (match[8] !== undefined) value += increment
      values.push(value)
    }
  }
}

function repeat(values: SequenceValue[], value: SequenceValue, times: number): void {
  for (let index = 0; index < times; index++) values.push(value)
}

function toNumber(text: string): number {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return /nan/i.test(text) ? Number.NaN : Number(text)
}
