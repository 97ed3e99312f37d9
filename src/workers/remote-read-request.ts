import { crc32c } from '../base/crc32c.ts'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { createSnappyCodec } from '../kernels/snappy.ts'
import { type BodyFaultTexts, uncompressedBody } from '../kernels/snappy-twin.ts'
import { compareBytes } from '../model/byte-order.ts'
import { GrowingColumns } from '../model/growing-columns.ts'
import { NativeHistogram } from '../model/histogram.ts'
import { Matcher } from '../model/matcher.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { streamedReply } from '../promql/encode/streamed-reply.ts'
import type { ChunkSeriesSet, Querier, Queryable, SymbolTable } from '../storage/querier.ts'
import type {
  ExternalLabels,
  QueryControl,
  QueryReply,
  RemoteReadRequest,
} from '../storage/query-runner.ts'
import { ProtoWriter } from '../wire/proto-writer.ts'
import { decodeReadRequest, type ReadQuery, readResponseType } from '../wire/read-request.ts'
import { writeHistogramMessage, writeLabels, writeSample } from '../wire/series-message.ts'
import { BytePieces } from './byte-pieces.ts'
import { requestFailure } from './request-failure.ts'
import { SeriesChunks } from './series-chunks.ts'
import { SnappyPieces } from './snappy-pieces.ts'

const faults: BodyFaultTexts = {
  corrupt: 'snappy: corrupt input',
  tooLarge: (length, lengthMax) => `snappy: decoded length ${length} exceeds limit ${lengthMax}`,
}

/** Of a QueryResult in a ReadResponse. */
const resultTag = 10

/** Answers remote reads (rows W3.1 to W3.5) with samples, or with chunks in frames. */
export async function answerRemoteRead(
  request: RemoteReadRequest,
  queryable: Queryable,
  control: QueryControl,
  mayStream: boolean,
): Promise<QueryReply> {
  try {
    const codec = createSnappyCodec()
    const plain = uncompressedBody(codec, request.body, limits.remoteReadBytesMax, faults)
    const { queries, acceptedTypes } = decodeReadRequest(plain)
    const type = negotiated(acceptedTypes)
    const reading = new Reading(request, queryable, control)
    if (type === readResponseType.samples) return await reading.samples(queries)
    const { warnings } = reading
    const contentType = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse'
    const rest = () => ({ contentType, warnings })
    const nothing = () => undefined
    return await streamedReply(reading.chunks(queries), nothing, control, mayStream, rest)
  } catch (thrown) {
    return requestFailure(thrown, 'internal')
  }
}

/** The first that is wanted of the two that there are; samples where nothing is said. */
function negotiated(acceptedTypes: readonly number[]): number {
  if (acceptedTypes.length === 0) return readResponseType.samples
  const known: readonly number[] = Object.values(readResponseType)
  const found = acceptedTypes.find((type) => known.includes(type))
  if (found !== undefined) return found
  const words = `server does not support any of the requested response types: ${acceptedTypes.join(' ')}; supported: SAMPLES, STREAMED_XOR_CHUNKS`
  throw new NarthexError('PARAMETER_INVALID', words)
}

interface Selected {
  readonly querier: Querier
  readonly set: ChunkSeriesSet
  readonly labels: SeriesLabels
}

/** One request under way. */
class Reading {
  readonly #request: RemoteReadRequest
  readonly #queryable: Queryable
  readonly #control: QueryControl
  readonly #columns = new GrowingColumns(1024)
  readonly #histogram = new NativeHistogram()
  readonly #out = new ProtoWriter(1 << 16)
  readonly #answer = new SnappyPieces()
  /** So far. */
  readonly warnings: string[] = []

  constructor(request: RemoteReadRequest, queryable: Queryable, control: QueryControl) {
    this.#request = request
    this.#queryable = queryable
    this.#control = control
  }

