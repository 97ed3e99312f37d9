import { readFileSync } from 'node:fs'
import {
  parseSeriesNotation,
  type SeriesDescription,
} from '../../../src/promql/parse/series-notation.ts'
import { parseStartOffsets } from './start-offsets.ts'

/** What an eval demands beside its result. */
export interface Expectation {
  readonly kind: 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info'
  readonly match: 'any' | 'message' | 'pattern'
  readonly text: string
}

export interface EvalCommand {
  readonly kind: 'eval'
  readonly line: number
  readonly query: string
  /** Of an instant query both are its time; `expect range vector` changes what is compared. */
  readonly isRange: boolean
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
  readonly expectations: readonly Expectation[]
  readonly expectedString: string | undefined
  readonly expectedRange: { startMs: number; endMs: number; stepMs: number } | undefined
  /** A single number without labels, else the series. */
  readonly expectedScalar: number | undefined
  readonly expectedSeries: readonly SeriesDescription[]
}

export interface LoadedSeries extends SeriesDescription {
  /** Start timestamps, relative to the times of their samples; undefined for none. */
  readonly startOffsetsMs?: readonly (number | undefined)[]
}

export interface LoadCommand {
  readonly kind: 'load'
  readonly line: number
  readonly stepMs: number
  readonly withHistograms: boolean
  readonly series: readonly LoadedSeries[]
}

export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear'; readonly line: number }

/** Reads a script of upstream's PromQL test language (README of the conformance data). */
export function readScript(path: string): readonly Command[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .map((line) => (line.startsWith('#') ? '' : line))
  const commands: Command[] = []
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    if (line === '') {
      at++
      continue
    }
    let end = at + 1
    while (end < lines.length && lines[end] !== '' && !startsCommand(lines[end] ?? '')) end++
    commands.push(parseCommand(line, lines.slice(at + 1, end), at + 1))
    at = end
  }
  return commands
}

function startsCommand(line: string): boolean {
  return /^(?:clear$|load(?:_with_nhcb)?\s|eval(?:_\w+)?\s+(?:instant|range)\s)/.test(line)
}

function parseCommand(head: string, body: readonly string[], line: number): Command {
  if (head === 'clear') return { kind: 'clear', line }
  const load = /^load(_with_nhcb)?\s+(.+)$/.exec(head)
  if (load !== null) {
    const stepMs = durationMs(load[2] ?? '')
    const withHistograms = load[1] !== undefined
    return { kind: 'load', line, stepMs, withHistograms, series: loadedSeries(body) }
  }
  const instant = /^eval(?:_(\w+))?\s+instant\s+(?:at\s+(\S+))\s+(.+)$/.exec(head)
  if (instant !== null) {
    const timeMs = durationMs(instant[2] ?? '')
    const place = { isRange: false, startMs: timeMs, endMs: timeMs, stepMs: 0 }
    return evalCommand(line, instant[3] ?? '', place, instant[1], body)
  }
  const range = /^eval(?:_(\w+))?\s+range\s+from\s+(.+?)\s+to\s+(.+?)\s+step\s+(\S+)\s+(.+)$/.exec(
    head,
  )
  if (range === null) throw new Error(`line ${line}: not a command: ${head}`)
  const place = {
    isRange: true,
    startMs: durationMs(range[2] ?? ''),
    endMs: durationMs(range[3] ?? ''),
    stepMs: durationMs(range[4] ?? ''),
  }
  return evalCommand(line, range[5] ?? '', place, range[1], body)
}

