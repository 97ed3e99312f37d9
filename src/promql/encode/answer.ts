import { type QueryStatistics, statisticsFields } from '../../model/query-statistics.ts'
import type { SymbolTable } from '../../storage/querier.ts'
import type { QueryControl } from '../../storage/query-runner.ts'
import type { HeldSamples } from '../exec/held-samples.ts'
import type { HeldMatrix } from '../exec/matrix.ts'
import { isPresent, type TimeAxis } from '../exec/step-batch.ts'
import { JsonPieces } from './json-pieces.ts'
import { LabelsWriter, PointsWriter, StepTimes } from './series.ts'

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
  else await writeSeries(out, result, symbols, control)
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
): Promise<void> {
  const labels = new LabelsWriter(symbols)
  const points = new PointsWriter(out)
  const { table } = result.type === 'samples' ? result.samples : result.matrix
  const isVector = result.type === 'vector'
  const write = pointsOf(result, points)
  out.ascii('[')
  let first = true
  for (const series of result.order) {
    out.text(`${first ? '' : ','}{"metric":${labels.json(table.labels, series)},`)
    out.ascii(isVector ? '"value":' : '"values":[')
    points.begin()
    write(series)
    out.ascii(isVector ? '}' : ']}')
    first = false
    await control.checkpoint()
  }
  out.ascii(']')
}

/** Writes all points of one series of the result. */
function pointsOf(
  result: SteppedResult | SampledResult,
  points: PointsWriter,
): (series: number) => void {
  if (result.type === 'samples') {
    return (series) => {
      result.samples.each(series, (timeMs, value) => points.at(timeMs, value))
    }
  }
  const { axis, matrix } = result
  const times = new StepTimes(axis.startMs, axis.stepMs, axis.steps)
  return (series) => {
    for (let step = 0; step < matrix.steps; step++) {
      if (!isPresent(matrix.present, series * matrix.words, step)) continue
      points.atStep(times, step, matrix.values[series * matrix.steps + step] ?? 0)
    }
  }
}

function writeTexts(out: JsonPieces, key: string, texts: readonly string[]): void {
  if (texts.length > 0) out.text(`,"${key}":${JSON.stringify(texts)}`)
}