  /** A ReadResponse, compressed while it is made. No matchers select nothing, as upstream. */
  async samples(queries: readonly ReadQuery[]): Promise<QueryReply> {
    const out = this.#out
    for (const query of queries) {
      const result = new SnappyPieces()
      if (query.matchers.length > 0) await this.#writeResult(query, result)
      // Only now its length is known, which stands before it.
      out.varint(resultTag)
      out.varint(result.lengthBytes)
      this.#settle(this.#answer)
      this.#answer.append(result)
    }
    return {
      ok: true,
      body: this.#answer.finish(),
      contentType: 'application/x-protobuf',
      warnings: this.warnings,
    }
  }

  /** Compresses what is written. */
  #settle(into: SnappyPieces): void {
    into.add(this.#out.view())
    this.#out.reset()
  }

  async #writeResult(query: ReadQuery, result: SnappyPieces): Promise<void> {
    const { querier, set, labels } = await this.#selected(query, false)
    try {
      let left = this.#request.bounds.samplesMax || Number.POSITIVE_INFINITY
      for (let series = 0; series < set.seriesCount; series++) {
        const before = this.#answer.lengthBytes + result.lengthBytes
        const bytesMax = this.#request.sampledBytesMax - before
        left -= this.#writeSeries(set, series, labels, query, { samples: left, bytes: bytesMax })
        if (this.#out.length >= limits.httpWritePieceBytesMax) this.#settle(result)
        if (series % 64 === 0) await this.#control.checkpoint()
      }
      this.#settle(result)
    } finally {
      querier.close()
    }
  }

  /** Frames of ChunkedReadResponse, each with its length and its sum before it. */
  async *chunks(queries: readonly ReadQuery[]): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const pieces = new BytePieces(this.#out)
    for (const [index, query] of queries.entries()) {
      if (query.matchers.length === 0) continue
      const range = { minTimeMs: query.startMs, maxTimeMs: query.endMs }
      const { querier, set, labels } = await this.#selected(query, true)
      try {
        const frames = new Frames(this.#out, index, this.#request.frameBytesMax)
        const chunks = new SeriesChunks(set, range, (...chunk) => frames.chunk(...chunk))
        for (let series = 0; series < set.seriesCount; series++) {
          frames.begin(labels.of(set, series))
          chunks.write(series)
          frames.end()
          pieces.settle()
          yield* pieces.ready()
          if (series % 64 === 0) await this.#control.checkpoint()
        }
      } finally {
        querier.close()
      }
    }
    yield* pieces.finish()
  }

  /** Close its querier. */
  async #selected({ startMs, endMs, matchers }: ReadQuery, sorted: boolean): Promise<Selected> {
    const { externalLabels } = this.#request
    const own = new Map(externalLabels)
    const filtered = matchers.map((matcher) =>
      // What is only added to what leaves the server is on no series of its own.
      matcher.op === '=' && own.get(matcher.name) === matcher.value
        ? new Matcher('=', matcher.name, '')
        : matcher,
    )
    const range = { minTimeMs: startMs, maxTimeMs: endMs }
    const querier: Querier = await this.#queryable.querier(range)
    try {
      const set = await querier.select({ matchers: filtered, ...range, sorted })
      this.warnings.push(...set.warnings)
      return { querier, set, labels: new SeriesLabels(querier.symbols, externalLabels) }
    } catch (thrown) {
      querier.close()
      throw thrown
    }
  }

