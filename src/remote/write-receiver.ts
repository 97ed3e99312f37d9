import { type ErrorCode, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import { createSnappyCodec } from '../kernels/snappy.ts'
import { LabelTexts } from '../model/label-texts.ts'
import { Labels, metricNameLabel } from '../model/labels.ts'
import { timestampMsMax } from '../model/samples.ts'
import { halvesOf } from '../model/stale-nan.ts'
import type { Appendable, Appender, AppendOutcome } from '../storage/appender.ts'
import type { MetadataSource, MetricMetadata } from '../storage/metadata.ts'
import { readPlainLabels } from '../wire/plain-labels.ts'
import {
  decodeLabels,
  type WriteRequestColumns,
  WriteRequestDecoder,
} from '../wire/write-request.ts'
import { notTaken, refusalTexts } from './refusal-texts.ts'
import { SeriesTable, unknownSeries } from './series-table.ts'
import { unacceptable, type WriteHeaders } from './write-headers.ts'
import { appendWrittenExemplars } from './written-exemplars.ts'
import { outOfTime, WrittenHistograms } from './written-histograms.ts'
import { WrittenMetadataStore } from './written-metadata.ts'

export interface WriteReply {
  readonly status: number
  readonly text: string
}

export interface WriteReceiverOptions {
  readonly appendable: Appendable
  readonly logger: Logger
  readonly metrics: MetricsRegistry
}

/**
 * Takes remote-write version 1 bodies (rows W2), with upstream's semantics: series with invalid
 * labels are skipped and answered 204; the first sample that is refused ends the request with 400
 * and nothing of it is kept; 503 where the database cannot write, so that the sender keeps it.
 */
export class WriteReceiver implements MetadataSource {
  readonly #options: WriteReceiverOptions
  readonly #snappy = createSnappyCodec()
  readonly #decoder = new WriteRequestDecoder()
  readonly #histograms = new WrittenHistograms()
  /** Series by their encoded labels: senders repeat them byte for byte. */
  readonly #seriesOf = new SeriesTable(limits.remoteWriteSeriesCacheMax)
  #epoch: number
  readonly #metadata = new WrittenMetadataStore()
  readonly #texts = new LabelTexts()
  #seriesIds = new Uint32Array(4_096)
  #ids = new Uint32Array(4_096)
  #timestampsMs = new Float64Array(4_096)
  #values = new Float64Array(4_096)
  readonly #skippedSeries: Counter

  constructor(options: WriteReceiverOptions) {
    this.#options = options
    this.#epoch = options.appendable.epoch
    this.#skippedSeries = options.metrics.counter(
      'prometheus_api_remote_write_invalid_labels_samples_total',
      'Series of remote-write requests that were skipped for their labels.',
    )
  }

  async receive(body: Uint8Array, headers: WriteHeaders): Promise<WriteReply> {
    const unfit = unacceptable(headers)
    if (unfit !== undefined) return { status: 415, text: unfit }
    try {
      const plain = this.#snappy.uncompress(body, limits.httpRemoteWriteBytesMax)
      const columns = this.#decoder.decode(plain)
      return this.#write(plain, columns)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      return { status: statusOf(thrown.code), text: thrown.message }
    }
  }

  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void {
    this.#metadata.eachMetadata(visit)
  }

  #write(body: Uint8Array, columns: WriteRequestColumns): WriteReply {
    for (const metadata of columns.metadata) this.#metadata.keep(metadata)
    const appender = this.#options.appendable.appender()
    try {
      this.#findSeries(body, columns, appender)
      const count = this.#gather(columns)
      const outcome = appender.append(this.#ids, this.#timestampsMs, this.#values, count)
      if (outcome.refused > 0) {
        appender.rollback()
        return this.#refused(outcome)
      }
      const text = this.#histograms.append(body, columns, this.#seriesIds, appender)
      if (text !== undefined) {
        appender.rollback()
        this.#options.logger.error('Histogram of a remote-write request was refused', { err: text })
        return { status: 400, text }
      }
      this.#appendExemplars(body, columns, appender)
      appender.commit()
      return { status: 204, text: '' }
    } catch (thrown) {
      appender.rollback()
      throw thrown
    }
  }

  #appendExemplars(body: Uint8Array, columns: WriteRequestColumns, appender: Appender): void {
    const dropped = appendWrittenExemplars(body, columns, this.#seriesIds, appender)
    if (dropped === 0) return
    const words = 'Error on ingesting out-of-order exemplars'
    this.#options.logger.warn(words, { num_dropped: dropped })
  }

  #refused({ refusedIndex, refusedCode }: AppendOutcome): WriteReply {
    const text = refusalTexts[refusedCode[0] ?? 0] ?? 'refused'
    this.#options.logger.error('Sample of a remote-write request was refused', {
      err: text,
      timestamp: this.#timestampsMs[refusedIndex[0] ?? 0],
    })
    return { status: 400, text }
  }

  /** The id of each series of the request, or notTaken. */
  #findSeries(body: Uint8Array, columns: WriteRequestColumns, appender: Appender): void {
    this.#forgetOtherEpoch()
    if (this.#seriesIds.length < columns.seriesCount) {
      this.#seriesIds = new Uint32Array(columns.seriesCount * 2)
    }
    let skipped = 0
    const filled = new FilledSeries(columns)
    for (let series = 0; series < columns.seriesCount; series++) {
      const [start, end] = [columns.labelStart[series] ?? 0, columns.labelEnd[series] ?? 0]
      const known = this.#seriesOf.find(body, start, end)
      this.#seriesIds[series] = known
      if (known !== unknownSeries) continue
      const isFilled = filled.has(series)
      if (isFilled && this.#addPlain(body, start, end, series, appender)) continue
      const labels = validLabels(decodeLabels(body, start, end))
      if (labels === undefined) skipped++
      this.#seriesIds[series] = this.#newId(labels, isFilled, appender)
    }
    if (skipped === 0) return
    this.#skippedSeries.add(skipped)
    this.#options.logger.warn('Remote-write request with invalid metric names or labels', {
      series: skipped,
    })
  }

  /** Fills the columns for the appender with the samples of series that are taken. */
  #gather(columns: WriteRequestColumns): number {
    this.#reserve(columns.sampleCount)
    const ids = this.#seriesIds
    // Bits move from column to column; see model/stale-nan.
    const source = halvesOf(columns.values)
    const target = halvesOf(this.#values)
    let count = 0
    for (let sample = 0; sample < columns.sampleCount; sample++) {
      const id = ids[columns.series[sample] ?? 0] ?? notTaken
      if (id === notTaken) continue
      const timestampMs = columns.timestampsMs[sample] ?? 0
      if (Math.abs(timestampMs) > timestampMsMax) throw outOfTime(timestampMs)
      this.#ids[count] = id
      this.#timestampsMs[count] = timestampMs
      target[count * 2] = source[sample * 2] ?? 0
      target[count * 2 + 1] = source[sample * 2 + 1] ?? 0
      count++
    }
    return count
  }

  /** Adds the series that was looked for last, where its labels are as almost all are. */
  #addPlain(
    body: Uint8Array,
    start: number,
    end: number,
    series: number,
    appender: Appender,
  ): boolean {
    const texts = this.#texts
    if (!readPlainLabels(body, start, end, texts) || !hasMetricName(texts)) return false
    const id = appender.seriesOfTexts(texts)
    this.#seriesOf.add(id)
    this.#seriesIds[series] = id
    return true
  }

  /** Of the label set that was looked for last: as upstream, only samples make a series. */
  #newId(labels: Labels | undefined, isFilled: boolean, appender: Appender): number {
    if (labels === undefined) return notTaken
    const id = isFilled ? appender.series(labels) : appender.find(labels)
    if (id === undefined) return notTaken
    this.#seriesOf.add(id)
    return id
  }

  #forgetOtherEpoch(): void {
    const { epoch } = this.#options.appendable
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#seriesOf.clear()
  }

  #reserve(count: number): void {
    if (this.#ids.length >= count) return
    this.#ids = new Uint32Array(count * 2)
    this.#timestampsMs = new Float64Array(count * 2)
    this.#values = new Float64Array(count * 2)
  }
}

