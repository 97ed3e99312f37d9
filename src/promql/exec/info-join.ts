import { NarthexError } from '../../base/errors.ts'
import { Matcher } from '../../model/matcher.ts'
import type { CallNode, PlanNode } from '../plan/node.ts'
import { childrenOf } from '../plan/rewrite.ts'
import type { Evaluation } from './evaluation.ts'
import { GrowingRows } from './growing-rows.ts'
import { isHistogram } from './histogram-cells.ts'
import { LabelEditor, labelSetText, labelValue } from './label-editor.ts'
import { LabelSetIndex } from './label-sets.ts'
import { HeldMatrix, MatrixReader } from './matrix.ts'
import type { Operator, SeriesTable } from './operator.ts'
import { anyPresent, isPresent, type StepBatch, type TimeAxis } from './step-batch.ts'
import { lastLookup, lookupsOf, VectorSelector } from './vector-selector.ts'

/** What identifies the target that both sides are about. */
const identifyingLabels = ['instance', 'job']

/** Where info series are looked up: as the first selector below the first argument says. */
interface Placement {
  readonly atMs: number | undefined
  readonly offsetMs: number
}

/**
 * info(v, selector): adds the data labels of info metrics about the same target, of several the
 * newest at each step (row Q8.6). Both sides are held.
 */
export class InfoJoin implements Operator {
  readonly #placement: Placement
  readonly #dataMatchers: readonly Matcher[]
  readonly #nameMatchers: readonly Matcher[]
  #reader: MatrixReader | undefined

