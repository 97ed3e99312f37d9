import { Matcher } from '../../../src/model/matcher.ts'
import type { LabelList, SampleColumns, SelectRequest } from '../../../src/storage/querier.ts'
import { BlockQuerier } from '../../../src/tsdb/block/block-querier.ts'
import type { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { TextSymbols } from './text-symbols.ts'

export class Columns implements SampleColumns {
  timestampsMs = new Float64Array(0)
  values = new Float64Array(0)

  grow(capacity: number): void {
    if (this.values.length >= capacity) return
    const [times, values] = [this.timestampsMs, this.values]
    this.timestampsMs = new Float64Array(capacity)
    this.timestampsMs.set(times)
    this.values = new Float64Array(capacity)
    this.values.set(values)
  }
}

export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>
  /** Samples by their bits, in hexadecimal: see bitsOf. */
  readonly times: string
  readonly values: string
}

/** What a select answers, in plain values. */
export async function answerOf(
  reader: BlockReader,
  matchers: readonly Matcher[],
  minTimeMs = Number.MIN_SAFE_INTEGER,
  maxTimeMs = Number.MAX_SAFE_INTEGER,
): Promise<readonly AnsweredSeries[]> {
  const symbols = new TextSymbols()
  const querier = new BlockQuerier(reader, symbols)
  const request: SelectRequest = { matchers, minTimeMs, maxTimeMs, sorted: true }
  const set = await querier.select(request)
  const { offsets, labelIds } = set.labels
  const columns = new Columns()
  return Array.from({ length: set.seriesCount }, (_, series) => {
    const count = set.readFloats(series, minTimeMs, maxTimeMs, columns)
    const texts = [...labelIds.subarray(offsets[series], offsets[series + 1])].map((id) =>
      symbols.text(id),
    )
    return {
      labels: Object.fromEntries(
        texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? '']] : [])),
      ),
      times: bitsOf(columns.timestampsMs.subarray(0, count)),
      values: bitsOf(columns.values.subarray(0, count)),
    }
  })
}

export function bitsOf(column: Float64Array): string {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('hex')
}

const all = { minTimeMs: 0, maxTimeMs: Number.MAX_SAFE_INTEGER }
const name = (value: string) => new Matcher('=', '__name__', value)

/** Twelve questions about a sample block, each answered as text. */
export const questions: readonly ((reader: BlockReader) => Promise<string>)[] = [
  selecting([name('requests_total')]),
  selecting([name('temperature'), new Matcher('=', 'instance', 'host-2')]),
  selecting([new Matcher('=~', 'instance', 'host-[13]')]),
  selecting([name('requests_total'), new Matcher('!=', 'zone', '')]),
  selecting([name('temperature'), new Matcher('=', 'zone', '')]),
  selecting([new Matcher('!~', '__name__', 'temp.*'), new Matcher('!=', 'instance', 'x')]),
  selecting([new Matcher('=~', 'zone', 'zone-0|zone-2')], 1_700_000_100_000, 1_700_000_200_000),
  selecting([name('temperature')], 1_700_000_000_000, 1_700_000_000_000),
  listing((querier) => querier.labelNames([], all, 0)),
  listing((querier) => querier.labelValues('instance', [], all, 0)),
  listing((querier) => querier.labelValues('zone', [name('requests_total')], all, 0)),
  listing((querier) => querier.labelNames([new Matcher('=', 'instance', 'host-1')], all, 0)),
]

function selecting(matchers: readonly Matcher[], minTimeMs?: number, maxTimeMs?: number) {
  return async (reader: BlockReader) =>
    JSON.stringify(await answerOf(reader, matchers, minTimeMs, maxTimeMs))
}

function listing(ask: (querier: BlockQuerier) => Promise<LabelList>) {
  return async (reader: BlockReader) => {
    const symbols = new TextSymbols()
    const { ids } = await ask(new BlockQuerier(reader, symbols))
    return JSON.stringify([...ids].map((id) => symbols.text(id)))
  }
}