const metricNameBytes = Buffer.from(metricNameLabel)

/** Which series of a request bring samples or histograms; asked for in ascending order. */
class FilledSeries {
  readonly #columns: WriteRequestColumns
  #sample = 0
  #histogram = 0

  constructor(columns: WriteRequestColumns) {
    this.#columns = columns
  }

  has(series: number): boolean {
    const { series: samples, sampleCount, histograms } = this.#columns
    while (this.#sample < sampleCount && (samples[this.#sample] ?? 0) < series) this.#sample++
    while (this.#histogram < histograms.count && (histograms.series[this.#histogram] ?? 0) < series)
      this.#histogram++
    const hasSample = this.#sample < sampleCount && samples[this.#sample] === series
    return (
      hasSample ||
      (this.#histogram < histograms.count && histograms.series[this.#histogram] === series)
    )
  }
}

function hasMetricName(texts: LabelTexts): boolean {
  for (let text = 0; text < texts.count; text += 2) {
    const [start, end] = [texts.start(text), texts.end(text)]
    if (end - start === metricNameBytes.length && startsWithName(texts.bytes, start)) return true
  }
  return false
}

function startsWithName(bytes: Uint8Array, start: number): boolean {
  return metricNameBytes.every((byte, index) => bytes[start + index] === byte)
}

/** The label set, or undefined where upstream skips the series: no name, an empty one, or a label twice. */
function validLabels(
  pairs: readonly (readonly [string, string])[] | undefined,
): Labels | undefined {
  if (pairs === undefined) return undefined
  const names = new Set(pairs.map(([name]) => name))
  if (names.size !== pairs.length || names.has('')) return undefined
  const labels = Labels.of(pairs)
  return labels.has(metricNameLabel) ? labels : undefined
}

/** Rows W2.5 and W2.7: 400 for what no retry betters; else senders keep it and come again. */
function statusOf(code: ErrorCode): number {
  if (code === 'TSDB_READ_ONLY') return 503
  return ['BODY_INVALID', 'BODY_TOO_LARGE', 'LIMIT_EXCEEDED'].includes(code) ? 400 : 500
}
