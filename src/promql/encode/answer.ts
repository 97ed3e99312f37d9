import { exactTimeAt } from '../../model/exact-time.ts'
import { floatText } from '../../model/float-text.ts'
import { goJson } from '../../model/go-json.ts'
import { NativeHistogram } from '../../model/histogram.ts'
import { type QueryStatistics, statisticsFields } from '../../model/query-statistics.ts'
import type { SymbolTable } from '../../storage/querier.ts'
import type { QueryControl } from '../../storage/query-runner.ts'
import type { HeldSamples } from '../exec/held-samples.ts'
import { hasFloats, hasHistograms, isHistogram, loadHistogram } from '../exec/histogram-cells.ts'
import type { HeldMatrix } from '../exec/matrix.ts'
import { isPresent, type TimeAxis } from '../exec/step-batch.ts'
import { HistogramsWriter } from './histograms.ts'
import { JsonPieces } from './json-pieces.ts'
import { LabelsWriter, PointsWriter } from './series.ts'

/** What the whole query answered, its series in the order of the answer. */
export type QueryResult =
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string }
  | SteppedResult
  | SampledResult

interface SteppedResult {
  readonly type: 'vector' | 'matrix'
  readonly axis: TimeAxis
  readonly matrix: HeldMatrix
  readonly order: Uint32Array
}

/** An instant query for a range vector: samples at their own times. */
interface SampledResult {
  readonly type: 'samples'
  readonly samples: HeldSamples
  readonly order: Uint32Array
}

/** What goes into the answer beside the result. */
interface AnswerNotes {
  readonly warnings: readonly string[]
  readonly infos: readonly string[]
  readonly statistics: QueryStatistics | undefined
  /** Whether histograms have their layout, too. */
  readonly keepsLayout?: boolean
}

/**
 * The whole JSON answer as bytes (row A1.1), a piece as soon as it is full: of the text there are
 * never more than some pieces at once. Asks for the turn's end after each series.
 * `symbols` is undefined only where there are no series.
 */
export async function* encodeAnswer(
  result: QueryResult,
  notes: AnswerNotes,
  symbols: SymbolTable,
  control: QueryControl,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const out = new JsonPieces()
  const type = result.type === 'samples' ? 'matrix' : result.type
  out.ascii(`{"status":"success","data":{"resultType":"${type}","result":`)
  if (result.type === 'scalar') writeScalar(out, result.timeMs, result.value)
  else if (result.type === 'string') writeString(out, result.timeMs, result.value)
  else {
    const writer = new SeriesWriter(out, result, symbols, notes.keepsLayout === true)
    for (const series of result.order) {
      for (const _full of writer.write(series)) yield* out.ready()
      await control.checkpoint()
    }
    writer.end()
  }
  if (notes.statistics !== undefined) {
    out.ascii(`,"stats":${JSON.stringify(statisticsFields(notes.statistics))}`)
  }
  out.ascii('}')
  writeTexts(out, 'warnings', notes.warnings)
  writeTexts(out, 'infos', notes.infos)
  out.ascii('}')
  yield* out.finish()
}

/** Its time is a plain number in upstream's JSON: 1.5, where that of a sample is 1.500. */
function writeScalar(out: JsonPieces, timeMs: number, value: number): void {
  out.ascii(`[${timeMs / 1000},"${floatText(value)}"]`)
}

function writeString(out: JsonPieces, timeMs: number, value: string): void {
  out.ascii(`[${timeMs / 1000},`)
  out.text(`${goJson(value)}]`)
}

/** Writes the series of a result one by one: write() for each of them, then end(). */
class SeriesWriter {
  readonly #out: JsonPieces
  readonly #result: SteppedResult | SampledResult
  readonly #labels: LabelsWriter
  readonly #points: SeriesPoints
  #before = '['

  constructor(
    out: JsonPieces,
    result: SteppedResult | SampledResult,
    symbols: SymbolTable,
    keepsLayout: boolean,
  ) {
    this.#out = out
    this.#result = result
    this.#labels = new LabelsWriter(symbols)
    this.#points = pointsOf(result, new PointsWriter(out), new HistogramsWriter(out, keepsLayout))
  }

