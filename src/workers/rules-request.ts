import { createHash } from 'node:crypto'
import { cutFloat64 } from '../base/cut-arrays.ts'
import { Lazy } from '../base/lazy.ts'
import { limits } from '../base/limits.ts'
import type { Looks } from '../base/looks.ts'
import { NativeHistogram } from '../model/histogram.ts'
import { layoutOf } from '../model/histogram-layout.ts'
import { packedStatistics, packStatistics } from '../model/query-statistics.ts'
import type { QueryResult } from '../promql/encode/answer.ts'
import { executeQuery, type QueryContext } from '../promql/engine.ts'
import { isHistogram, loadHistogram } from '../promql/exec/histogram-cells.ts'
import type { HeldMatrix } from '../promql/exec/matrix.ts'
import { packedVectors, withoutRows } from '../storage/forwarded-vectors.ts'
import type { LabelColumns, SymbolTable } from '../storage/querier.ts'
import type { QueryReply, RulesRequest } from '../storage/query-runner.ts'
import { noStoredTexts } from '../storage/stored-texts.ts'
import type {
  HistogramRow,
  LabelTable,
  VectorAnswer,
  VectorAnswers,
} from '../storage/vector-answers.ts'

type Fault = NonNullable<VectorAnswer['error']>

/** Label sets that were answered, and the key that they have. */
interface LabelRun {
  readonly run: Uint32Array
  /** Of the stored texts that its ids mean. */
  readonly epoch: number
  readonly key: string
  /** As the engine had them; it hands out the same object where the series are the same. */
  readonly labels: LabelColumns
  readonly order: Uint32Array
}

/** The label sets that the queries of rules answered last, so that they are told once. Of one database. */
export class LabelRuns {
  readonly #latest = new Map<string, LabelRun>()

  /** Of an answer whose label sets are the very same object as before, in the same order. */
  same(query: string, { labels, order, epoch }: Omit<LabelRun, 'run' | 'key'>): string | undefined {
    const known = this.#latest.get(query)
    if (known?.labels !== labels || known.order.length !== order.length) return undefined
    if (known.epoch !== epoch) return undefined
    for (let at = 0; at < order.length; at++) if (known.order[at] !== order[at]) return undefined
    return known.key
  }

  /** The key of what a query answered with before, where it is the same. */
  find(
    query: string,
    run: Uint32Array,
    { labels, order, epoch }: Omit<LabelRun, 'run' | 'key'>,
  ): string | undefined {
    const known = this.#latest.get(query)
    if (known?.epoch !== epoch || known.run.length !== run.length) return undefined
    for (let at = 0; at < run.length; at++) if (known.run[at] !== run[at]) return undefined
    this.#latest.set(query, { ...known, labels, order })
    return known.key
  }

  keep(query: string, answered: LabelRun): void {
    this.#latest.delete(query)
    if (answered.run.length > limits.ruleLabelRunMax) return
    this.#latest.set(query, answered)
    if (this.#latest.size <= limits.ruleLabelRunsMax) return
    for (const oldest of this.#latest.keys()) {
      this.#latest.delete(oldest)
      return
    }
  }
}

/** Evaluates queries one after the other; the first that is out of time, or canceled, is the last. */
export async function answerRules(
  request: RulesRequest,
  context: QueryContext,
  runs: LabelRuns,
): Promise<QueryReply> {
  const { queries, timeMs, bounds, origin } = request
  const writer = new AnswersWriter(request, runs, context.control.looks)
  const take: QueryContext['take'] = (result, symbols) => writer.take(result, symbols)
  const taken = { ...context, take }
  for (const query of queries) {
    const asked = { kind: 'instant', query, timeMs, bounds, origin, stats: 'none' } as const
    const reply = await executeQuery(asked, taken)
    if (!reply.ok) writer.fail({ type: reply.errorType, message: reply.message })
    if (reply.statistics !== undefined) writer.count(reply.statistics)
    if (reply.ok) continue
    if (reply.errorType === 'timeout' || reply.errorType === 'canceled') break
  }
  const vectors = writer.finish()
  if (request.isForwarded !== true) return { ok: true, body: [], vectors }
  return { ok: true, body: [packedVectors(vectors)], vectors: withoutRows(vectors) }
}

/** Of an answer without rows: no hash is like it. */
const noRowsKey = 'none'

/** Values that there is room for before it grows: those of most groups. */
const valuesAtFirst = 256

class AnswersWriter {
  readonly #request: RulesRequest
  readonly #runs: LabelRuns
  readonly #looks: Looks
  readonly #answers: (number | VectorAnswer)[] = []
  readonly #statistics: Float64Array<ArrayBuffer>
  readonly #scratch = new Lazy(() => new NativeHistogram())
  #values = cutFloat64(valuesAtFirst)
  #rows = 0

  constructor(request: RulesRequest, runs: LabelRuns, looks: Looks) {
    this.#request = request
    this.#runs = runs
    this.#looks = looks
    this.#statistics = new Float64Array(request.queries.length * packedStatistics)
  }

