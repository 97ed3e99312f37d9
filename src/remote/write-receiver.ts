import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import { uncompressSnappy } from '../base/snappy.ts'
import { Labels } from '../model/labels.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { type Appendable, type Appender, refusal } from '../storage/appender.ts'
import type { MetadataSource, MetricMetadata, MetricType } from '../storage/metadata.ts'
import {
  decodeLabels,
  type WriteRequestColumns,
  WriteRequestDecoder,
} from '../wire/write-request.ts'

export interface WriteReply {
  readonly status: number
  readonly text: string
}

export interface WriteReceiverOptions {
  readonly appendable: Appendable
  readonly logger: Logger
  readonly metrics: MetricsRegistry
}

/** A series whose labels are not taken: its samples are skipped, the request is not. */
const notTaken = 0xffffffff

const refusalTexts: Readonly<Record<number, string>> = {
  [refusal.outOfOrder]: 'out of order sample',
  [refusal.outOfBounds]: 'out of bounds',
  [refusal.duplicateTimestamp]: 'duplicate sample for timestamp',
  [refusal.tooFarAhead]: 'out of bounds: timestamp is too far in the future',
  [refusal.unknownSeries]: 'unknown series',
}

const metadataTypes: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]

/**
 * Takes remote-write version 1 bodies (rows W2), with upstream's semantics: series with invalid
 * labels are skipped and answered 204; the first sample that is refused ends the request with 400
 * and nothing of it is kept; 503 where the database cannot write, so that the sender keeps it.
 */
export class WriteReceiver implements MetadataSource {
  readonly #options: WriteReceiverOptions
  readonly #decoder = new WriteRequestDecoder()
  /** Series by their encoded labels: senders repeat them byte for byte. */
  readonly #seriesOf = new Map<string, number>()
  #epoch: number
  readonly #metadata = new Map<string, MetricMetadata>()
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

  async receive(
    body: Uint8Array,
    headers: { readonly contentType: string; readonly contentEncoding: string },
  ): Promise<WriteReply> {
    const unfit = unacceptable(headers)
    if (unfit !== undefined) return { status: 415, text: unfit }
    try {
      const plain = uncompressSnappy(body, limits.httpRemoteWriteBytesMax)
      const columns = this.#decoder.decode(plain)
      if (columns.histogramCount > 0) {
        return { status: 400, text: 'native histograms are not built yet' }
      }
      return this.#write(plain, columns)
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      const status = thrown.code === 'TSDB_READ_ONLY' ? 503 : 400
      return { status, text: thrown.message }
    }
  }

  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void {
    for (const [family, metadata] of this.#metadata) if (!visit(family, metadata)) return
  }

  #write(body: Uint8Array, columns: WriteRequestColumns): WriteReply {
    this.#keepMetadata(columns)
    const appender = this.#options.appendable.appender()
    try {
      const count = this.#gather(body, columns, appender)
      const outcome = appender.append(this.#ids, this.#timestampsMs, this.#values, count)
      if (outcome.refused > 0) {
        appender.rollback()
        return { status: 400, text: refusalTexts[outcome.refusedCode[0] ?? 0] ?? 'refused' }
      }
      appender.commit()
      return { status: 204, text: '' }
    } catch (thrown) {
      appender.rollback()
      throw thrown
    }
  }

  /** Fills the columns for the appender with the samples of series that are taken. */
  #gather(body: Uint8Array, columns: WriteRequestColumns, appender: Appender): number {
    this.#forgetOtherEpoch()
    const ids = new Uint32Array(columns.seriesCount)
    for (let series = 0; series < columns.seriesCount; series++) {
      const [start, end] = [columns.labelStart[series] ?? 0, columns.labelEnd[series] ?? 0]
      ids[series] = this.#seriesId(body, start, end, appender)
    }
    this.#reserve(columns.sampleCount)
    // Bits move from column to column; see model/stale-nan.
    const source = halvesOf(columns.values)
    const target = halvesOf(this.#values)
    let count = 0
    for (let sample = 0; sample < columns.sampleCount; sample++) {
      const id = ids[columns.series[sample] ?? 0] ?? notTaken
      if (id === notTaken) continue
      this.#ids[count] = id
      this.#timestampsMs[count] = columns.timestampsMs[sample] ?? 0
      target[count * 2] = source[sample * 2] ?? 0
      target[count * 2 + 1] = source[sample * 2 + 1] ?? 0
      count++
    }
    return count
  }

  #seriesId(body: Uint8Array, start: number, end: number, appender: Appender): number {
    const key = Buffer.from(body.buffer, body.byteOffset + start, end - start).toString('latin1')
    const known = this.#seriesOf.get(key)
    if (known !== undefined) return known
    const labels = validLabels(decodeLabels(body, start, end))
    if (labels === undefined) {
      this.#skippedSeries.add()
      this.#options.logger.warn('Invalid metric names or labels in a remote-write request')
      return notTaken
    }
    const id = appender.series(labels)
    if (this.#seriesOf.size >= limits.remoteWriteSeriesCacheMax) this.#seriesOf.clear()
    this.#seriesOf.set(key, id)
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

  #keepMetadata({ metadata }: WriteRequestColumns): void {
    for (const { family, type, help, unit } of metadata) {
      const isFull = this.#metadata.size >= limits.metadataFamiliesMax
      if (isFull && !this.#metadata.has(family)) continue
      this.#metadata.set(family, { type: metadataTypes[type] ?? 'unknown', help, unit })
    }
  }
}

/** Why the body is not one of ours; undefined when it may be. */
function unacceptable(headers: {
  readonly contentType: string
  readonly contentEncoding: string
}): string | undefined {
  const { contentType, contentEncoding } = headers
  const [media = '', ...parameters] = contentType.split(';').map((part) => part.trim())
  if (media !== '' && media !== 'application/x-protobuf') {
    return `expected application/x-protobuf as the first (media) part, got ${contentType} content-type`
  }
  const proto = parameters.find((part) => part.startsWith('proto='))?.slice('proto='.length)
  if (proto === 'io.prometheus.write.v2.Request') {
    return 'io.prometheus.write.v2.Request protobuf message is not built yet in this server; it accepts prometheus.WriteRequest'
  }
  if (proto !== undefined && proto !== 'prometheus.WriteRequest') {
    return `${proto} protobuf message is not accepted by this server; only prometheus.WriteRequest is`
  }
  if (contentEncoding !== '' && contentEncoding !== 'snappy') {
    return `${contentEncoding} encoding (compression) is not accepted by this server; only snappy is acceptable`
  }
  return undefined
}

/** The label set, or undefined where upstream skips the series: no name, an empty one, or a label twice. */
function validLabels(pairs: readonly (readonly [string, string])[]): Labels | undefined {
  const names = new Set(pairs.map(([name]) => name))
  if (names.size !== pairs.length || names.has('')) return undefined
  const labels = Labels.of(pairs)
  return labels.has('__name__') ? labels : undefined
}