  /** Yields where pieces are full, which are to be taken then. */
  *write(series: number): Generator<void> {
    const out = this.#out
    const points = this.#points
    const { table } = this.#result.type === 'samples' ? this.#result.samples : this.#result.matrix
    const isVector = this.#result.type === 'vector'
    out.text(`${this.#before}{"metric":${this.#labels.json(table.labels, series)}`)
    this.#before = ','
    if (points.hasFloats(series)) {
      out.ascii(isVector ? ',"value":' : ',"values":[')
      for (let from = 0; points.writeFloats(series, from); from += floatsAtOnce) {
        if (out.hasPieces) yield
      }
      if (!isVector) out.ascii(']')
    }
    if (points.hasHistograms(series)) {
      out.ascii(isVector ? ',"histogram":' : ',"histograms":[')
      for (let from = 0; points.writeHistograms(series, from); from += histogramsAtOnce) {
        if (out.hasPieces) yield
      }
      if (!isVector) out.ascii(']')
    }
    out.ascii('}')
    if (out.hasPieces) yield
  }

  end(): void {
    this.#out.ascii(this.#before === '[' ? '[]' : ']')
  }
}

/** Of one series, before it is asked whether a piece is full. */
const floatsAtOnce = 8_192
const histogramsAtOnce = 64

/**
 * Writes the points of one series of the result, floats and histograms apart: some from `from` on,
 * which is 0 at first; answers whether there may be more.
 */
interface SeriesPoints {
  hasFloats(series: number): boolean
  hasHistograms(series: number): boolean
  writeFloats(series: number, from: number): boolean
  writeHistograms(series: number, from: number): boolean
}

function pointsOf(
  result: SteppedResult | SampledResult,
  floats: PointsWriter,
  histograms: HistogramsWriter,
): SeriesPoints {
  return result.type === 'samples'
    ? sampledPoints(result.samples, floats, histograms)
    : steppedPoints(result, floats, histograms)
}

function sampledPoints(
  samples: HeldSamples,
  floats: PointsWriter,
  histograms: HistogramsWriter,
): SeriesPoints {
  const scratch = new NativeHistogram()
  return {
    hasFloats: (series) => samples.hasFloats(series),
    hasHistograms: (series) => samples.hasHistograms(series),
    writeFloats: (series, from) => {
      if (from === 0) floats.begin()
      const count = Math.min(samples.floatCount(series) - from, floatsAtOnce)
      samples.eachFloat(series, { from, count }, (timeMs, value) => floats.at(timeMs, value))
      floats.end()
      return count === floatsAtOnce
    },
    writeHistograms: (series, from) => {
      if (from === 0) histograms.begin()
      const count = Math.min(samples.histogramCount(series) - from, histogramsAtOnce)
      samples.eachHistogram(series, { from, count }, scratch, (timeMs) =>
        histograms.at(timeMs, scratch),
      )
      return count === histogramsAtOnce
    },
  }
}

function steppedPoints(
  { axis, matrix }: SteppedResult,
  floats: PointsWriter,
  histograms: HistogramsWriter,
): SeriesPoints {
  const scratch = new NativeHistogram()
  const { startMs, stepMs, exactStartMs } = axis
  return {
    hasFloats: (series) => hasFloats(matrix, series),
    hasHistograms: (series) => hasHistograms(matrix, series),
    writeFloats: (series, from) => {
      if (from === 0) floats.begin()
      const end = Math.min(matrix.steps, from + floatsAtOnce)
      for (let step = from; step < end; step++) {
        if (!isPresent(matrix.present, series * matrix.words, step)) continue
        if (isHistogram(matrix, series, step)) continue
        const value = matrix.values[series * matrix.steps + step] ?? 0
        if (exactStartMs === undefined) floats.at(startMs + step * stepMs, value)
        else floats.exactAt(exactTimeAt(exactStartMs, stepMs, step), value)
      }
      floats.end()
      return end < matrix.steps
    },
    writeHistograms: (series, from) => {
      if (from === 0) histograms.begin()
      const end = Math.min(matrix.steps, from + histogramsAtOnce)
      for (let step = from; step < end; step++) {
        if (!isPresent(matrix.present, series * matrix.words, step)) continue
        if (!isHistogram(matrix, series, step)) continue
        loadHistogram(matrix, series, step, scratch)
        const timeMs =
          exactStartMs === undefined
            ? startMs + step * stepMs
            : exactTimeAt(exactStartMs, stepMs, step)
        histograms.at(timeMs, scratch)
      }
      return end < matrix.steps
    },
  }
}

function writeTexts(out: JsonPieces, key: string, texts: readonly string[]): void {
  if (texts.length > 0) out.text(`,"${key}":${goJson(texts)}`)
}
