import protobuf from 'protobufjs/minimal.js'
import { messageOf, NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { halvesOf } from '../model/stale-nan.ts'

/**
 * A remote-write version 1 request as columns (upstream prompb/remote.proto). Reused: the next
 * decode overwrites it. Labels stay in the body, as ranges of bytes.
 */
export interface WriteRequestColumns {
  seriesCount: number
  /** Where the labels of series s stand in the body, fields and all. */
  readonly labelStart: Uint32Array
  readonly labelEnd: Uint32Array
  sampleCount: number
  /** The series that sample i belongs to, by its number in the request. */
  readonly series: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  histogramCount: number
  exemplarCount: number
  readonly metadata: WrittenMetadata[]
}

export interface WrittenMetadata {
  readonly type: number
  readonly family: string
  readonly help: string
  readonly unit: string
}

const field = { timeseries: 1, metadata: 3 } as const
const seriesField = { labels: 1, samples: 2, exemplars: 3, histograms: 4 } as const

// Without the class Long, 64-bit integers are read as numbers: exact to 2^53, and no object each.
Object.assign(protobuf.util, { Long: undefined })
protobuf.configure()

type Reader = protobuf.Reader

/** Decodes bodies; keep one and use it again. Throws BODY_INVALID or LIMIT_EXCEEDED. */
export class WriteRequestDecoder {
  readonly #columns: WriteRequestColumns = {
    seriesCount: 0,
    labelStart: new Uint32Array(limits.remoteWriteSeriesMax),
    labelEnd: new Uint32Array(limits.remoteWriteSeriesMax),
    sampleCount: 0,
    series: new Uint32Array(limits.remoteWriteSamplesMax),
    timestampsMs: new Float64Array(limits.remoteWriteSamplesMax),
    values: new Float64Array(limits.remoteWriteSamplesMax),
    histogramCount: 0,
    exemplarCount: 0,
    metadata: [],
  }
  readonly #halves = halvesOf(this.#columns.values)

  decode(body: Uint8Array): WriteRequestColumns {
    const columns = this.#columns
    columns.seriesCount = 0
    columns.sampleCount = 0
    columns.histogramCount = 0
    columns.exemplarCount = 0
    columns.metadata.length = 0
    try {
      this.#request(protobuf.Reader.create(body))
    } catch (thrown) {
      // protobufjs throws three kinds of errors for what it cannot read.
      if (thrown instanceof NarthexError) throw thrown
      throw new NarthexError('BODY_INVALID', `write request: ${messageOf(thrown)}`, {
        cause: thrown,
      })
    }
    return columns
  }

  #request(reader: Reader): void {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag >>> 3 === field.timeseries && (tag & 7) === 2) this.#series(reader)
      else if (tag >>> 3 === field.metadata && (tag & 7) === 2) this.#metadata(reader)
      else reader.skipType(tag & 7)
    }
  }

  #series(reader: Reader): void {
    const columns = this.#columns
    const series = columns.seriesCount
    if (series === limits.remoteWriteSeriesMax) throw tooMany('series', limits.remoteWriteSeriesMax)
    const end = endOf(reader)
    let labelStart = -1
    let labelEnd = -1
    while (reader.pos < end) {
      const start = reader.pos
      const tag = reader.uint32()
      if (tag >>> 3 === seriesField.labels) {
        if (labelStart < 0) labelStart = start
        else if (labelEnd !== start) throw invalid('labels of a series do not stand together')
        reader.skipType(tag & 7)
        labelEnd = reader.pos
      } else if (tag >>> 3 === seriesField.samples && (tag & 7) === 2) this.#sample(reader, series)
      else {
        if (tag >>> 3 === seriesField.histograms) columns.histogramCount++
        if (tag >>> 3 === seriesField.exemplars) columns.exemplarCount++
        reader.skipType(tag & 7)
      }
    }
    if (reader.pos !== end) throw invalid('a series is longer than it says')
    columns.labelStart[series] = Math.max(0, labelStart)
    columns.labelEnd[series] = Math.max(0, labelEnd)
    columns.seriesCount++
  }

  #sample(reader: Reader, series: number): void {
    const columns = this.#columns
    const at = columns.sampleCount
    if (at === limits.remoteWriteSamplesMax) throw tooMany('samples', limits.remoteWriteSamplesMax)
    const end = endOf(reader)
    columns.series[at] = series
    columns.timestampsMs[at] = 0
    columns.values[at] = 0
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === 9) {
        // The two halves of the double: as a number it might lose the bits of a stale marker.
        this.#halves[at * 2] = reader.fixed32()
        this.#halves[at * 2 + 1] = reader.fixed32()
      } else if (tag === 16) columns.timestampsMs[at] = Number(reader.int64())
      else reader.skipType(tag & 7)
    }
    if (reader.pos !== end) throw invalid('a sample is longer than it says')
    columns.sampleCount++
  }

  #metadata(reader: Reader): void {
    const end = endOf(reader)
    const found = { type: 0, family: '', help: '', unit: '' }
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === 8) found.type = reader.uint32()
      else if (tag === 18) found.family = reader.string()
      else if (tag === 34) found.help = reader.string()
      else if (tag === 42) found.unit = reader.string()
      else reader.skipType(tag & 7)
    }
    this.#columns.metadata.push(found)
  }
}

/** Label pairs out of the range of a body that WriteRequestColumns names. */
export function decodeLabels(
  body: Uint8Array,
  start: number,
  end: number,
): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  const reader = protobuf.Reader.create(body.subarray(start, end))
  try {
    while (reader.pos < reader.len) {
      reader.uint32()
      const pairEnd = endOf(reader)
      let name: Uint8Array = nothing
      let value: Uint8Array = nothing
      while (reader.pos < pairEnd) {
        const tag = reader.uint32()
        if (tag === 10) name = reader.bytes()
        else if (tag === 18) value = reader.bytes()
        else reader.skipType(tag & 7)
      }
      pairs.push([utf8.decode(name), utf8.decode(value)])
    }
  } catch (thrown) {
    throw new NarthexError('BODY_INVALID', `label: ${messageOf(thrown)}`, { cause: thrown })
  }
  return pairs
}

const nothing = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { fatal: true })

function endOf(reader: Reader): number {
  const length = reader.uint32()
  const end = reader.pos + length
  if (end > reader.len) throw invalid(`a field of ${length} bytes goes past the end`)
  return end
}

function invalid(what: string): NarthexError {
  return new NarthexError('BODY_INVALID', `write request: ${what}`)
}

function tooMany(what: string, most: number): NarthexError {
  return new NarthexError('LIMIT_EXCEEDED', `write request of more than ${most} ${what}`)
}
