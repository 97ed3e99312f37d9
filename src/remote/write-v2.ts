import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import { unknownId } from '../kernels/write-kernel.ts'
import type { WriteV2Kernel } from '../kernels/write-v2-kernel.ts'
import { encodeExemplarLabels } from '../model/exemplar.ts'
import { seriesId, timestampMsMax } from '../model/samples.ts'
import { halvesOf } from '../model/stale-nan.ts'
import {
  type Appendable,
  type Appender,
  exemplarRefusal,
  unmadeSeries,
} from '../storage/appender.ts'
import { refusedFloatText } from '../storage/refusal-texts.ts'
import {
  decodeExemplarV2,
  type WriteRequestV2Columns,
  WriteRequestV2Decoder,
} from '../wire/write-request-v2.ts'
import { BroughtSamples } from './brought-samples.ts'
import { KernelColumnsV2 } from './kernel-columns-v2.ts'
import { notTaken } from './not-taken.ts'
import { invalidLabels, isSeries, type SeriesIds } from './series-ids.ts'
import { unknownSeries } from './series-table.ts'
import { SeriesTurns } from './series-turns.ts'
import { SymbolLabels } from './symbol-labels.ts'
import { WrittenHistograms } from './written-histograms.ts'
import { metricTypeV2 } from './written-metadata.ts'

/** What was written, for the headers of the answer. */
export interface WrittenCounts {
  samples: number
  histograms: number
  exemplars: number
}

export interface WriteV2Reply {
  readonly status: number
  readonly text: string
  readonly written: WrittenCounts
}

interface WriteV2Options {
  readonly logger: Logger
  /** One that knows series by the labels that they are sent with: not for typeAndUnitLabels. */
  readonly kernel: WriteV2Kernel | undefined
  /** --enable-feature=type-and-unit-labels: what metadata tells is among the labels. */
  readonly typeAndUnitLabels: boolean
}

/** Where a refusal is told among those of its series: after labels come samples, and so on. */
const part = { labels: 0, sample: 1, histogram: 2, exemplar: 3 } as const

interface Refusal {
  readonly series: number
  readonly part: number
  readonly text: string
}

const nothing = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Writes requests of version 2 (rows W2.2, W2.6): what is refused is left out and told line by line
 * in a 400, all else is kept. Throws what the body or the database is at fault of; nothing is kept
 * then.
 */
export class WriteV2 {
  readonly #appendable: Appendable
  readonly #ids: SeriesIds
  readonly #logger: Logger
  readonly #decoder = new WriteRequestV2Decoder()
  readonly #kernel: KernelColumnsV2 | undefined
  readonly #labels: SymbolLabels
  readonly #histograms = new WrittenHistograms()
  #refusals: Refusal[] = []
  #refused = 0
  /** Of the request at hand. */
  #body: Uint8Array = nothing
  #ownIds = new Uint32Array(1_024)
  /** Of the request at hand: these, or the kernel's. */
  #seriesIds: Uint32Array = this.#ownIds
  #sampleIds = new Uint32Array(1_024)
  #sampleSeries = new Uint32Array(1_024)
  #timestampsMs = new Float64Array(1_024)
  #startsMs = new Float64Array(1_024)
  #values = new Float64Array(1_024)

  constructor(
    appendable: Appendable,
    ids: SeriesIds,
    { logger, kernel, typeAndUnitLabels }: WriteV2Options,
  ) {
    this.#labels = new SymbolLabels(typeAndUnitLabels)
    this.#appendable = appendable
    this.#ids = ids
    this.#logger = logger
    this.#kernel = kernel === undefined ? undefined : new KernelColumnsV2(kernel)
  }

  /** Ids are others now. */
  forget(): void {
    this.#kernel?.forget()
  }

  /** How many series the latest request had, and how many of them where they were expected. */
  get seen(): { readonly series: number; readonly predicted: number } {
    return this.#kernel?.seen ?? { series: 0, predicted: 0 }
  }

