import protobuf from 'protobufjs/minimal.js'
import { labelsOf } from './storage-data.ts'

/** What the bodies of the write bench have in them. */
export interface SentShape {
  readonly message: 1 | 2
  readonly seriesPerBody: number
  /** One series of so many has an exemplar; 0 for none. */
  readonly exemplarOf: number
}

/**
 * One body as it is sent over and over: every series with one sample, whose value and time are put
 * in place for each sending, since doubles and times of these years are of one length.
 */
export interface BodyTemplate {
  /** What stands before the series: the symbols of version 2. */
  readonly head: Uint8Array
  /** The series one after the other. */
  readonly series: Uint8Array
  /** Where each begins, and where the last one ends. */
  readonly starts: Uint32Array
  /** Where values stand, those of series i from placeStarts[i] on. */
  readonly places: Uint32Array
  readonly placeStarts: Uint32Array
}

/** A time of these years, whose places are found again by its bytes. */
export const placeholderMs = 1_700_000_000_000
/** Has no byte in common with what stands around it. */
const placeholderValue = -7.123456789e-300
const placeholder = Buffer.alloc(8)
placeholder.writeDoubleLE(placeholderValue)
const placeholderTime = timeBytes(placeholderMs)

export function templateOf(shape: SentShape, first: number, end: number): BodyTemplate {
  const symbols = new Map<string, number>([['', 0]])
  const series = protobuf.Writer.create()
  const starts = new Uint32Array(end - first + 1)
  for (let index = first; index < end; index++) {
    starts[index - first] = series.len
    const hasExemplar = shape.exemplarOf > 0 && index % shape.exemplarOf === 0
    if (shape.message === 1) putSeries(series, index, hasExemplar)
    else putSeriesV2(series, index, hasExemplar, symbols)
  }
  starts[end - first] = series.len
  const head = protobuf.Writer.create()
  if (shape.message === 2) for (const symbol of symbols.keys()) head.uint32(34).string(symbol)
  const bytes = series.finish()
  return { head: head.finish(), series: bytes, starts, ...placesOf(bytes, starts) }
}

function placesOf(series: Uint8Array, starts: Uint32Array) {
  const bytes = Buffer.from(series.buffer, series.byteOffset, series.length)
  const places: number[] = []
  const placeStarts = new Uint32Array(starts.length)
  let index = 0
  for (let at = bytes.indexOf(placeholder); at >= 0; at = bytes.indexOf(placeholder, at + 8)) {
    while (index < starts.length && (starts[index] ?? 0) <= at) placeStarts[index++] = places.length
    places.push(at)
  }
  placeStarts.fill(places.length, index)
  return { places: Uint32Array.from(places), placeStarts }
}

function putSeries(writer: protobuf.Writer, index: number, hasExemplar: boolean): void {
  writer.uint32(10).fork()
  for (const label of labelsOf(index)) putLabel(writer, label)
  putSample(writer)
  if (hasExemplar) {
    writer.uint32(26).fork()
    putLabel(writer, traceOf(index))
    writer.uint32(17).double(placeholderValue).uint32(24).int64(placeholderMs).ldelim()
  }
  writer.ldelim()
}

/** Of version 2, where every series says its type too, as its senders do. */
function putSeriesV2(
  writer: protobuf.Writer,
  index: number,
  hasExemplar: boolean,
  symbols: Map<string, number>,
): void {
  const refs = (texts: readonly string[]) => {
    for (const text of texts) {
      const ref = symbols.get(text) ?? symbols.size
      symbols.set(text, ref)
      writer.uint32(ref)
    }
  }
  writer.uint32(42).fork().uint32(10).fork()
  refs(labelsOf(index).flat())
  writer.ldelim()
  putSample(writer)
  if (hasExemplar) {
    writer.uint32(34).fork().uint32(10).fork()
    refs(traceOf(index))
    writer.ldelim().uint32(17).double(placeholderValue)
    writer.uint32(24).int64(placeholderMs).ldelim()
  }
  writer.uint32(42).fork().uint32(8).uint32(1).ldelim().ldelim()
}

function traceOf(index: number): readonly [string, string] {
  return ['trace_id', index.toString(16).padStart(32, 'a')]
}

function putLabel(writer: protobuf.Writer, [name, value]: readonly [string, string]): void {
  writer.uint32(10).fork().uint32(10).string(name).uint32(18).string(value).ldelim()
}

function putSample(writer: protobuf.Writer): void {
  writer.uint32(18).fork().uint32(9).double(placeholderValue)
  writer.uint32(16).int64(placeholderMs).ldelim()
}

/**
 * The body with the series in that order, and in each the value that `nextOf` answers at `timestampMs`; its
 * exemplar has them too.
 */
export function filledBody(
  template: BodyTemplate,
  order: Uint32Array,
  timestampMs: number,
  nextOf: (series: number) => number,
): Buffer {
  const { head, series, starts, places, placeStarts } = template
  const body = Buffer.allocUnsafe(head.length + series.length)
  body.set(head)
  let at = head.length
  const time = timeBytes(timestampMs)
  for (const index of order) {
    const one = series.subarray(starts[index], starts[index + 1])
    body.set(one, at)
    const value = nextOf(index)
    for (let found = placeStarts[index] ?? 0; found < (placeStarts[index + 1] ?? 0); found++) {
      const place = at + (places[found] ?? 0) - (starts[index] ?? 0)
      body.writeDoubleLE(value, place)
      // The time stands behind the value, with its tag between them.
      body.set(time, place + 9)
    }
    at += one.length
  }
  return body
}

/** A varint of six bytes. */
function timeBytes(timestampMs: number): Uint8Array {
  return protobuf.Writer.create().int64(timestampMs).finish()
}

/** Throws where a time would need another number of bytes than the placeholder. */
export function demandPlaceable(timestampMs: number): void {
  if (timeBytes(timestampMs).length !== placeholderTime.length) {
    throw new Error(`the time ${timestampMs} does not fit in the bodies`)
  }
}
