import { goQuote, goQuoteRune } from '../model/go-quote.ts'
import { Labels } from '../model/labels.ts'
import { isValidLabelName, isValidMetricName, type NameScheme } from '../model/name-validity.ts'
import { parseGoFloat } from '../promql/functions/go-float.ts'
import { TextCursor } from './text-cursor.ts'
import {
  type FamilyType,
  familyTypes,
  pointLabelOf,
  type TextFamily,
  type TextMetric,
} from './text-family.ts'

/** A family while it is read. */
interface OpenFamily {
  readonly name: string
  help: string | undefined
  type: FamilyType | undefined
  readonly metrics: OpenMetric[]
  /** Of histograms and summaries, by their other labels. */
  readonly byLabels: Map<string, OpenMetric>
}

type OpenMetric = { -readonly [Key in keyof TextMetric]: TextMetric[Key] } & {
  readonly points: [bound: number, value: number][]
}

/** What the name of a line stands for in its family. */
type Role = 'itself' | 'sum' | 'count'

/** A line while it is read. */
interface Line {
  readonly labels: (readonly [name: string, value: string])[]
  family: OpenFamily | undefined
  role: Role
  /** Of `le` or `quantile`; NaN where the line has none. */
  bound: number
}

/**
 * The families of a page of the text format, sorted by name, as the parser reads them that Prometheus'
 * tools use (not its scrapes): it groups lines by name, wants a newline at the end, and takes the same
 * series more than once. Throws TextPageError.
 */
export function readTextPage(bytes: Uint8Array, scheme: NameScheme): readonly TextFamily[] {
  const reader = new TextPageReader(Buffer.from(bytes).toString('latin1'), scheme)
  const families = reader.read().filter(({ metrics }) => metrics.length > 0)
  const closed = families.map(({ name, help, type = 'untyped', metrics }) => ({
    name,
    help,
    type,
    metrics,
  }))
  return closed.sort((a, b) => (a.name < b.name ? -1 : 1))
}

class TextPageReader {
  readonly #cursor: TextCursor
  readonly #scheme: NameScheme
  readonly #families = new Map<string, OpenFamily>()

  constructor(bytes: string, scheme: NameScheme) {
    this.#scheme = scheme
    this.#cursor = new TextCursor(bytes)
  }

  read(): readonly OpenFamily[] {
    const cursor: TextCursor = this.#cursor
    while (cursor.startLine()) {
      if (cursor.byte === '#') this.#comment()
      else if (cursor.byte !== '\n') this.#sample()
    }
    return [...this.#families.values()]
  }

  #comment(): void {
    const cursor: TextCursor = this.#cursor
    cursor.skipBlanks()
    if (cursor.byte === '\n') return
    const keyword = cursor.untilWhitespace()
    if (cursor.byte === '\n') return
    if (keyword !== 'HELP' && keyword !== 'TYPE') {
      cursor.skipLine()
      return
    }
    cursor.skipBlanks()
    const name = cursor.name('metric')
    if (cursor.byte === '\n') return
    if (!cursor.isBlank) cursor.fail('invalid metric name in comment')
    const { family } = this.#familyOf(name)
    cursor.skipBlanks()
    if (cursor.byte === '\n') return
    if (keyword === 'HELP') this.#help(family)
    else this.#type(family)
  }

