import protobuf from 'protobufjs/minimal.js'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { BodyParts } from './body-parts.ts'
import { doubled, endOf, int64, invalid, skip, tagOf, tooMany, unreadable } from './proto-fields.ts'

/**
 * A remote-write version 2 request as columns (upstream io/prometheus/write/v2/types.proto). Reused:
 * the next decode overwrites it. Texts stay in the body, as ranges of bytes.
 */
export interface WriteRequestV2Columns {
  symbolCount: number
  symbolStart: Uint32Array
  symbolEnd: Uint32Array
  seriesCount: number
  /** The label references of series s: refs[refStart[s]] .. refs[refStart[s + 1]]. */
  refStart: Uint32Array
  refs: Uint32Array
  /** Of each series: its type by the number of the message, its help and unit by symbol. */
  metadataType: Uint32Array
  helpRef: Uint32Array
  unitRef: Uint32Array
  sampleCount: number
  /** The series that sample i belongs to, by its number in the request. */
  series: Uint32Array
  timestampsMs: Float64Array
  /** 0 for none. */
  startsMs: Float64Array
  values: Float64Array
  readonly histograms: BodyParts
  readonly exemplars: BodyParts
}

const tags = { symbol: 34, timeseries: 42 } as const
const seriesTags = {
  refs: 10,
  ref: 8,
  sample: 18,
  histogram: 26,
  exemplar: 34,
  metadata: 42,
} as const
const sampleTags = { value: 9, timestamp: 16, start: 24 } as const
const metadataTags = { type: 8, help: 24, unit: 32 } as const
const exemplarTags = { refs: 10, ref: 8, value: 17, timestamp: 24 } as const

/** Columns begin with so many rows and double, up to the limits. */
const columnsAtFirst = 1_024

type Reader = protobuf.Reader

