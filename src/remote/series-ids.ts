import { limits } from '../base/limits.ts'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import { LabelTexts } from '../model/label-texts.ts'
import { Labels, metricNameLabel } from '../model/labels.ts'
import type { Appendable, Appender } from '../storage/appender.ts'
import { readPlainLabels } from '../wire/plain-labels.ts'
import { decodeLabels } from '../wire/write-request.ts'
import { notTaken } from './not-taken.ts'
import { SeriesTable, unknownSeries } from './series-table.ts'

/** A series whose labels upstream does not take. */
export const invalidLabels = 0xfffffffe

/** The ids of series that senders name by their labels, encoded as version 1 has them. */
export class SeriesIds {
  readonly #appendable: Appendable
  /** Senders repeat the labels of a series byte for byte. */
  readonly #known = new SeriesTable(limits.remoteWriteSeriesCacheMax)
  readonly #texts = new LabelTexts()
  readonly #invalid: Counter
  readonly #forget: () => void
  #epoch: number

  /** `forget` is called when ids are others than before. */
  constructor(appendable: Appendable, metrics: MetricsRegistry, forget: () => void) {
    this.#forget = forget
    this.#appendable = appendable
    this.#epoch = appendable.epoch
    this.#invalid = metrics.counter(
      'prometheus_api_remote_write_invalid_labels_samples_total',
      'Series of remote-write requests that were skipped for their labels.',
    )
  }

  /** Before the first series of a request. */
  begin(): void {
    const { epoch } = this.#appendable
    if (epoch === this.#epoch) return
    this.#epoch = epoch
    this.#known.clear()
    this.#forget()
  }

  /** Of samples, or of series, that were skipped. */
  countInvalid(count: number): void {
    this.#invalid.add(count)
  }

  /** As idToLearn answers it; kept for the next time. */
  idOf(
    bytes: Uint8Array,
    start: number,
    end: number,
    isFilled: boolean,
    appender: Appender,
  ): number {
    const known = this.#known.find(bytes, start, end)
    if (known !== unknownSeries) return known
    const id = this.idToLearn(bytes, start, end, isFilled, appender)
    if (id !== notTaken && id !== invalidLabels) this.#known.add(id)
    return id
  }

  /**
   * The id of the series whose labels are bytes[start .. end). One that brings nothing is not made:
   * notTaken where there is none. invalidLabels where it may not be.
   */
  idToLearn(
    bytes: Uint8Array,
    start: number,
    end: number,
    isFilled: boolean,
    appender: Appender,
  ): number {
    const texts = this.#texts
    if (isFilled && readPlainLabels(bytes, start, end, texts) && hasMetricName(texts)) {
      return appender.seriesOfTexts(texts)
    }
    const labels = validLabels(decodeLabels(bytes, start, end))
    if (labels === undefined) return invalidLabels
    return (isFilled ? appender.series(labels) : appender.find(labels)) ?? notTaken
  }
}

const metricNameBytes = Buffer.from(metricNameLabel)

function hasMetricName(texts: LabelTexts): boolean {
  for (let text = 0; text < texts.count; text += 2) {
    const [start, end] = [texts.start(text), texts.end(text)]
    if (end - start === metricNameBytes.length && startsWithName(texts.bytes, start)) return true
  }
  return false
}

function startsWithName(bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < metricNameBytes.length; index++) {
    if (bytes[start + index] !== metricNameBytes[index]) return false
  }
  return true
}

/** The label set, or undefined where upstream skips the series: no name, an empty one, or a label twice. */
function validLabels(
  pairs: readonly (readonly [string, string])[] | undefined,
): Labels | undefined {
  if (pairs === undefined) return undefined
  const names = new Set(pairs.map(([name]) => name))
  if (names.size !== pairs.length || names.has('')) return undefined
  const labels = Labels.of(pairs)
  return labels.has(metricNameLabel) ? labels : undefined
}
