import { NativeHistogram } from '../../model/histogram.ts'
import { type QueryStatistics, statisticsFields } from '../../model/query-statistics.ts'
import type { SymbolTable } from '../../storage/querier.ts'
import type { QueryControl } from '../../storage/query-runner.ts'
import type { HeldSamples } from '../exec/held-samples.ts'
import { hasFloats, hasHistograms, isHistogram, loadHistogram } from '../exec/histogram-cells.ts'
import type { HeldMatrix } from '../exec/matrix.ts'
import { isPresent, type TimeAxis, timeAt } from '../exec/step-batch.ts'
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
 * The whole JSON answer as bytes (row A1.1). Asks for the turn's end after each series.
 * `symbols` is undefined only where there are no series.
 */
export async function encodeAnswer(
  result: QueryResult,
  notes: AnswerNotes,
  symbols: SymbolTable,
  control: QueryControl,
): Promise<readonly Uint8Array[]> {
  const out = new JsonPieces()
  const type = result.type === 'samples' ? 'matrix' : result.type
  out.ascii(`{"status":"success","data":{"resultType":"${type}","result":`)
  if (result.type === 'scalar') writeScalar(out, result.timeMs, result.value)
  else if (result.type === 'string') writeString(out, result.timeMs, result.value)
  else await writeSeries(out, result, symbols, control, notes.keepsLayout === true)
  if (notes.statistics !== undefined) {
    out.ascii(`,"stats":${JSON.stringify(statisticsFields(notes.statistics))}`)
  }
  out.ascii('}')
  writeTexts(out, 'warnings', notes.warnings)
  writeTexts(out, 'infos', notes.infos)
  out.ascii('}')
  return out.finish()
}

function writeScalar(out: JsonPieces, timeMs: number, value: number): void {
  const points = new PointsWriter(out)
  points.begin()
  points.at(timeMs, value)
  points.end()
}

function writeString(out: JsonPieces, timeMs: number, value: string): void {
  out.ascii(`[${timeMs / 1000},`)
  out.string(value)
  out.ascii(']')
}

async function writeSeries(
  out: JsonPieces,
  result: SteppedResult | SampledResult,
  symbols: SymbolTable,
  control: QueryControl,
  keepsLayout: boolean,
): Promise<void> {
  const labels = new LabelsWriter(symbols)
  const { table } = result.type === 'samples' ? result.samples : result.matrix
  const isVector = result.type === 'vector'
  const histograms = new HistogramsWriter(out, keepsLayout)
  const points = pointsOf(result, new PointsWriter(out), histograms)
  out.ascii('[')
  let first = true
  for (const series of result.order) {
    out.text(`${first ? '' : ','}{"metric":${labels.json(table.labels, series)}`)
    if (points.hasFloats(series)) {
      out.ascii(isVector ? ',"value":' : ',"values":[')
      points.writeFloats(series)
      if (!isVector) out.ascii(']')
    }
    if (points.hasHistograms(series)) {
      out.ascii(isVector ? ',"histogram":' : ',"histograms":[')
      points.writeHistograms(series)
      if (!isVector) out.ascii(']')
    }
    out.ascii('}')
    first = false
    await control.checkpoint()
  }
  out.ascii(']')
}

/** Writes all points of one series of the result, floats and histograms apart. */
interface SeriesPoints {
  hasFloats(series: number): boolean
  hasHistograms(series: number): boolean
  writeFloats(series: number): void
  writeHistograms(series: number): void
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
    writeFloats: (series) => {
      floats.begin()
      samples.eachFloat(series, (timeMs, value) => floats.at(timeMs, value))
      floats.end()
    },
    writeHistograms: (series) => {
      histograms.begin()
      samples.eachHistogram(series, scratch, (timeMs) => histograms.at(timeMs, scratch))
    },
  }
}

function steppedPoints(
  { axis, matrix }: SteppedResult,
  floats: PointsWriter,
  histograms: HistogramsWriter,
): SeriesPoints {
  const scratch = new NativeHistogram()
  return {
    hasFloats: (series) => hasFloats(matrix, series),
    hasHistograms: (series) => hasHistograms(matrix, series),
    writeFloats: (series) => {
      floats.begin()
      for (let step = 0; step < matrix.steps; step++) {
        if (!isPresent(matrix.present, series * matrix.words, step)) continue
        if (isHistogram(matrix, series, step)) continue
        floats.at(timeAt(axis, step), matrix.values[series * matrix.steps + step] ?? 0)
      }
      floats.end()
    },
    writeHistograms: (series) => {
      histograms.begin()
      for (let step = 0; step < matrix.steps; step++) {
        if (!isPresent(matrix.present, series * matrix.words, step)) continue
        if (!isHistogram(matrix, series, step)) continue
        loadHistogram(matrix, series, step, scratch)
        histograms.at(timeAt(axis, step), scratch)
      }
    },
  }
}

function writeTexts(out: JsonPieces, key: string, texts: readonly string[]): void {
  if (texts.length > 0) out.text(`,"${key}":${JSON.stringify(texts)}`)
}
