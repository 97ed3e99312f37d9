import { type ErrorCode, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import type { Logger } from '../base/logger.ts'
import type { MetricsRegistry } from '../base/self-metrics.ts'
import { createSnappyCodec } from '../kernels/snappy.ts'
import type { SnappyBlock } from '../kernels/snappy-codec.ts'
import { type BodyFaultTexts, uncompressedBody } from '../kernels/snappy-twin.ts'
import { unknownId } from '../kernels/write-kernel.ts'
import { createWriteKernel, createWriteV2Kernel } from '../kernels/writes.ts'
import { type Appendable, type Appender, unmadeSeries } from '../storage/appender.ts'
import type { MetadataSource, MetricMetadata } from '../storage/metadata.ts'
import { refusedFloatText } from '../storage/refusal-texts.ts'
import type { WriteRequestColumns } from '../wire/write-request.ts'
import { BroughtSamples } from './brought-samples.ts'
import { KernelBodies } from './kernel-bodies.ts'
import { notTaken } from './not-taken.ts'
import { PlainBodies } from './plain-bodies.ts'
import { invalidLabels, isSeries, SeriesIds } from './series-ids.ts'
import { SeriesTurns } from './series-turns.ts'
import {
  messageOf,
  unacceptableEncoding,
  type WriteHeaders,
  type WriteMessage,
} from './write-headers.ts'
import { WriteV2, type WrittenCounts } from './write-v2.ts'
import type { WrittenBodies, WrittenBody, WrittenRows } from './written-bodies.ts'
import { appendWrittenExemplars } from './written-exemplars.ts'
import { WrittenHistograms } from './written-histograms.ts'
import { WrittenMetadataStore } from './written-metadata.ts'

export interface WriteReply {
  readonly status: number
  readonly text: string
  /** Of version 2 only. */
  readonly written?: WrittenCounts
}

const faults: BodyFaultTexts = {
  corrupt: 's2: corrupt input',
  tooLarge: (_length, lengthMax) => `decoded size exceeds the ${lengthMax} bytes limit`,
}

const nothingWritten: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 }

export interface WriteReceiverOptions {
  readonly appendable: Appendable
  readonly logger: Logger
  readonly metrics: MetricsRegistry
  /** Both where it is absent. */
  readonly acceptedMessages?: readonly WriteMessage[]
  /** --enable-feature=type-and-unit-labels, which is for version 2; absent is off. */
  readonly typeAndUnitLabels?: boolean
}

/**
 * Takes remote-write bodies (rows W2), with upstream's semantics. Of version 1, series with invalid
 * labels are skipped and answered 204; the first sample that is refused ends the request with 400
 * and nothing of it is kept. Version 2: see WriteV2. 503 where the database cannot write, so that
 * the sender keeps it.
 */
export class WriteReceiver implements MetadataSource {
  readonly #options: WriteReceiverOptions
  readonly #snappy = createSnappyCodec()
  readonly #bodies: WrittenBodies
  readonly #histograms = new WrittenHistograms()
  readonly #ids: SeriesIds
  readonly #v2: WriteV2
  readonly #countSeen: CountSeen
  readonly #metadata = new WrittenMetadataStore()
  /** Series of the request at hand with labels that are not taken. */
  #skipped = 0

