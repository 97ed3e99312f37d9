import protobuf from 'protobufjs/minimal.js'
import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { halvesOf } from '../model/stale-nan.ts'
import { BodyParts } from './body-parts.ts'
import { doubled, endOf, int64, invalid, skip, tagOf, tooMany, unreadable } from './proto-fields.ts'

/**
 * A remote-write version 1 request as columns (upstream prompb/remote.proto). Reused: the next
 * decode overwrites it. Labels stay in the body, as ranges of bytes.
 */
export interface WriteRequestColumns {
  seriesCount: number
  /** Where the labels of series s stand in the body, fields and all. */
  labelStart: Uint32Array
  labelEnd: Uint32Array
  sampleCount: number
  /** The series that sample i belongs to, by its number in the request. */
  series: Uint32Array
  timestampsMs: Float64Array
  values: Float64Array
  readonly histograms: BodyParts
  readonly exemplars: BodyParts
  readonly metadata: WrittenMetadata[]
}

export interface WrittenMetadata {
  readonly type: number
  readonly family: string
  readonly help: string
  readonly unit: string
}

/** Field number and wire type of what is read; a known field of another type is an error, as in Go. */
const tags = { timeseries: 10, metadata: 26 } as const
const seriesTags = { label: 10, sample: 18, exemplar: 26, histogram: 34 } as const
const sampleTags = { value: 9, timestamp: 16 } as const
const metadataTags = { type: 8, family: 18, help: 34, unit: 42 } as const
const labelTags = { name: 10, value: 18 } as const

type Reader = protobuf.Reader

const usualSampleBytes = 16

/** Columns begin with so many rows and double, up to the limits. */
const columnsAtFirst = 1_024

/** Decodes bodies; keep one and use it again. Throws BODY_INVALID or BODY_TOO_LARGE. */
export class WriteRequestDecoder {
  readonly #columns: WriteRequestColumns = {
    seriesCount: 0,
    labelStart: new Uint32Array(columnsAtFirst),
    labelEnd: new Uint32Array(columnsAtFirst),
    sampleCount: 0,
    series: new Uint32Array(columnsAtFirst),
    timestampsMs: new Float64Array(columnsAtFirst),
    values: new Float64Array(columnsAtFirst),
    histograms: new BodyParts('histograms'),
    exemplars: new BodyParts('exemplars'),
    metadata: [],
  }
  #halves = halvesOf(this.#columns.values)

  decode(body: Uint8Array): WriteRequestColumns {
    const columns = this.#columns
    columns.seriesCount = 0
    columns.sampleCount = 0
    columns.histograms.count = 0
    columns.exemplars.count = 0
    columns.metadata.length = 0
    try {
      this.#request(protobuf.Reader.create(body))
    } catch (thrown) {
      // protobufjs throws three kinds of errors for what it cannot read.
      if (thrown instanceof NarthexError) throw thrown
      throw unreadable('write request', thrown)
    }
    return columns
  }

  #request(reader: Reader): void {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === tags.timeseries) this.#series(reader)
      else if (tag === tags.metadata) this.#metadata(reader)
      else skip(reader, tag, tags)
    }
  }

  #series(reader: Reader): void {
    const columns = this.#columns
    const series = columns.seriesCount
    if (series === limits.remoteWriteSeriesMax) throw tooMany('series', limits.remoteWriteSeriesMax)
    if (series === columns.labelStart.length) this.#growSeries()
    const end = endOf(reader)
    let labelStart = -1
    let labelEnd = -1
    while (reader.pos < end) {
      const start = reader.pos
      const tag = tagOf(reader)
      if (tag === seriesTags.label) {
        if (labelStart < 0) labelStart = start
        else if (labelEnd !== start) throw invalid('labels of a series do not stand together')
        labelEnd = endOf(reader)
        reader.pos = labelEnd
      } else if (tag === seriesTags.sample) this.#sample(reader, series)
      else if (tag === seriesTags.histogram) columns.histograms.add(reader, series)
      else if (tag === seriesTags.exemplar) columns.exemplars.add(reader, series)
      else skip(reader, tag, seriesTags)
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
    if (at === columns.series.length) this.#growSamples()
    const end = endOf(reader)
    columns.series[at] = series
    columns.timestampsMs[at] = 0
    columns.values[at] = 0
    if (this.#usualSample(reader, at, end)) return
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === sampleTags.value) {
        // The two halves of the double: as a number it might lose the bits of a stale marker.
        this.#halves[at * 2] = reader.fixed32()
        this.#halves[at * 2 + 1] = reader.fixed32()
      } else if (tag === sampleTags.timestamp) columns.timestampsMs[at] = int64(reader)
      else skip(reader, tag, sampleTags)
    }
    if (reader.pos !== end) throw invalid('a sample is longer than it says')
    columns.sampleCount++
  }

  /**
   * A sample as senders write it: the value, then a timestamp of six bytes, which is any of the
   * years 1971 to 2109. Answers false for every other form, with nothing read.
   */
  #usualSample(reader: Reader, at: number, end: number): boolean {
    const bytes = reader.buf
    const start = reader.pos
    if (end - start !== usualSampleBytes) return false
    if (bytes[start] !== sampleTags.value || bytes[start + 9] !== sampleTags.timestamp) return false
    const low = word(bytes, start + 10)
    const high = (bytes[start + 14] ?? 0) | ((bytes[start + 15] ?? 0) << 8)
    // The sixth byte, and no byte before it, is the last.
    if ((low & 0x80808080) !== (0x80808080 | 0) || (high & 0x8080) !== 0x80) return false
    this.#halves[at * 2] = word(bytes, start + 1)
    this.#halves[at * 2 + 1] = word(bytes, start + 5)
    this.#columns.timestampsMs[at] = sevens(low) + sevens(high) * 2 ** 28
    this.#columns.sampleCount++
    reader.pos = end
    return true
  }

  #growSeries(): void {
    const columns = this.#columns
    columns.labelStart = doubled(columns.labelStart)
    columns.labelEnd = doubled(columns.labelEnd)
  }

  #growSamples(): void {
    const columns = this.#columns
    const { timestampsMs, values } = columns
    columns.series = doubled(columns.series)
    columns.timestampsMs = new Float64Array(timestampsMs.length * 2)
    columns.timestampsMs.set(timestampsMs)
    columns.values = new Float64Array(values.length * 2)
    // From one Float64Array into another, bits stay as they are.
    columns.values.set(values)
    this.#halves = halvesOf(columns.values)
  }

  #metadata(reader: Reader): void {
    const { metadata } = this.#columns
    if (metadata.length === limits.metadataFamiliesMax) {
      throw tooMany('metadata entries', limits.metadataFamiliesMax)
    }
    const end = endOf(reader)
    const found = { type: 0, family: '', help: '', unit: '' }
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag === metadataTags.type) found.type = reader.uint32()
      else if (tag === metadataTags.family) found.family = looseUtf8.decode(reader.bytes())
      else if (tag === metadataTags.help) found.help = looseUtf8.decode(reader.bytes())
      else if (tag === metadataTags.unit) found.unit = looseUtf8.decode(reader.bytes())
      else skip(reader, tag, metadataTags)
    }
    if (reader.pos !== end) throw invalid('metadata is longer than it says')
    metadata.push(found)
  }
}