/** Decodes bodies; keep one and use it again. Throws BODY_INVALID or BODY_TOO_LARGE. */
export class WriteRequestV2Decoder {
  readonly #columns: WriteRequestV2Columns = {
    symbolCount: 0,
    symbolStart: new Uint32Array(columnsAtFirst),
    symbolEnd: new Uint32Array(columnsAtFirst),
    seriesCount: 0,
    refStart: new Uint32Array(columnsAtFirst),
    refs: new Uint32Array(columnsAtFirst),
    metadataType: new Uint32Array(columnsAtFirst),
    helpRef: new Uint32Array(columnsAtFirst),
    unitRef: new Uint32Array(columnsAtFirst),
    sampleCount: 0,
    series: new Uint32Array(columnsAtFirst),
    timestampsMs: new Float64Array(columnsAtFirst),
    startsMs: new Float64Array(columnsAtFirst),
    values: new Float64Array(columnsAtFirst),
    histograms: new BodyParts('histograms'),
    exemplars: new BodyParts('exemplars'),
  }
  #halves = halvesOf(this.#columns.values)
  #refCount = 0

  decode(body: Uint8Array): WriteRequestV2Columns {
    const columns = this.#columns
    columns.symbolCount = 0
    columns.seriesCount = 0
    columns.sampleCount = 0
    columns.histograms.count = 0
    columns.exemplars.count = 0
    this.#refCount = 0
    const reader = protobuf.Reader.create(body)
    try {
      while (reader.pos < reader.len) {
        const tag = reader.uint32()
        if (tag === tags.timeseries) this.#series(reader)
        else if (tag === tags.symbol) this.#symbol(reader)
        else skip(reader, tag, tags)
      }
    } catch (thrown) {
      // protobufjs throws three kinds of errors for what it cannot read.
      if (thrown instanceof NarthexError) throw thrown
      throw unreadable('write request', thrown)
    }
    return columns
  }

  #symbol(reader: Reader): void {
    const columns = this.#columns
    const at = columns.symbolCount
    if (at === limits.remoteWriteSymbolsMax) throw tooMany('symbols', at)
    if (at === columns.symbolStart.length) {
      columns.symbolStart = doubled(columns.symbolStart)
      columns.symbolEnd = doubled(columns.symbolEnd)
    }
    const end = endOf(reader)
    columns.symbolStart[at] = reader.pos
    columns.symbolEnd[at] = end
    reader.pos = end
    columns.symbolCount++
  }

  #series(reader: Reader): void {
    const columns = this.#columns
    const series = columns.seriesCount
    if (series === limits.remoteWriteSeriesMax) throw tooMany('series', series)
    if (series + 1 === columns.refStart.length) this.#growSeries()
    const end = endOf(reader)
    columns.refStart[series] = this.#refCount
    columns.metadataType[series] = 0
    columns.helpRef[series] = 0
    columns.unitRef[series] = 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === seriesTags.refs) {
        const refsEnd = endOf(reader)
        while (reader.pos < refsEnd) this.#ref(tagOf(reader))
      } else if (tag === seriesTags.ref) this.#ref(reader.uint32())
      else if (tag === seriesTags.sample) this.#sample(reader, series)
      else if (tag === seriesTags.histogram) columns.histograms.add(reader, series)
      else if (tag === seriesTags.exemplar) columns.exemplars.add(reader, series)
      else if (tag === seriesTags.metadata) this.#metadata(reader, series)
      else skip(reader, tag, seriesTags)
    }
    if (reader.pos !== end) throw invalid('a series is longer than it says')
    columns.seriesCount++
    columns.refStart[series + 1] = this.#refCount
  }

  #ref(ref: number): void {
    const columns = this.#columns
    if (this.#refCount === limits.remoteWriteLabelRefsMax) {
      throw tooMany('label references', limits.remoteWriteLabelRefsMax)
    }
    if (this.#refCount === columns.refs.length) columns.refs = doubled(columns.refs)
    columns.refs[this.#refCount++] = ref
  }

  #sample(reader: Reader, series: number): void {
    const columns = this.#columns
    const at = columns.sampleCount
    if (at === limits.remoteWriteSamplesMax) throw tooMany('samples', at)
    if (at === columns.series.length) this.#growSamples()
    const end = endOf(reader)
    columns.series[at] = series
    columns.timestampsMs[at] = 0
    columns.startsMs[at] = 0
    columns.values[at] = 0
    while (reader.pos < end) {
      const tag = tagOf(reader)
      if (tag === sampleTags.value) {
        // The two halves of the double: as a number it might lose the bits of a stale marker.
        this.#halves[at * 2] = reader.fixed32()
        this.#halves[at * 2 + 1] = reader.fixed32()
      } else if (tag === sampleTags.timestamp) columns.timestampsMs[at] = int64(reader)
      else if (tag === sampleTags.start) columns.startsMs[at] = int64(reader)
      else skip(reader, tag, sampleTags)
    }
    if (reader.pos !== end) throw invalid('a sample is longer than it says')
    columns.sampleCount++
  }

  #metadata(reader: Reader, series: number): void {
    const columns = this.#columns
    const end = endOf(reader)
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === metadataTags.type) columns.metadataType[series] = reader.uint32()
      else if (tag === metadataTags.help) columns.helpRef[series] = reader.uint32()
      else if (tag === metadataTags.unit) columns.unitRef[series] = reader.uint32()
      else skip(reader, tag, metadataTags)
    }
    if (reader.pos !== end) throw invalid('metadata is longer than it says')
  }

  #growSeries(): void {
    const columns = this.#columns
    columns.refStart = doubled(columns.refStart)
    columns.metadataType = doubled(columns.metadataType)
    columns.helpRef = doubled(columns.helpRef)
    columns.unitRef = doubled(columns.unitRef)
  }

  #growSamples(): void {
    const columns = this.#columns
    columns.series = doubled(columns.series)
    columns.timestampsMs = doubledFloats(columns.timestampsMs)
    columns.startsMs = doubledFloats(columns.startsMs)
    // From one Float64Array into another, bits stay as they are.
    columns.values = doubledFloats(columns.values)
    this.#halves = halvesOf(columns.values)
  }
}

function doubledFloats(column: Float64Array): Float64Array {
  const larger = new Float64Array(column.length * 2)
  larger.set(column)
  return larger
}

/** An exemplar of version 2, its labels still references to symbols. */
export interface WrittenExemplarV2 {
  readonly refs: readonly number[]
  readonly value: number
  readonly timestampMs: number
}

/** The exemplar that stands there in a body. Throws BODY_INVALID. */
export function decodeExemplarV2(body: Uint8Array, start: number, end: number): WrittenExemplarV2 {
  const reader = protobuf.Reader.create(body.subarray(start, end))
  const refs: number[] = []
  let value = 0
  let timestampMs = 0
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === exemplarTags.refs) {
        const refsEnd = endOf(reader)
        while (reader.pos < refsEnd) refs.push(reader.uint32())
      } else if (tag === exemplarTags.ref) refs.push(reader.uint32())
      else if (tag === exemplarTags.value) value = reader.double()
      else if (tag === exemplarTags.timestamp) timestampMs = int64(reader)
      else skip(reader, tag, exemplarTags)
    }
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw thrown
    throw unreadable('exemplar', thrown)
  }
  return { refs, value, timestampMs }
}
