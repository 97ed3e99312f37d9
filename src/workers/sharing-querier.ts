import type { Matcher } from '../model/matcher.ts'
import type {
  ChunkSeriesSet,
  LabelList,
  LabelSets,
  LabelSetsRequest,
  Querier,
  SelectRequest,
  SymbolTable,
  TimeRange,
} from '../storage/querier.ts'
import { type OfferJob, SharedReadingSet } from './shared-reading.ts'

/** A querier whose large selects idle workers help to read. */
export class SharingQuerier implements Querier {
  readonly symbols: SymbolTable
  readonly #querier: Querier
  readonly #offer: OfferJob
  readonly #sets: SharedReadingSet[] = []

  constructor(querier: Querier, offer: OfferJob) {
    this.symbols = querier.symbols
    this.#querier = querier
    this.#offer = offer
  }

  async prepare(sets: readonly (readonly Matcher[])[]): Promise<void> {
    await this.#querier.prepare?.(sets)
  }

  async select(request: SelectRequest): Promise<ChunkSeriesSet> {
    const set = new SharedReadingSet(await this.#querier.select(request), this.#offer)
    this.#sets.push(set)
    return set
  }

  labelSets(request: LabelSetsRequest): Promise<LabelSets> {
    return this.#querier.labelSets(request)
  }

  labelNames(matchers: readonly Matcher[], range: TimeRange, limit: number): Promise<LabelList> {
    return this.#querier.labelNames(matchers, range, limit)
  }

  labelValues(
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
    limit: number,
  ): Promise<LabelList> {
    return this.#querier.labelValues(name, matchers, range, limit)
  }

  close(): void {
    for (const set of this.#sets) set.close()
    this.#querier.close()
  }
}