/**
 * Label pairs out of the range of a body that WriteRequestColumns names, in their own order;
 * undefined where one is not UTF-8. Throws BODY_INVALID.
 */
export function decodeLabels(
  body: Uint8Array,
  start: number,
  end: number,
): readonly (readonly [string, string])[] | undefined {
  const reader = protobuf.Reader.create(body.subarray(start, end))
  const texts: Uint8Array[] = []
  try {
    while (reader.pos < reader.len) {
      reader.uint32()
      texts.push(...labelTexts(reader))
    }
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw thrown
    throw unreadable('label', thrown)
  }
  const decoded = texts.map(strictText)
  const pairs: (readonly [string, string])[] = []
  for (let index = 0; index < decoded.length; index += 2) {
    const name = decoded[index]
    const value = decoded[index + 1]
    if (name === undefined || value === undefined) return undefined
    pairs.push([name, value])
  }
  return pairs
}

/** Name and value of the label that the reader stands at, whatever bytes they are. */
export function labelTexts(reader: Reader): readonly [name: Uint8Array, value: Uint8Array] {
  const end = endOf(reader)
  let name: Uint8Array = nothing
  let value: Uint8Array = nothing
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag === labelTags.name) name = reader.bytes()
    else if (tag === labelTags.value) value = reader.bytes()
    else skip(reader, tag, labelTags)
  }
  if (reader.pos !== end) throw invalid('a label is longer than it says')
  return [name, value]
}

/** Four bytes in little-endian order. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}

/** The 28 bits of a varint's four bytes. */
function sevens(four: number): number {
  return (
    (four & 0x7f) |
    ((four & 0x7f00) >>> 1) |
    ((four & 0x7f0000) >>> 2) |
    ((four & 0x7f000000) >>> 3)
  )
}

const nothing = new Uint8Array(0)
// A byte order mark is a character like others.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const looseUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

function strictText(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch (thrown) {
    if (thrown instanceof TypeError) return undefined
    throw thrown
  }
}