  constructor(
    readonly evaluation: Evaluation,
    readonly node: CallNode,
    readonly child: Operator,
    readonly axis: TimeAxis,
  ) {
    const [base, selector] = node.args
    this.#placement = (base && placementOf(base)) ?? { atMs: undefined, offsetMs: 0 }
    const matchers = selector?.kind === 'vector-selector' ? selector.select.matchers : []
    this.#dataMatchers = matchers.filter(({ name }) => name !== '__name__')
    this.#nameMatchers = effectiveNames(matchers.filter(({ name }) => name === '__name__'))
    const lookups = lookupsOf(axis, this.#placement)
    const fromMs = lookups.firstMs - evaluation.lookbackMs + 1
    const known = [...this.#dataMatchers, ...this.#nameMatchers]
    evaluation.selects.reserve(fromMs, lastLookup(axis, lookups), known)
  }

  async series(): Promise<SeriesTable> {
    const { evaluation, axis } = this
    const base = await HeldMatrix.from(
      evaluation,
      this.child,
      await this.child.series(),
      axis.steps,
    )
    const plain = await this.#infoSeriesAmong(base)
    const info = await this.#select(base, plain)
    const joiner = new InfoJoiner(evaluation, base, info, plain, this.#dataMatchers)
    await joiner.begin()
    for (let step = 0; step < axis.steps; step++) {
      await joiner.join(step)
      await evaluation.control.checkpoint()
    }
    const result = await joiner.matrix()
    base.release()
    info?.release()
    this.#reader = new MatrixReader(evaluation, result)
    return result.table
  }

  async next(): Promise<StepBatch | undefined> {
    return this.#reader?.next()
  }

  /** 1 for series that are info series themselves: they are left as they are. */
  async #infoSeriesAmong(base: HeldMatrix): Promise<Uint8Array> {
    const { looks, symbols } = this.evaluation
    const name = symbols.intern('__name__')
    const plain = new Uint8Array(base.table.count)
    for (let series = 0; series < plain.length; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      const text = labelValue(base.table.labels, series, name, symbols)
      plain[series] = this.#nameMatchers.every((matcher) => matcher.matches(text)) ? 1 : 0
    }
    return plain
  }

  async #select(base: HeldMatrix, plain: Uint8Array): Promise<HeldMatrix | undefined> {
    const { evaluation, axis } = this
    const matchers = await this.#identifiers(base, plain)
    if (matchers.length === 0) return undefined
    matchers.push(...this.#dataMatchers, ...this.#nameMatchers)
    const select = { id: evaluation.selects.freshId(), matchers }
    const selector = new VectorSelector(
      evaluation,
      {
        kind: 'vector-selector',
        select,
        reads: 'float-timestamp',
        histograms: 'whole',
        span: this.node.span,
        ...this.#placement,
      },
      axis,
    )
    return HeldMatrix.from(evaluation, selector, await selector.series(), axis.steps)
  }

  /** One matcher for each identifying label, of all values that the base series have. */
  async #identifiers(base: HeldMatrix, plain: Uint8Array): Promise<Matcher[]> {
    const { looks, symbols } = this.evaluation
    const matchers: Matcher[] = []
    for (const name of identifyingLabels) {
      const values = new Set<string>()
      for (let series = 0; series < base.table.count; series++) {
        const over = looks.turn()
        if (over !== undefined) await over
        if (plain[series] === 1) continue
        if (!anyPresent(base.present, series * base.words, base.words)) continue
        const value = labelValue(base.table.labels, series, symbols.intern(name), symbols)
        if (value !== '') values.add(value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&'))
      }
      if (values.size > 0) matchers.push(new Matcher('=~', name, [...values].join('|')))
    }
    return matchers
  }
}

class InfoJoiner {
  readonly #index = new LabelSetIndex()
  readonly #rows: GrowingRows
  readonly #nameDropped: number[] = []
  readonly #editor: LabelEditor
  readonly #added: LabelEditor
  #keys: readonly string[] = []
  #baseKeys: readonly string[] = []
  #names: readonly string[] = []
  readonly #wanted: ReadonlySet<string>

  constructor(
    readonly evaluation: Evaluation,
    readonly base: HeldMatrix,
    readonly info: HeldMatrix | undefined,
    readonly plain: Uint8Array,
    readonly dataMatchers: readonly Matcher[],
  ) {
    const { symbols } = evaluation
    this.#rows = new GrowingRows(evaluation, base.steps)
    this.#editor = new LabelEditor(symbols)
    this.#added = new LabelEditor(symbols)
    this.#wanted = new Set(dataMatchers.map(({ name }) => name))
  }

  /** Reads what series are called and joined by. */
  async begin(): Promise<void> {
    const { base, info } = this
    const { symbols } = this.evaluation
    const labelOf = (table: SeriesTable, series: number, name: string) =>
      labelValue(table.labels, series, symbols.intern(name), symbols)
    const nameOf = (table: SeriesTable, series: number) => labelOf(table, series, '__name__')
    const identityOf = (table: SeriesTable, series: number) =>
      JSON.stringify(identifyingLabels.map((name) => labelOf(table, series, name)))
    this.#names = await this.#each(info?.table, nameOf)
    this.#keys = await this.#each(info?.table, identityOf)
    this.#baseKeys = await this.#each(base.table, identityOf)
  }

  async #each(
    table: SeriesTable | undefined,
    textOf: (table: SeriesTable, series: number) => string,
  ): Promise<readonly string[]> {
    const { looks } = this.evaluation
    const texts: string[] = []
    for (let series = 0; table !== undefined && series < table.count; series++) {
      const over = looks.turn()
      if (over !== undefined) await over
      texts.push(textOf(table, series))
    }
    return texts
  }

  async join(step: number): Promise<void> {
    const { base } = this
    const any = base.table.count > 0
    const newest = any ? await this.#newestAt(step) : new Map<string, Map<string, number>>()
    for (let series = 0; series < base.table.count; series++) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      if (!isPresent(base.present, series * base.words, step)) continue
      const found = newest.get(this.#baseKeys[series] ?? '')
      const target = this.#resultOf(series, this.plain[series] === 1 ? undefined : found)
      if (target !== undefined) this.#rows.putCell(target, step, base, series)
    }
  }

  matrix(): Promise<HeldMatrix> {
    const { count } = this.#index.sets
    const nameDropped = Uint8Array.from(this.#nameDropped)
    return this.#rows.matrix({ count, labels: this.#index.sets.columns(), nameDropped })
  }

  /** By target, then by info metric, the series with the newest sample. */
  async #newestAt(step: number): Promise<Map<string, Map<string, number>>> {
    const newest = new Map<string, Map<string, number>>()
    const { info } = this
    if (info === undefined) return newest
    for (let series = 0; series < info.table.count; series++) {
      const over = this.evaluation.looks.turn()
      if (over !== undefined) await over
      if (!isPresent(info.present, series * info.words, step)) continue
      if (isHistogram(info, series, step)) {
        throw this.#notFloat(info.table, series)
      }
      const key = this.#keys[series] ?? ''
      const name = this.#names[series] ?? ''
      const ofTarget = newest.get(key) ?? new Map<string, number>()
      newest.set(key, ofTarget)
      const known = ofTarget.get(name)
      const seconds = info.values[series * info.steps + step] ?? 0
      const knownSeconds = known === undefined ? -1 : (info.values[known * info.steps + step] ?? 0)
      if (known !== undefined && knownSeconds === seconds) {
        throw this.#conflict(known, series, seconds * 1000)
      }
      if (known === undefined || knownSeconds < seconds) ofTarget.set(name, series)
    }
    return newest
  }

  #notFloat({ labels }: SeriesTable, series: number): NarthexError {
    const found = labelSetText(labels, series, this.evaluation.symbols)
    const text = `this should be an info metric, with float samples: ${found}`
    return new NarthexError('QUERY_EXECUTION', text)
  }