  write(plain: Uint8Array): WriteV2Reply {
    this.#ids.begin()
    const found = this.#kernel?.decode(plain)
    const columns = found ?? this.#decoder.decode(plain)
    const body = found?.bytes ?? plain
    this.#body = body
    this.#labels.begin(body, columns)
    this.#refusals = []
    this.#refused = 0
    const written: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 }
    const appender = this.#appendable.appender()
    try {
      if (found === undefined) this.#findSeries(columns, appender)
      else this.#findUnknown(columns, found.ids, appender)
      new SeriesTurns(columns).upTo(columns.seriesCount, {
        samples: (from, to) => {
          written.samples += this.#appendSamples(columns, from, to, appender)
        },
        histogram: (index) => {
          written.histograms += this.#appendHistogram(columns, index, appender)
        },
      })
      written.exemplars = this.#appendExemplars(body, columns, appender)
      if (appender.takesMetadata) this.#appendMetadata(columns, appender)
      appender.commit()
    } catch (thrown) {
      appender.rollback()
      throw thrown
    } finally {
      this.#body = nothing
    }
    if (this.#refused === 0) return { status: 204, text: '', written }
    const text = this.#refusalText()
    this.#logger.error('Parts of a remote-write request were refused', {
      err: text.slice(0, 500),
      num_refused: this.#refused,
    })
    return { status: 400, text, written }
  }

  #refuse(series: number, which: number, text: string): void {
    this.#refused++
    if (this.#refusals.length === limits.remoteWriteRefusalsMax) return
    this.#refusals.push({ series, part: which, text })
  }

  /** By series, and then in the order in which upstream comes upon them. */
  #refusalText(): string {
    const sorted = this.#refusals.sort((a, b) => a.series - b.series || a.part - b.part)
    const more = this.#refused - sorted.length
    const lines = sorted.map(({ text }) => text)
    return (more === 0 ? lines : [...lines, `and ${more} more`]).join('\n')
  }

  /** Of a body that the kernel read: most series are known, and nothing is wrong with their references. */
  #findUnknown(columns: WriteRequestV2Columns, ids: Uint32Array, appender: Appender): void {
    let brought: BroughtSamples | undefined
    for (let series = 0; series < columns.seriesCount; series++) {
      if (ids[series] !== unknownId) continue
      brought ??= this.#broughtBy(columns, appender)
      const count = brought.seek(series)
      const bytes = this.#labels.encoded(series)
      const unmade = brought.anyMakesSeries ? undefined : unmadeSeries
      const id = this.#ids.idToLearn(bytes, 0, bytes.length, unmade, appender)
      if (isSeries(id)) this.#kernel?.learn(series, id)
      else ids[series] = id === invalidLabels ? this.#refuseLabels(series, count) : id
    }
    this.#seriesIds = ids
  }

  #refuseLabels(series: number, brought: number): number {
    this.#refuse(series, part.labels, this.#labels.invalidText(series))
    this.#ids.countInvalid(brought)
    return notTaken
  }

  #findSeries(columns: WriteRequestV2Columns, appender: Appender): void {
    this.#seriesIds = this.#ownIds
    if (this.#seriesIds.length < columns.seriesCount) {
      this.#ownIds = new Uint32Array(columns.seriesCount * 2)
      this.#seriesIds = this.#ownIds
    }
    const brought = this.#broughtBy(columns, appender)
    for (let series = 0; series < columns.seriesCount; series++) {
      this.#seriesIds[series] = this.#idOf(columns, series, brought, appender)
    }
  }

  #broughtBy(columns: WriteRequestV2Columns, appender: Appender): BroughtSamples {
    const { timestampsMs, histograms } = columns
    return new BroughtSamples(columns, {
      sample: (row) => appender.refusalOfFirst(timestampsMs[row] ?? 0),
      histogram: (row) => this.#histograms.refusalOfFirst(this.#body, histograms, row, appender),
    })
  }

  #idOf(
    columns: WriteRequestV2Columns,
    series: number,
    brought: BroughtSamples,
    appender: Appender,
  ): number {
    const count = brought.seek(series)
    const refs = this.#labels.refs(series)
    const fault = this.#labels.faultOf(refs)
    if (fault !== undefined) {
      this.#refuse(series, part.labels, `parsing labels for series [${refs.join(' ')}]: ${fault}`)
      this.#ids.countInvalid(count)
      return notTaken
    }
    for (const [name, ref] of [
      ['unit_ref', columns.unitRef[series] ?? 0],
      ['help_ref', columns.helpRef[series] ?? 0],
    ] as const) {
      if (ref < columns.symbolCount) continue
      const words = `metadata ${name} ${ref} outside of symbols table (size ${columns.symbolCount})`
      this.#refuse(series, part.labels, `parsing metadata for series [${refs.join(' ')}]: ${words}`)
      return notTaken
    }
    const bytes = this.#labels.encoded(series)
    let id = this.#ids.known(bytes, 0, bytes.length)
    if (id === unknownSeries) {
      const unmade = count > 0 ? unmadeSeries : notTaken
      const isMade = brought.anyMakesSeries
      id = this.#ids.idToLearn(bytes, 0, bytes.length, isMade ? undefined : unmade, appender)
      this.#ids.learn(id)
    }
    if (id === invalidLabels) return this.#refuseLabels(series, count)
    if (count > 0) return id
    const words = 'TimeSeries must contain at least one sample or histogram for series'
    this.#refuse(series, part.labels, `${words} ${this.#labels.text(series)}`)
    return notTaken
  }

  /** Answers how many were taken. */
  #appendSamples(
    columns: WriteRequestV2Columns,
    from: number,
    to: number,
    appender: Appender,
  ): number {
    this.#reserve(to - from)
    const source = halvesOf(columns.values)
    const target = halvesOf(this.#values)
    let count = 0
    for (let sample = from; sample < to; sample++) {
      const series = columns.series[sample] ?? 0
      const id = this.#seriesIds[series] ?? notTaken
      if (id === notTaken) continue
      const timestampMs = columns.timestampsMs[sample] ?? 0
      if (Math.abs(timestampMs) > timestampMsMax) {
        this.#refuseSample(series, part.sample, 'out of bounds')
        continue
      }
      this.#sampleIds[count] = id
      this.#sampleSeries[count] = series
      this.#timestampsMs[count] = timestampMs
      this.#startsMs[count] = columns.startsMs[sample] ?? 0
      target[count * 2] = source[sample * 2] ?? 0
      target[count * 2 + 1] = source[sample * 2 + 1] ?? 0
      count++
    }
    const [ids, times] = [this.#sampleIds, this.#timestampsMs]
    const outcome = appender.append(ids, times, this.#values, count, this.#startsMs)
    for (let at = 0; at < outcome.refused; at++) {
      const row = outcome.refusedIndex[at] ?? 0
      const words = refusedFloatText(appender, outcome.refusedCode[at] ?? 0, {
        id: ids[row] ?? 0,
        timestampMs: times[row] ?? 0,
        value: this.#values[row] ?? 0,
      })
      this.#refuseSample(this.#sampleSeries[row] ?? 0, part.sample, words)
    }
    return count - outcome.refused
  }

  #refuseSample(series: number, which: number, words: string): void {
    this.#refuse(series, which, `${words} for series ${this.#labels.text(series)}`)
  }

  /** The same of one histogram. */
  #appendHistogram(columns: WriteRequestV2Columns, index: number, appender: Appender): number {
    const { histograms } = columns
    const series = histograms.series[index] ?? 0
    const id = this.#seriesIds[series] ?? notTaken
    if (id === notTaken) return 0
    const [start, end] = [histograms.start[index] ?? 0, histograms.end[index] ?? 0]
    const words = this.#histograms.appendOne(this.#body, start, end, id, appender)
    if (words !== undefined) this.#refuseSample(series, part.histogram, words)
    return words === undefined ? 1 : 0
  }

  #appendExemplars(body: Uint8Array, columns: WriteRequestV2Columns, appender: Appender): number {
    const { exemplars } = columns
    let taken = 0
    for (let index = 0; index < exemplars.count; index++) {
      const series = exemplars.series[index] ?? 0
      const id = this.#seriesIds[series] ?? notTaken
      if (id === notTaken) continue
      const [start, end] = [exemplars.start[index] ?? 0, exemplars.end[index] ?? 0]
      const { refs, value, timestampMs } = decodeExemplarV2(body, start, end)
      const fault = this.#labels.faultOf(refs)
      if (fault !== undefined) {
        const text = this.#labels.text(series)
        this.#refuse(series, part.exemplar, `parsing exemplar for series ${text}: ${fault}`)
        continue
      }
      if (timestampMs < -timestampMsMax || timestampMs > appender.newestMs) continue
      const labels = encodeExemplarLabels(refs.map((ref) => this.#labels.symbol(ref) ?? nothing))
      const hasTimestamp = timestampMs !== 0
      const exemplar = { labels, value, timestampMs, hasTimestamp }
      const code = appender.takesExemplars ? appender.appendExemplar(seriesId(id), exemplar) : 0
      if (code === 0) taken++
      else if (code === exemplarRefusal.outOfOrder) {
        this.#refuseSample(series, part.exemplar, 'out of order exemplar')
      }
    }
    return taken
  }

  #appendMetadata(columns: WriteRequestV2Columns, appender: Appender): void {
    for (let series = 0; series < columns.seriesCount; series++) {
      const id = this.#seriesIds[series] ?? notTaken
      if (id === notTaken) continue
      const textOf = (ref: number | undefined) => utf8.decode(this.#labels.symbol(ref ?? 0))
      appender.appendMetadata(seriesId(id), {
        type: metricTypeV2(columns.metadataType[series] ?? 0),
        help: textOf(columns.helpRef[series]),
        unit: textOf(columns.unitRef[series]),
      })
    }
  }

  #reserve(count: number): void {
    if (this.#sampleIds.length >= count) return
    this.#sampleIds = new Uint32Array(count * 2)
    this.#sampleSeries = new Uint32Array(count * 2)
    this.#timestampsMs = new Float64Array(count * 2)
    this.#startsMs = new Float64Array(count * 2)
    this.#values = new Float64Array(count * 2)
  }
}