  /** Of the query whose answer was the last. */
  count(statistics: Parameters<typeof packStatistics>[2]): void {
    packStatistics(this.#statistics, this.#answers.length - 1, statistics)
  }

  fail(error: Fault): void {
    this.#answers.push({ error, rows: 0, labelsKey: '', labels: undefined, histograms: [] })
  }

  take(result: QueryResult, symbols: SymbolTable): void {
    if (result.type === 'scalar') this.#takeScalar(result.value)
    else if (result.type === 'vector') this.#takeVector(result.matrix, result.order, symbols)
    else this.fail({ type: 'execution', message: 'rule result is not a vector or scalar' })
  }

  #takeScalar(value: number): void {
    this.#reserve(1)
    this.#values[this.#rows++] = value
    const labels = { pairs: new Uint32Array(1), texts: [] }
    this.#answers.push({ error: undefined, rows: 1, labelsKey: '', labels, histograms: [] })
  }

  #takeVector(matrix: HeldMatrix, order: Uint32Array, symbols: SymbolTable): void {
    const { rowsMax, known } = this.#request
    const rows = order.length
    if (rows > rowsMax) {
      const message = `the answer has ${rows} series, limit ${rowsMax}`
      this.fail({ type: 'execution', message })
      return
    }
    this.#reserve(rows)
    const histograms: HistogramRow[] = []
    for (const [row, series] of order.entries()) {
      this.#looks.item()
      if (isHistogram(matrix, series, 0)) histograms.push(this.#histogram(matrix, series, row))
      else this.#values[this.#rows + row] = matrix.values[series] ?? 0
    }
    const labelsKey = rows === 0 ? noRowsKey : this.#keyOf(matrix.table.labels, order, symbols)
    const isKnown = labelsKey !== '' && labelsKey === known[this.#answers.length]
    if (isKnown && histograms.length === 0) {
      this.#rows += rows
      this.#answers.push(rows)
      return
    }
    const labels = isKnown ? undefined : tableOf(matrix.table.labels, order, symbols, this.#looks)
    this.#rows += rows
    this.#answers.push({ error: undefined, rows, labelsKey, labels, histograms })
  }

  /** Ids of stored texts mean the same within an epoch: only new runs of them have to be read. */
  #keyOf(labels: LabelColumns, order: Uint32Array, symbols: SymbolTable): string {
    const query = this.#request.queries[this.#answers.length] ?? ''
    const { count, epoch } = symbols.stored ?? noStoredTexts
    const same = this.#runs.same(query, { labels, order, epoch })
    if (same !== undefined) return same
    const run = runOf(labels, order, count, this.#looks)
    if (run === undefined) return ''
    // A copy: the order itself may hold on to what else the query cut its arrays from.
    const latest = { labels, order: order.slice(), epoch }
    const found = this.#runs.find(query, run, latest)
    if (found !== undefined) return found
    const { pairs, texts } = tableOf(labels, order, symbols, this.#looks)
    const key = createHash('sha256').update(pairs).update(JSON.stringify(texts)).digest('base64')
    this.#runs.keep(query, { run, key, ...latest })
    return key
  }

  #histogram(matrix: HeldMatrix, series: number, row: number): HistogramRow {
    const scratch = this.#scratch.value
    loadHistogram(matrix, series, 0, scratch)
    return { row, count: scratch.count, sum: scratch.sum[0] ?? 0, layout: layoutOf(scratch) }
  }

  #reserve(rows: number): void {
    const least = this.#rows + rows
    if (least <= this.#values.length) return
    const larger = new Float64Array(Math.max(least, this.#values.length * 2))
    larger.set(this.#values)
    this.#values = larger
  }

  finish(): VectorAnswers {
    const values = this.#values.slice(0, this.#rows)
    return { answers: this.#answers, values, statistics: this.#statistics, reads: undefined }
  }
}

/** Lengths and ids of the label sets in their order; undefined where an id is not of a stored text. */
function runOf(
  { offsets, labelIds }: LabelColumns,
  order: Uint32Array,
  storedCount: number,
  looks: Looks,
): Uint32Array | undefined {
  let length = order.length
  for (const set of order) {
    looks.item()
    length += (offsets[set + 1] ?? 0) - (offsets[set] ?? 0)
  }
  const run = new Uint32Array(length)
  let at = 0
  for (const set of order) {
    looks.item()
    const [start, end] = [offsets[set] ?? 0, offsets[set + 1] ?? 0]
    run[at++] = end - start
    for (let from = start; from < end; from++) {
      const id = labelIds[from] ?? 0
      if (id >= storedCount) return undefined
      run[at++] = id
    }
  }
  return run
}

function tableOf(
  { offsets, labelIds }: LabelColumns,
  order: Uint32Array,
  symbols: SymbolTable,
  looks: Looks,
): LabelTable {
  const pairs = new Uint32Array(order.length)
  const texts: string[] = []
  for (const [row, set] of order.entries()) {
    looks.item()
    const [start, end] = [offsets[set] ?? 0, offsets[set + 1] ?? 0]
    pairs[row] = (end - start) / 2
    for (let at = start; at < end; at++) texts.push(symbols.text(labelIds[at] ?? 0))
  }
  return { pairs, texts }
}
