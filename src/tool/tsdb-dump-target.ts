import { goG } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { NativeHistogram } from '../model/histogram.ts'
import { histogramText } from '../model/histogram-text.ts'
import { metricNameLabel } from '../model/labels.ts'
import { isFloatEncoding, sampleCountOf } from '../tsdb/chunk/chunk-encoding.ts'
import { FloatColumns } from '../tsdb/chunk/float-columns.ts'
import { FloatChunkDecoder } from '../tsdb/chunk/float-decode.ts'
import { HistogramDecoder } from '../tsdb/chunk/histogram-decoder.ts'
import type { SeriesTarget } from '../tsdb/compact/merge-series.ts'
import type { MergedSymbols } from '../tsdb/compact/merge-symbols.ts'
import type { ToolTerminal } from './terminal.ts'

/** promtool's own lines, one JSON object of labels per series, or OpenMetrics text. */
export type DumpFormat = 'prom' | 'seriesjson' | 'openmetrics'

/** Prints series and samples instead of writing a block of them. */
export class DumpTarget implements SeriesTarget {
  readonly #symbols: readonly string[]
  readonly #format: DumpFormat
  readonly #terminal: ToolTerminal
  readonly #columns = new FloatColumns()
  readonly #floats = new FloatChunkDecoder()
  readonly #histograms = new HistogramDecoder()
  readonly #histogram = new NativeHistogram()
  #labels = ''
  /** OpenMetrics cannot say native histograms: of a series with one, what follows is left out. */
  #isCut = false

  constructor(symbols: MergedSymbols, format: DumpFormat, terminal: ToolTerminal) {
    const texts: string[] = []
    symbols.each((symbol) => texts.push(Buffer.from(symbol).toString('utf8')))
    this.#symbols = texts
    this.#format = format
    this.#terminal = terminal
  }

  series(labels: Uint32Array): void {
    const pairs: (readonly [string, string])[] = []
    for (let at = 0; at < labels.length; at += 2) {
      const [name, value] = [this.#symbols[labels[at] ?? 0], this.#symbols[labels[at + 1] ?? 0]]
      pairs.push([name ?? '', value ?? ''])
    }
    this.#isCut = false
    if (this.#format === 'prom') this.#labels = promLabels(pairs)
    else if (this.#format === 'openmetrics') this.#labels = openMetricsLabels(pairs)
    else this.#terminal.print(`${jsonLabels(pairs)}\n`)
  }

  chunk(
    encoding: number,
    _minTimeMs: number,
    _maxTimeMs: number,
    bytes: Uint8Array,
    length: number,
  ): void {
    if (this.#format === 'seriesjson' || this.#isCut) return
    const data = bytes.subarray(0, length)
    if (isFloatEncoding(encoding)) this.#printFloats(encoding, data)
    else if (this.#format === 'openmetrics') this.#isCut = true
    else this.#printHistograms(encoding, data)
  }

  end(): void {
    if (this.#format === 'openmetrics') this.#terminal.print('# EOF\n')
  }

  #printFloats(encoding: number, data: Uint8Array): void {
    const columns = this.#columns
    columns.reserve(sampleCountOf(encoding, data))
    const { target, timestampsMs, halves } = columns
    const count = this.#floats.decode(encoding, data, -Infinity, Infinity, target, 0)
    const values = new Float64Array(halves.buffer, halves.byteOffset, count)
    const isOpenMetrics = this.#format === 'openmetrics'
    let lines = ''
    for (let index = 0; index < count; index++) {
      const timeMs = timestampsMs[index] ?? 0
      const time = isOpenMetrics ? (timeMs / 1_000).toFixed(3) : timeMs
      lines += `${this.#labels} ${goG(values[index] ?? 0)} ${time}\n`
    }
    this.#terminal.print(lines)
  }

  #printHistograms(encoding: number, data: Uint8Array): void {
    const decoder = this.#histograms
    decoder.open(encoding, data)
    while (decoder.next()) {
      decoder.fill(this.#histogram)
      const text = histogramText(this.#histogram)
      this.#terminal.print(`${this.#labels} ${text} ${decoder.timestampMs}\n`)
    }
  }
}

type Pairs = readonly (readonly [string, string])[]

function promLabels(pairs: Pairs): string {
  const isPlain = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
  const texts = pairs.map(
    ([name, value]) => `${isPlain(name) ? name : goQuote(name)}=${goQuote(value)}`,
  )
  return `{${texts.join(', ')}}`
}

function openMetricsLabels(pairs: Pairs): string {
  const name = pairs.find(([label]) => label === metricNameLabel)?.[1] ?? ''
  const others = pairs.filter(([label]) => label !== metricNameLabel)
  return `${name}{${others.map(([label, value]) => `${label}=${goQuote(value)}`).join(',')}}`
}

/** As Go writes JSON: also safe within HTML. */
function jsonLabels(pairs: Pairs): string {
  return JSON.stringify(Object.fromEntries(pairs)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
