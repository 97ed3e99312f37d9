import { makesSeries, type RefusalCode } from '../storage/appender.ts'
import type { BodyParts } from '../wire/body-parts.ts'

/** Of a request: samples and histograms, each in the order of their series. */
interface SampleColumns {
  readonly sampleCount: number
  readonly series: Uint32Array
  readonly timestampsMs: Float64Array
  readonly histograms: BodyParts
}

/** How what stands at a row would fare as the first of a series; see Appender.refusalOfFirst. */
interface FirstCodes {
  sample(row: number): RefusalCode | 0
  histogram(row: number): RefusalCode | 0
}

/** What each series of a request brings, samples before histograms; asked for by ascending series. */
export class BroughtSamples {
  readonly #columns: SampleColumns
  readonly #codes: FirstCodes
  #sample = 0
  #histogram = 0
  #sampleEnd = 0
  #histogramEnd = 0

  constructor(columns: SampleColumns, codes: FirstCodes) {
    this.#columns = columns
    this.#codes = codes
  }

  /** How much a series brings; what is asked next is of this one. */
  seek(series: number): number {
    const { series: samples, sampleCount, histograms } = this.#columns
    this.#sample = rowOf(samples, series, this.#sampleEnd, sampleCount)
    this.#sampleEnd = rowOf(samples, series + 1, this.#sample, sampleCount)
    this.#histogram = rowOf(histograms.series, series, this.#histogramEnd, histograms.count)
    this.#histogramEnd = rowOf(histograms.series, series + 1, this.#histogram, histograms.count)
    return this.#sampleEnd - this.#sample + this.#histogramEnd - this.#histogram
  }

  /** Whether there is a first, and it is one that a series is made for. */
  get firstMakesSeries(): boolean {
    if (this.#sample < this.#sampleEnd) return makesSeries(this.#codes.sample(this.#sample))
    const hasFirst = this.#histogram < this.#histogramEnd
    return hasFirst && makesSeries(this.#codes.histogram(this.#histogram))
  }

  get anyMakesSeries(): boolean {
    return this.#some(makesSeries)
  }

  get anyIsRefused(): boolean {
    return this.#some((code) => code !== 0)
  }

  #some(test: (code: RefusalCode | 0) => boolean): boolean {
    const { sample, histogram } = this.#codes
    for (let row = this.#sample; row < this.#sampleEnd; row++) {
      if (test(sample(row))) return true
    }
    for (let row = this.#histogram; row < this.#histogramEnd; row++) {
      if (test(histogram(row))) return true
    }
    return false
  }
}

/** The first row from `from` on that is of this series or a later one. */
function rowOf(rows: Uint32Array, series: number, from: number, count: number): number {
  let row = from
  while (row < count && (rows[row] ?? 0) < series) row++
  return row
}
