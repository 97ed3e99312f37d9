import { limits } from '../../base/limits.ts'
import type { NativeHistogram } from '../../model/histogram.ts'
import { faultOfHistogram } from '../../model/histogram-validity.ts'
import { type RefusalCode, refusal } from '../../storage/appender.ts'

/** Why a histogram is refused at any time, 0 where it is not. */
export function refusalOfHistogram(histogram: NativeHistogram): RefusalCode | 0 {
  if (partsOf(histogram) > limits.histogramPartsMax) return refusal.histogramTooLarge
  return faultOfHistogram(histogram) === undefined ? 0 : refusal.invalidHistogram
}

/** What limits.histogramPartsMax bounds. */
export function partsOf(histogram: NativeHistogram): number {
  return (
    histogram.positiveBucketCount +
    histogram.negativeBucketCount +
    histogram.positiveSpanCount +
    histogram.negativeSpanCount +
    histogram.customBoundCount
  )
}