  #conflict(known: number, series: number, timeMs: number): NarthexError {
    const { symbols } = this.evaluation
    const text = (at: number) =>
      this.info === undefined ? '' : labelSetText(this.info.table.labels, at, symbols)
    return new NarthexError(
      'QUERY_EXECUTION',
      `found duplicate series for info metric: existing ${text(known)} @ ${timeMs}, ` +
        `new ${text(series)} @ ${timeMs}`,
    )
  }

  /** The result series of a base series with these info series; undefined where it falls out. */
  #resultOf(series: number, found: ReadonlyMap<string, number> | undefined): number | undefined {
    const { base } = this
    const isPlain = this.plain[series] === 1
    const unmatched = !isPlain && (found === undefined || found.size === 0)
    if (unmatched && this.dataMatchers.some((matcher) => !matcher.matches(''))) return undefined
    this.#editor.load(base.table.labels, series)
    if (found !== undefined) this.#addLabels(found)
    const target = this.#editor.addTo(this.#index)
    this.#nameDropped[target] ??= base.table.nameDropped[series] ?? 0
    return target
  }

  #addLabels(found: ReadonlyMap<string, number>): void {
    const { symbols } = this.evaluation
    const labels = this.info?.table.labels
    if (labels === undefined) return
    this.#added.clear()
    for (const series of found.values()) {
      const end = labels.offsets[series + 1] ?? 0
      for (let at = labels.offsets[series] ?? 0; at < end; at += 2) {
        const name = labels.labelIds[at] ?? 0
        const value = symbols.text(labels.labelIds[at + 1] ?? 0)
        this.#addLabel(name, symbols.text(name), value)
      }
    }
  }

  #addLabel(name: number, text: string, value: string): void {
    if (text === '__name__' || (this.#wanted.size > 0 && !this.#wanted.has(text))) return
    const added = this.#added.get(name)
    if (added !== '' && added !== value) {
      throw new NarthexError('QUERY_EXECUTION', `conflicting label: ${text}`)
    }
    if (added === '' && this.#editor.get(name) !== '') return
    this.#added.set(name, value)
    this.#editor.set(name, value)
  }
}

/** Without a matcher that demands something, what upstream takes for info metrics. */
function effectiveNames(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.some(({ op }) => op === '=' || op === '=~')) return matchers
  return matchers.length > 0
    ? [new Matcher('=~', '__name__', '.+_info'), ...matchers]
    : [new Matcher('=', '__name__', 'target_info')]
}

function placementOf(node: PlanNode): Placement | undefined {
  if (node.kind === 'vector-selector' || node.kind === 'range-selector') {
    return { atMs: node.atMs, offsetMs: node.offsetMs }
  }
  for (const child of childrenOf(node)) {
    const below = placementOf(child)
    if (below === undefined) continue
    if (node.kind !== 'subquery' || below.atMs !== undefined) return below
    return { atMs: node.atMs, offsetMs: below.offsetMs + node.offsetMs }
  }
  return undefined
}
