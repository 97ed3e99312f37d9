import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import { Labels } from '../model/labels.ts'
import { timestampMsMax } from '../model/samples.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { ExpositionError, entryKind } from '../scrape/exposition.ts'
import { OpenMetricsParser } from '../scrape/parse-openmetrics.ts'
import type { ToolTerminal } from './terminal.ts'

const readPieceBytes = 1 << 26
const samplesPerProgress = 65_536

/** All samples of a page, in columns, as they stood there. */
export class ImportedSamples {
  readonly labels: Labels[] = []
  /** By row: which of the labels. */
  series = new Uint32Array(1024)
  timestampsMs = new Float64Array(1024)
  values = new Float64Array(1024)
  halves = halvesOf(this.values)
  count = 0
  /** By the series' text and the type of its family, which decides how `le` is written. */
  readonly #seriesOfText = new Map<string, number>()
  readonly #seriesOfLabels = new Map<string, number>()

  /** `make` is asked for the labels of a text that is new. */
  seriesOf(text: string, make: () => Labels): number {
    const known = this.#seriesOfText.get(text)
    if (known !== undefined) return known
    const labels = make()
    const key = labels.key()
    let series = this.#seriesOfLabels.get(key)
    if (series === undefined) {
      series = this.labels.push(labels) - 1
      this.#seriesOfLabels.set(key, series)
    }
    this.#seriesOfText.set(text, series)
    return series
  }

  add(series: number, timestampMs: number, value: number): void {
    const row = this.count++
    if (row === this.series.length) this.#grow()
    this.series[row] = series
    this.timestampsMs[row] = timestampMs
    this.values[row] = value
  }

  #grow(): void {
    const size = this.series.length * 2
    const { series, timestampsMs, values } = this
    this.series = new Uint32Array(size)
    this.series.set(series)
    this.timestampsMs = new Float64Array(size)
    this.timestampsMs.set(timestampsMs)
    this.values = new Float64Array(size)
    this.values.set(values)
    this.halves = halvesOf(this.values)
  }

  /** The rows of each aligned range that has any, from the oldest range to the newest. */
  byRange(rangeMs: number): readonly Uint32Array[] {
    const counts = new Map<number, number>()
    const rangeOf = (row: number) => Math.floor((this.timestampsMs[row] ?? 0) / rangeMs)
    for (let row = 0; row < this.count; row++) {
      counts.set(rangeOf(row), (counts.get(rangeOf(row)) ?? 0) + 1)
    }
    const ranges = [...counts.keys()].sort((a, b) => a - b)
    const rows = new Map(ranges.map((range) => [range, new Uint32Array(counts.get(range) ?? 0)]))
    const filled = new Map<number, number>()
    for (let row = 0; row < this.count; row++) {
      const range = rangeOf(row)
      const at = filled.get(range) ?? 0
      const own = rows.get(range)
      if (own !== undefined) own[at] = row
      filled.set(range, at + 1)
    }
    return [...rows.values()]
  }

  /** The rows so that each series' times ascend: as they are where they do, else all by time. */
  inOrder(rows: Uint32Array): Uint32Array {
    const newestMs = new Float64Array(this.labels.length).fill(Number.NEGATIVE_INFINITY)
    const isLate = (row: number) => {
      const [series, timeMs] = [this.series[row] ?? 0, this.timestampsMs[row] ?? 0]
      const late = timeMs < (newestMs[series] ?? 0)
      newestMs[series] = timeMs
      return late
    }
    if (!rows.some(isLate)) return rows
    const times = this.timestampsMs
    return rows.slice().sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0) || a - b)
  }
}

/** Reads a page; throws EXPOSITION_INVALID for what is not OpenMetrics or has no timestamp. */
export function readSamples(
  options: { readonly input: string; readonly labels: ReadonlyMap<string, string> },
  fileSystem: FileSystem,
  terminal: ToolTerminal,
): ImportedSamples {
  const bytes = readInput(fileSystem, options.input)
  const parser = new OpenMetricsParser(bytes, bytes.length, {
    skipCreated: false,
    typeAndUnitLabels: false,
  })
  const samples = new ImportedSamples()
  const makeLabels = () => labelsOf(parser.labelPairs(), options.labels)
  try {
    for (let kind = parser.next(); kind !== entryKind.end; kind = parser.next()) {
      if (kind !== entryKind.series) continue
      requireTimestamp(parser)
      const { seriesStart, seriesEnd, metricType } = parser
      const raw = Buffer.from(bytes.buffer, bytes.byteOffset + seriesStart, seriesEnd - seriesStart)
      const text = `${metricType} ${raw.toString('latin1')}`
      samples.add(samples.seriesOf(text, makeLabels), parser.timestampMs, parser.value)
      if (samples.count % samplesPerProgress > 0) continue
      const percent = Math.floor((100 * parser.position) / bytes.length)
      terminal.progress(`Reading ${options.input}: ${percent} %`)
    }
  } catch (thrown) {
    if (!(thrown instanceof ExpositionError)) throw thrown
    throw invalid(`line ${thrown.line}: ${thrown.message}`)
  }
  return samples
}

function requireTimestamp({ hasTimestamp, timestampMs }: OpenMetricsParser): void {
  if (!hasTimestamp) throw invalid('expected timestamp for series got none')
  if (Math.abs(timestampMs) <= timestampMsMax) return
  throw invalid(
    `timestamp ${timestampMs / 1000} s is out of bounds, limit ${timestampMsMax / 1000} s`,
  )
}

function invalid(words: string): NarthexError {
  return new NarthexError('EXPOSITION_INVALID', `getting samples: ${words}`)
}

function labelsOf(pairs: readonly string[], extra: ReadonlyMap<string, string>): Labels {
  const values = new Map<string, string>()
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at] ?? ''
    if (values.has(name)) throw invalid(`label name ${JSON.stringify(name)} is not unique`)
    values.set(name, pairs[at + 1] ?? '')
  }
  return Labels.of([...values, ...extra])
}

/** The whole file; one that has no size of its own, such as a pipe, as far as it goes. */
function readInput(fileSystem: FileSystem, path: string): Uint8Array {
  if (fileSystem.stat(path)?.kind !== 'file') return fileSystem.readFile(path)
  const file = fileSystem.openRead(path)
  try {
    const { sizeBytes } = file
    if (sizeBytes > limits.importBytesMax) {
      const most = limits.importBytesMax
      throw new NarthexError('LIMIT_EXCEEDED', `${path} has ${sizeBytes} bytes, limit ${most}`)
    }
    const bytes = new Uint8Array(sizeBytes)
    for (let at = 0; at < sizeBytes; at += readPieceBytes) {
      file.read(bytes.subarray(at, at + readPieceBytes), at)
    }
    return bytes
  } finally {
    file.close()
  }
}