  #help(family: OpenFamily): void {
    if (family.help !== undefined) {
      this.#cursor.fail(`second HELP line for metric name ${goQuote(family.name)}`)
    }
    family.help = this.#cursor.helpText()
  }

  #type(family: OpenFamily): void {
    if (family.type !== undefined) {
      const words = 'or TYPE reported after samples'
      this.#cursor.fail(`second TYPE line for metric name ${goQuote(family.name)}, ${words}`)
    }
    const text = this.#cursor.untilNewline()
    const name = text.toLowerCase().replace(/^gaugehistogram$/, 'gauge_histogram')
    const type = familyTypes.find((known) => known === name)
    if (type === undefined) this.#cursor.fail(`unknown metric type ${goQuote(text)}`)
    family.type = type
  }

  #sample(): void {
    const cursor: TextCursor = this.#cursor
    const line: Line = { labels: [], family: undefined, role: 'itself', bound: Number.NaN }
    if (cursor.byte === '{') this.#labels(line, true)
    else {
      const name = cursor.name('metric')
      if (name === '') cursor.fail('invalid metric name')
      this.#place(line, name)
      cursor.skipBlanksHere()
      if (cursor.byte === '{') this.#labels(line, false)
    }
    if (line.family === undefined) cursor.fail('invalid metric name')
    this.#value(line, line.family)
  }

  #place(line: Line, name: string): void {
    const { family, role } = this.#familyOf(name)
    family.type ??= 'untyped'
    line.family = family
    line.role = role
  }

  /** From the brace to the first byte of the value. */
  #labels(line: Line, mayName: boolean): void {
    const cursor: TextCursor = this.#cursor
    for (;;) {
      cursor.skipBlanks()
      if (cursor.byte === '}') break
      const name = cursor.name('label')
      if (name === '') cursor.fail(`invalid label name for metric ${nameOf(line)}`)
      cursor.skipBlanksHere()
      if (cursor.byte === '=') this.#label(line, name)
      else if (mayName) this.#nameInBraces(line, name)
      else cursor.fail(`expected '=' after label name, found ${goQuoteRune(cursor.byte)}`)
      // A comma or a brace by now.
      if (String(cursor.byte) === '}') break
    }
    cursor.skipBlanks()
  }

  #nameInBraces(line: Line, name: string): void {
    const cursor: TextCursor = this.#cursor
    if (line.family !== undefined) cursor.fail(`multiple metric names for metric ${nameOf(line)}`)
    if (cursor.byte !== ',' && cursor.byte !== '}') {
      cursor.fail(`unexpected end of metric name ${goQuoteRune(cursor.byte)}`)
    }
    this.#place(line, name)
  }

  #label(line: Line, name: string): void {
    const cursor: TextCursor = this.#cursor
    if (name === '__name__') cursor.fail(`label name ${goQuote(name)} is reserved`)
    if (!isValidLabelName(name, this.#scheme)) cursor.fail(`invalid label name ${goQuote(name)}`)
    const isPoint = name === pointLabelOf(line.family?.type)
    if (!isPoint && line.labels.some(([known]) => known === name)) {
      cursor.fail(`duplicate label names for metric ${nameOf(line)}`)
    }
    cursor.skipBlanks()
    if (cursor.byte !== '"') {
      const found = goQuoteRune(cursor.byte)
      cursor.fail(`expected '"' at start of label value, found ${found}`)
    }
    const value = cursor.labelValue()
    if (isPoint) line.bound = this.#bound(name, value)
    else line.labels.push([name, value])
    cursor.skipBlanks()
    if (!/[,}]/.test(cursor.byte)) {
      cursor.fail(`unexpected end of label value ${goQuote(value)}`)
    }
  }

  #bound(name: string, text: string): number {
    const bound = floatOf(text)
    if (bound !== undefined) return bound
    return this.#cursor.fail(`expected float as value for '${name}' label, got ${goQuote(text)}`)
  }

  #value(line: Line, family: OpenFamily): void {
    const cursor: TextCursor = this.#cursor
    const text = cursor.untilWhitespace()
    const value = floatOf(text)
    if (value === undefined) cursor.fail(`expected float as value, got ${goQuote(text)}`)
    const metric = metricOf(line, family)
    if (pointLabelOf(family.type) === undefined) metric.value = value
    else this.#part(line, family, metric, value)
    if (cursor.byte === '\n') return
    cursor.skipBlanks()
    const time = cursor.untilWhitespace()
    if (!/^[+-]?\d+$/.test(time) || !isInteger64(BigInt(time))) {
      cursor.fail(`expected integer as timestamp, got ${goQuote(time)}`)
    }
    metric.timestampMs = Number(time)
    const rest = cursor.untilNewline()
    if (rest !== '') cursor.fail(`spurious string after timestamp: ${goQuote(rest)}`)
  }

  /** One line of a histogram or a summary. */
  #part(line: Line, { name, type }: OpenFamily, metric: OpenMetric, value: number): void {
    const isNegative = type !== 'summary' && value < 0
    if (line.role === 'count') {
      if (isNegative) this.#cursor.fail(`negative count for histogram ${goQuote(name)}`)
      metric.count = type === 'summary' ? Math.trunc(value) : value
    } else if (line.role === 'sum') metric.sum = value
    else if (!Number.isNaN(line.bound)) {
      if (isNegative) this.#cursor.fail(`negative bucket population for histogram ${goQuote(name)}`)
      metric.points.push([line.bound, value])
    }
  }

  /** The family that has the name, or of which it is a part; a new one where there is none. */
  #familyOf(name: string): { readonly family: OpenFamily; readonly role: Role } {
    if (!isValidMetricName(name, this.#scheme))
      this.#cursor.fail(`invalid metric name ${goQuote(name)}`)
    const own = this.#families.get(name)
    if (own !== undefined) return { family: own, role: 'itself' }
    const [, base = '', part] = /^(.+)_(sum|count|bucket)$/s.exec(name) ?? []
    const whole = this.#families.get(base)
    const pointLabel = pointLabelOf(whole?.type)
    const isPart = pointLabel === 'le' || (pointLabel === 'quantile' && part !== 'bucket')
    if (whole !== undefined && isPart) {
      return { family: whole, role: part === 'sum' || part === 'count' ? part : 'itself' }
    }
    const family: OpenFamily = {
      name,
      help: undefined,
      type: undefined,
      metrics: [],
      byLabels: new Map(),
    }
    this.#families.set(name, family)
    return { family, role: 'itself' }
  }
}

function nameOf({ family }: Line): string {
  return goQuote(family?.name ?? '')
}

function metricOf({ labels }: Line, family: OpenFamily): OpenMetric {
  const key = pointLabelOf(family.type) === undefined ? undefined : Labels.of(labels).key()
  const known = key === undefined ? undefined : family.byLabels.get(key)
  if (known !== undefined) return known
  const metric: OpenMetric = {
    labels,
    timestampMs: undefined,
    value: 0,
    sum: 0,
    count: 0,
    points: [],
  }
  family.metrics.push(metric)
  if (key !== undefined) family.byLabels.set(key, metric)
  return metric
}

function floatOf(text: string): number | undefined {
  const value = parseGoFloat(text)
  const isNumber = /^[+-]?[\d.]/.test(text)
  return isNumber && value !== undefined && !Number.isFinite(value) ? undefined : value
}

function isInteger64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}
