import { limits } from '../base/limits.ts'
import type { Counter, MetricsRegistry } from '../base/self-metrics.ts'
import { LabelTexts } from '../model/label-texts.ts'
import { Labels, metricNameLabel } from '../model/labels.ts'
import { type Appendable, type Appender, unmadeSeries } from '../storage/appender.ts'
import { readPlainLabels } from '../wire/plain-labels.ts'
import { decodeLabels } from '../wire/write-request.ts'
import { notTaken } from './not-taken.ts'
import { SeriesTable } from './series-table.ts'

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

  /** The series of bytes[start .. end) by what is kept; unknownSeries where idToLearn is to be asked. */
  known(bytes: Uint8Array, start: number, end: number): number {
    return this.#known.find(bytes, start, end)
  }

  /** Keeps what idToLearn answered of the series that known() did not know. */
  learn(id: number): void {
    if (isSeries(id)) this.#known.add(id)
  }

  /**
   * The id of the series whose labels are bytes[start .. end), which is made where `unmade` is
   * undefined; else that is answered where there is none. invalidLabels where it may not be.
   */
  idToLearn(
    bytes: Uint8Array,
    start: number,
    end: number,
    unmade: number | undefined,
    appender: Appender,
  ): number {
    const texts = this.#texts
    if (unmade === undefined && readPlainLabels(bytes, start, end, texts) && hasMetricName(texts)) {
      return appender.seriesOfTexts(texts)
    }
    const labels = validLabels(decodeLabels(bytes, start, end))
    if (labels === undefined) return invalidLabels
    return unmade === undefined ? appender.series(labels) : (appender.find(labels) ?? unmade)
  }
}

/** Whether what idToLearn answered is the id of a series that is there. */
export function isSeries(id: number): boolean {
  return id !== notTaken && id !== unmadeSeries && id !== invalidLabels
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