  /** Answers how many samples it wrote; a series without any is left out. */
  #writeSeries(
    set: ChunkSeriesSet,
    series: number,
    labels: SeriesLabels,
    { startMs, endMs }: ReadQuery,
    most: { readonly samples: number; readonly bytes: number },
  ): number {
    const count = set.readFloats(series, startMs, endMs, this.#columns)
    if (count > most.samples) throw this.#tooManySamples()
    const cursor = set.readHistograms(series, startMs, endMs)
    let isAtHistogram = cursor.next()
    if (count === 0 && !isAtHistogram) return 0
    const out = this.#out
    const start = out.begin(1)
    writeLabels(out, labels.of(set, series))
    const { timestampsMs, values } = this.#columns
    const halves = halvesOf(values)
    for (let sample = 0; sample < count; sample++) {
      if (out.length > most.bytes) throw this.#tooManyBytes()
      writeSample(out, 2, timestampsMs[sample] ?? 0, halves, sample)
    }
    let total = count
    for (; isAtHistogram; isAtHistogram = cursor.next()) {
      if (++total > most.samples) throw this.#tooManySamples()
      if (out.length > most.bytes) throw this.#tooManyBytes()
      cursor.fill(this.#histogram)
      writeHistogramMessage(out, 4, cursor.timestampMs, this.#histogram)
    }
    out.end(start)
    return total
  }

  #tooManySamples(): NarthexError {
    const words = `exceeded sample limit (${this.#request.bounds.samplesMax})`
    return new NarthexError('PARAMETER_INVALID', words)
  }

  #tooManyBytes(): NarthexError {
    const words = `answer of more than ${this.#request.sampledBytesMax} bytes: ask for STREAMED_XOR_CHUNKS, or for less`
    return new NarthexError('PARAMETER_INVALID', words)
  }
}

/** Labels of series with the external ones that they lack, sorted by name. */
class SeriesLabels {
  readonly #symbols: SymbolTable
  readonly #external: ExternalLabels

  constructor(symbols: SymbolTable, external: ExternalLabels) {
    this.#symbols = symbols
    this.#external = external
  }

  of({ labels }: ChunkSeriesSet, series: number): readonly (readonly [string, string])[] {
    const pairs: (readonly [string, string])[] = []
    const end = labels.offsets[series + 1] ?? 0
    let next = 0
    for (let at = labels.offsets[series] ?? 0; at < end; at += 2) {
      const name = this.#symbols.text(labels.labelIds[at] ?? 0)
      for (; next < this.#external.length; next++) {
        const external = this.#external[next]
        const order = external === undefined ? 1 : compareBytes(external[0], name)
        if (order > 0) break
        if (external !== undefined && order < 0) pairs.push(external)
      }
      pairs.push([name, this.#symbols.text(labels.labelIds[at + 1] ?? 0)])
    }
    return [...pairs, ...this.#external.slice(next)]
  }
}

/** Writes the chunks of one series after the other, in frames of about so many bytes. */
class Frames {
  readonly #out: ProtoWriter
  readonly #queryIndex: number
  readonly #frameBytesMax: number
  readonly #labels = new ProtoWriter(256)
  readonly #chunks = new ProtoWriter(4096)
  readonly #frame = new ProtoWriter(4096)

  constructor(out: ProtoWriter, queryIndex: number, frameBytesMax: number) {
    this.#out = out
    this.#queryIndex = queryIndex
    this.#frameBytesMax = frameBytesMax
  }

  begin(labels: readonly (readonly [string, string])[]): void {
    this.#labels.reset()
    writeLabels(this.#labels, labels)
    this.#chunks.reset()
  }

  chunk(encoding: number, minTimeMs: number, maxTimeMs: number, bytes: Uint8Array): void {
    // A frame is begun when the one before is full, as upstream does: it may hold a chunk more.
    if (this.#labels.length + this.#chunks.length >= this.#frameBytesMax) this.end()
    const chunks = this.#chunks
    const start = chunks.begin(2)
    if (minTimeMs !== 0) chunks.number(1, minTimeMs)
    if (maxTimeMs !== 0) chunks.number(2, maxTimeMs)
    chunks.number(3, encoding)
    chunks.bytes(4, bytes)
    chunks.end(start)
  }

  /** Sends what there is of the series at hand. */
  end(): void {
    if (this.#chunks.length === 0) return
    const frame = this.#frame
    frame.reset()
    const series = frame.begin(1)
    frame.raw(this.#labels.view())
    frame.raw(this.#chunks.view())
    frame.end(series)
    if (this.#queryIndex !== 0) frame.number(2, this.#queryIndex)
    const bytes = frame.view()
    this.#out.varint(bytes.length)
    const sum = crc32c(bytes)
    this.#out.raw(Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum))
    this.#out.raw(bytes)
    this.#chunks.reset()
  }
}
