import { goJson } from '../../model/go-json.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { bytesOf, bytesType } from '../template-bytes.ts'
import { GoLocation } from '../template-location.ts'
import { formatTime, wallTime } from '../template-time.ts'
import {
  GoDuration,
  GoError,
  GoInteger,
  GoList,
  GoMap,
  GoRecord,
  GoTime,
  type GoValue,
  SafeHtml,
  typeName,
} from '../template-values.ts'

/** What JSON has no form for, in the words of Go's encoder. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
}

/** The JSON that Go's encoder makes of a value; throws JsonFault. */
export function goJsonOf(value: GoValue): string {
  switch (typeof value) {
    case 'undefined':
      return 'null'
    case 'boolean':
    case 'string':
      return goJson(value)
    case 'number':
      return numberText(value)
    case 'bigint':
      return String(value)
  }
  if (value instanceof GoInteger) return String(value.value)
  if (value instanceof GoMap) return objectText(value.sorted())
  if (value instanceof GoList && value.type === bytesType) {
    return `"${bytesOf(value).toString('base64')}"`
  }
  if (value instanceof GoList) return `[${value.items.map(goJsonOf).join(',')}]`
  if (value instanceof GoRecord) return objectText([...value.fields])
  if (value instanceof GoTime) return timeText(value)
  if (value instanceof GoDuration) return String(value.nanoseconds)
  if (value instanceof GoError && value.message === undefined) return 'null'
  // Nothing of them is exported.
  if (value instanceof GoLocation || value instanceof GoError) return '{}'
  if (value instanceof SafeHtml) return goJson(value.text)
  return histogramText(value.histogram)
}

function objectText(fields: readonly (readonly [string, GoValue])[]): string {
  return `{${fields.map(([name, value]) => `${goJson(name)}:${goJsonOf(value)}`).join(',')}}`
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  const shown = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
  throw new JsonFault(`json: unsupported value: ${shown}`)
}

function timeText(time: GoTime): string {
  const year = wallTime(time).date.getUTCFullYear()
  if (year < 0 || year > 9999) {
    const words = 'Time.MarshalJSON: year outside of range [0,9999]'
    throw new JsonFault(`json: error calling MarshalJSON for type ${typeName(time)}: ${words}`)
  }
  return `"${formatTime(time, '2006-01-02T15:04:05.999999999Z07:00')}"`
}

/** Its fields in Go. */
function histogramText(histogram: NativeHistogram): string {
  const numbers = (values: Float64Array, length: number) =>
    listText(Array.from(values.subarray(0, length), numberText))
  const spans = (pairs: Int32Array, length: number) =>
    listText(
      Array.from(
        { length },
        (_, at) => `{"Offset":${pairs[at * 2]},"Length":${pairs[at * 2 + 1]}}`,
      ),
    )
  const fields = {
    CounterResetHint: String(histogram.hint),
    Schema: String(histogram.schema),
    ZeroThreshold: numberText(histogram.zeroThreshold),
    ZeroCount: numberText(histogram.zeroCount),
    Count: numberText(histogram.count),
    Sum: numberText(histogram.sum[0] ?? 0),
    PositiveSpans: spans(histogram.positiveSpans, histogram.positiveSpanCount),
    NegativeSpans: spans(histogram.negativeSpans, histogram.negativeSpanCount),
    PositiveBuckets: numbers(histogram.positiveBuckets, histogram.positiveBucketCount),
    NegativeBuckets: numbers(histogram.negativeBuckets, histogram.negativeBucketCount),
    CustomValues: numbers(histogram.customBounds, histogram.customBoundCount),
  }
  const pairs = Object.entries(fields).map(([name, text]) => `"${name}":${text}`)
  return `{${pairs.join(',')}}`
}

function listText(items: readonly string[]): string {
  return items.length === 0 ? 'null' : `[${items.join(',')}]`
}
