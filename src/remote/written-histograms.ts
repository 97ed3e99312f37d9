import { NarthexError } from '../base/errors.ts'
import { limits } from '../base/limits.ts'
import { NativeHistogram, schemaMax, schemaMaxReserved } from '../model/histogram.ts'
import { faultOfHistogram } from '../model/histogram-validity.ts'
import { reduceResolution } from '../model/resolution-fold.ts'
import { seriesId, timestampMsMax } from '../model/samples.ts'
import { type Appender, type RefusalCode, refusal } from '../storage/appender.ts'
import { refusalTexts } from '../storage/refusal-texts.ts'
import type { BodyParts } from '../wire/body-parts.ts'
import { WrittenHistogramDecoder } from '../wire/written-histogram.ts'
import { notTaken } from './not-taken.ts'

interface HistogramRefusal {
  /** Why, in words. */
  readonly text: string
  readonly timestampMs: number
}

/** Appends the native histograms of remote-write requests; keep one and use it again. */
export class WrittenHistograms {
  readonly #decoder = new WrittenHistogramDecoder()
  readonly #histogram = new NativeHistogram()

  /** Stages one of a request of version 1, whose series have these ids. Throws BODY_INVALID. */
  append(
    body: Uint8Array,
    histograms: BodyParts,
    index: number,
    ids: Uint32Array,
    appender: Appender,
  ): HistogramRefusal | undefined {
    const id = ids[histograms.series[index] ?? 0] ?? notTaken
    if (id === notTaken) return undefined
    const [start, end] = [histograms.start[index] ?? 0, histograms.end[index] ?? 0]
    const text = this.appendOne(body, start, end, id, appender)
    return text === undefined ? undefined : { text, timestampMs: this.#decoder.timestampMs }
  }

  /** See Appender.refusalOfFirst. */
  refusalOfFirst(
    body: Uint8Array,
    { start, end }: Pick<BodyParts, 'start' | 'end'>,
    part: number,
    appender: Appender,
  ): RefusalCode | 0 {
    const timestampMs = this.#read(body, start[part] ?? 0, end[part] ?? 0)
    return appender.refusalOfFirst(timestampMs, this.#histogram)
  }

  /** Stages the histogram that stands there, of either version; answers why it was refused. */
  appendOne(
    body: Uint8Array,
    start: number,
    end: number,
    id: number,
    appender: Appender,
  ): string | undefined {
    const histogram = this.#histogram
    const timestampMs = this.#read(body, start, end)
    if (Math.abs(timestampMs) > timestampMsMax) return outOfTime(timestampMs).message
    const { startMs } = this.#decoder
    const code = appender.appendHistogram(seriesId(id), timestampMs, histogram, startMs)
    return code === 0 ? undefined : textOf(code, histogram)
  }

  /** Answers its time. */
  #read(body: Uint8Array, start: number, end: number): number {
    const histogram = this.#histogram
    const timestampMs = this.#decoder.decode(body, start, end, histogram)
    if (histogram.schema > schemaMax && histogram.schema <= schemaMaxReserved) coarsen(histogram)
    return timestampMs
  }
}

/** To the finest schema that is stored, as upstream does; what does not hold is left to validation. */
function coarsen(histogram: NativeHistogram): void {
  const { schema } = histogram
  histogram.schema = schemaMax
  const holds = faultOfHistogram(histogram) === undefined
  histogram.schema = schema
  if (holds) reduceResolution(histogram, schemaMax)
}

function textOf(code: RefusalCode, histogram: NativeHistogram): string {
  if (code === refusal.histogramTooLarge) {
    return `more than ${limits.histogramPartsMax} buckets, spans and bounds`
  }
  if (code !== refusal.invalidHistogram) return refusalTexts[code] ?? 'refused'
  return faultOfHistogram(histogram)?.message ?? 'invalid histogram'
}

/** Beyond what is exact, and where JavaScript has dates. */
export function outOfTime(timestampMs: number): NarthexError {
  const words = `out of bounds: timestamp ${timestampMs} ms, limit ${timestampMsMax} ms`
  return new NarthexError('BODY_INVALID', words)
}
