import type { BodyParts } from '../wire/body-parts.ts'

/** Of a request: samples and histograms, each in the order of their series. */
interface TurnColumns {
  readonly sampleCount: number
  readonly series: Uint32Array
  readonly histograms: BodyParts
}

/** Each answers why it was refused where that ends the request. */
interface Staging<Refused> {
  samples(from: number, to: number): Refused | undefined
  histogram(index: number): Refused | undefined
}

/**
 * Goes through what a request brings as upstream does: series by series, samples of each before its
 * histograms. Which comes first decides what is kept where two have one time, and what is told of.
 * Samples between which no histogram stands are handed on together.
 */
export class SeriesTurns {
  readonly #columns: TurnColumns
  #sample = 0
  #histogram = 0

  constructor(columns: TurnColumns) {
    this.#columns = columns
  }

  get isAtStart(): boolean {
    return this.#sample === 0 && this.#histogram === 0
  }

  /** Hands on what series before `end` bring and was not handed on yet, until something is refused. */
  upTo<Refused>(end: number, staging: Staging<Refused>): Refused | undefined {
    const { histograms } = this.#columns
    while (this.#histogram < histograms.count) {
      const series = histograms.series[this.#histogram] ?? 0
      if (series >= end) break
      const refused = this.#samplesUpTo(series + 1, staging) ?? staging.histogram(this.#histogram++)
      if (refused !== undefined) return refused
    }
    return this.#samplesUpTo(end, staging)
  }

  #samplesUpTo<Refused>(end: number, staging: Staging<Refused>): Refused | undefined {
    const { series, sampleCount } = this.#columns
    const from = this.#sample
    const isAll = from < sampleCount && (series[sampleCount - 1] ?? 0) < end
    let to = isAll ? sampleCount : from
    while (to < sampleCount && (series[to] ?? 0) < end) to++
    this.#sample = to
    return to === from ? undefined : staging.samples(from, to)
  }
}