  constructor(options: WriteReceiverOptions) {
    this.#options = options
    const { appendable, metrics, logger, typeAndUnitLabels = false } = options
    const entriesMax = limits.remoteWriteSeriesCacheMax
    const v2Kernel = createWriteV2Kernel(entriesMax)
    this.#countSeen = v2Kernel === undefined ? () => undefined : predictionCounter(metrics)
    this.#bodies = bodiesFor(entriesMax, this.#countSeen)
    this.#ids = new SeriesIds(appendable, metrics, () => {
      this.#bodies.forget()
      this.#v2.forget()
    })
    const kernel = typeAndUnitLabels ? undefined : v2Kernel
    this.#v2 = new WriteV2(appendable, this.#ids, { logger, kernel, typeAndUnitLabels })
    // Metadata is part of a series, which is taken without it: nothing counts here, as upstream.
    metrics.counter(
      'prometheus_api_remote_write_without_metadata_appended_samples_total',
      'The total number of received remote write samples (and histogram samples) which were ingested without corresponding metadata.',
    )
  }

  /** Upstream's order of checks: the encoding, the bytes, and then what kind of message it is. */
  async receive(body: SnappyBlock, headers: WriteHeaders): Promise<WriteReply> {
    const encoding = unacceptableEncoding(headers)
    if (encoding !== undefined) return { status: 415, text: encoding }
    let version = 1
    try {
      const plain = uncompressedBody(this.#snappy, body, limits.httpRemoteWriteBytesMax, faults)
      const message = messageOf(headers, this.#options.acceptedMessages)
      if (!message.ok) return { status: 415, text: message.why }
      version = message.version
      if (version === 2) return this.#writeV2(plain)
      this.#ids.begin()
      return this.#write(this.#bodies.read(plain))
    } catch (thrown) {
      if (!(thrown instanceof NarthexError)) throw thrown
      const reply = { status: statusOf(thrown.code), text: thrown.message }
      return version === 2 ? { ...reply, written: nothingWritten } : reply
    }
  }

  eachMetadata(visit: (family: string, metadata: MetricMetadata) => boolean): void {
    this.#metadata.eachMetadata(visit)
  }

  #writeV2(plain: Uint8Array): WriteReply {
    const reply = this.#v2.write(plain)
    const { series, predicted } = this.#v2.seen
    this.#countSeen(series, predicted)
    return reply
  }

  #write(body: WrittenBody): WriteReply {
    const appender = this.#options.appendable.appender()
    try {
      for (const metadata of body.columns.metadata) this.#metadata.keep(metadata)
      this.#skipped = 0
      const refused = this.#stage(body, appender)
      this.#warnOfSkipped()
      if (refused !== undefined) {
        appender.rollback()
        return refused
      }
      this.#appendExemplars(body, appender)
      appender.commit()
      this.#ids.countInvalid(this.#skipped)
      return { status: 204, text: '' }
    } catch (thrown) {
      appender.rollback()
      throw thrown
    }
  }

  #appendExemplars({ bytes, columns, ids }: WrittenBody, appender: Appender): void {
    const dropped = appendWrittenExemplars(bytes, columns, ids, appender)
    if (dropped === 0) return
    const words = 'Error on ingesting out-of-order exemplars'
    this.#options.logger.warn(words, { num_dropped: dropped })
  }

  #stageRows(rows: WrittenRows, appender: Appender): WriteReply | undefined {
    const { ids, timestampsMs, values, count } = rows
    const { refused, refusedIndex, refusedCode } = appender.append(
      ids,
      timestampsMs,
      values,
      count,
      undefined,
      { untilRefused: true },
    )
    if (refused === 0) return undefined
    const row = refusedIndex[0] ?? 0
    const timestampMs = timestampsMs[row] ?? 0
    const sample = { id: ids[row] ?? 0, timestampMs, value: values[row] ?? 0 }
    const text = refusedFloatText(appender, refusedCode[0] ?? 0, sample)
    return this.#refused('Sample of a remote-write request was refused', text, timestampMs)
  }

  #stageHistogram(
    { bytes, columns, ids }: WrittenBody,
    index: number,
    appender: Appender,
  ): WriteReply | undefined {
    const refused = this.#histograms.append(bytes, columns.histograms, index, ids, appender)
    if (refused === undefined) return undefined
    const words = 'Histogram of a remote-write request was refused'
    return this.#refused(words, refused.text, refused.timestampMs)
  }

  #refused(words: string, text: string, timestampMs: number): WriteReply {
    this.#options.logger.error(words, { err: text, timestamp: timestampMs })
    return { status: 400, text }
  }

  /**
   * Stages what series bring in their order, and puts ids, or notTaken, where the body has series that
   * are not known. What is refused ends the request: no series behind it is made, nor itself where it
   * is not to be.
   */
  #stage(body: WrittenBody, appender: Appender): WriteReply | undefined {
    const { bytes, columns, ids } = body
    const { seriesCount, labelStart, labelEnd } = columns
    const brought = this.#broughtBy(bytes, columns, appender)
    const turns = new SeriesTurns(columns)
    const staging = {
      samples: (from: number, to: number) => this.#stageRows(this.#bodies.rows(from, to), appender),
      histogram: (index: number) => this.#stageHistogram(body, index, appender),
    }
    /** What series before it bring is staged, or is the first of a series and sound. */
    let sound = 0
    for (let series = 0; series < seriesCount; series++) {
      if (ids[series] !== unknownId) continue
      const before = sound < series ? turns.upTo(series, staging) : undefined
      if (before !== undefined) return before
      sound = series + 1
      const unmade = brought.seek(series) > 0 ? unmadeSeries : notTaken
      const id = this.#ids.idToLearn(
        bytes,
        labelStart[series] ?? 0,
        labelEnd[series] ?? 0,
        brought.firstMakesSeries ? undefined : unmade,
        appender,
      )
      if (isSeries(id)) this.#bodies.learn(series, id)
      else ids[series] = id === invalidLabels ? notTaken : id
      if (id === invalidLabels) this.#skipped++
      else if (brought.anyIsRefused) sound = series
    }
    const isWhole = turns.isAtStart && columns.histograms.count === 0
    if (isWhole) return this.#stageRows(this.#bodies.allRows(), appender)
    return turns.upTo(seriesCount, staging)
  }

  #warnOfSkipped(): void {
    if (this.#skipped === 0) return
    const words = 'Remote-write request with invalid metric names or labels'
    this.#options.logger.warn(words, { series: this.#skipped })
  }

  #broughtBy(bytes: Uint8Array, columns: WriteRequestColumns, appender: Appender): BroughtSamples {
    const { timestampsMs, histograms } = columns
    return new BroughtSamples(columns, {
      sample: (row) => appender.refusalOfFirst(timestampsMs[row] ?? 0),
      histogram: (row) => this.#histograms.refusalOfFirst(bytes, histograms, row, appender),
    })
  }
}

/** Told how many series came, and how many of them where a kernel expected them. */
type CountSeen = (series: number, predicted: number) => void

function bodiesFor(entriesMax: number, seen: CountSeen): WrittenBodies {
  const kernel = createWriteKernel(entriesMax)
  return kernel === undefined ? new PlainBodies(entriesMax) : new KernelBodies(kernel, seen)
}

function predictionCounter(metrics: MetricsRegistry): CountSeen {
  const labels = { kernel: 'writes' }
  const lookups = metrics.counter(
    'narthex_kernel_lookups_total',
    'What a kernel with a prediction looked for.',
    labels,
  )
  const hits = metrics.counter(
    'narthex_kernel_predicted_total',
    'What stood where the kernel expected it.',
    labels,
  )
  return (series, predicted) => {
    lookups.add(series)
    hits.add(predicted)
  }
}

/** Rows W2.5 and W2.7: 400 for what no retry betters; else senders keep it and come again. */
function statusOf(code: ErrorCode): number {
  if (code === 'TSDB_READ_ONLY') return 503
  return ['BODY_INVALID', 'BODY_TOO_LARGE', 'LIMIT_EXCEEDED'].includes(code) ? 400 : 500
}