/** Lines of series, some of them after a line of their start timestamps. */
function loadedSeries(body: readonly string[]): readonly LoadedSeries[] {
  const series: LoadedSeries[] = []
  let starts: { labels: string; offsetsMs: readonly (number | undefined)[] } | undefined
  for (const text of body) {
    const startLine = /^(\S+)@st\s+(.*)$/.exec(text)
    if (startLine !== null) {
      const { labels } = parseSeriesNotation(startLine[1] ?? '')
      starts = { labels: labels.key(), offsetsMs: parseStartOffsets(startLine[2] ?? '') }
      continue
    }
    const one = parseSeriesNotation(text)
    if (starts === undefined) series.push(one)
    else {
      const { labels, offsetsMs } = starts
      if (labels !== one.labels.key() || offsetsMs.length !== one.values.length) {
        throw new Error(`start timestamps of other samples than those of ${text}`)
      }
      series.push({ ...one, startOffsetsMs: offsetsMs })
      starts = undefined
    }
  }
  return series
}

type Place = Pick<EvalCommand, 'isRange' | 'startMs' | 'endMs' | 'stepMs'>

function evalCommand(
  line: number,
  query: string,
  place: Place,
  modifier: string | undefined,
  body: readonly string[],
): EvalCommand {
  const expectations: Expectation[] = []
  if (modifier !== undefined) expectations.push(expectation(modifier, undefined, ''))
  let expectedString: string | undefined
  let expectedRange: EvalCommand['expectedRange']
  let expectedScalar: number | undefined
  const expectedSeries: SeriesDescription[] = []
  for (const text of body) {
    const range = /^expect range vector from (.+?) to (.+?) step (.+)$/.exec(text)
    const expect = /^expect\s+(\w+)(?:\s+(msg|regex)\s*:(.*))?$/.exec(text)
    const failMessage = /^expected_fail_(message|regexp)\s+(.*)$/.exec(text)
    if (range !== null) {
      const [startMs = 0, endMs = 0, stepMs = 0] = range.slice(1).map(durationMs)
      expectedRange = { startMs, endMs, stepMs }
    } else if (text.startsWith('expect string ')) expectedString = unquote(text.slice(14).trim())
    else if (expect !== null) {
      expectations.push(expectation(expect[1] ?? '', expect[2], (expect[3] ?? '').trim()))
    } else if (failMessage !== null) {
      const kind = failMessage[1] === 'message' ? 'msg' : 'regex'
      expectations.push(expectation('fail', kind, failMessage[2] ?? ''))
    } else if (isNumber(text)) expectedScalar = Number(goNumber(text))
    else expectedSeries.push(parseSeriesNotation(text))
  }
  return {
    kind: 'eval',
    line,
    query,
    ...place,
    expectations,
    expectedString,
    expectedRange,
    expectedScalar,
    expectedSeries,
  }
}

function expectation(kind: string, match: string | undefined, text: string): Expectation {
  const kinds = ['ordered', 'fail', 'warn', 'no_warn', 'info', 'no_info'] as const
  const found = kinds.find((known) => known === kind)
  if (found === undefined) throw new Error(`unknown expectation ${kind}`)
  return {
    kind: found,
    match: match === undefined ? 'any' : match === 'msg' ? 'message' : 'pattern',
    text,
  }
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

/** 1h30m, 0, -5m: the scripts' times. */
export function durationMs(text: string): number {
  if (text === '0') return 0
  const match = /^(-?)((?:\d+(?:ms|[smhdwy]))+)$/.exec(text.trim())
  if (match === null) throw new Error(`not a duration: ${text}`)
  let sum = 0
  for (const [, count, unit] of (match[2] ?? '').matchAll(/(\d+)(ms|[smhdwy])/g)) {
    sum += Number(count) * (unitMs[unit ?? ''] ?? 0)
  }
  return match[1] === '-' ? -sum : sum
}

function isNumber(text: string): boolean {
  return /^[+-]?(?:inf|nan|0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i.test(text)
}

export function goNumber(text: string): string {
  return text.replace(/^([+-]?)inf$/i, '$1Infinity').replace(/^[+-]?nan$/i, 'NaN')
}

function unquote(text: string): string {
  const quote = text[0]
  const inner = text.slice(1, -1)
  return quote === '"' ? JSON.parse(text) : quote === "'" ? inner.replace(/\\'/g, "'") : inner
}
