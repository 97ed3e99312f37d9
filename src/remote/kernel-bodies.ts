import type { WriteKernel } from '../kernels/write-kernel.ts'
import { BodyParts } from '../wire/body-parts.ts'
import { type WriteRequestColumns, WriteRequestDecoder } from '../wire/write-request.ts'
import { notTaken } from './not-taken.ts'
import { RowColumns } from './plain-bodies.ts'
import type { WrittenBodies, WrittenBody, WrittenRows } from './written-bodies.ts'

/**
 * Bodies through the kernel. What it does not decode, since a body has metadata
 * or unusual samples, or is wrong, is decoded in TypeScript; series are found by it still.
 */
export class KernelBodies implements WrittenBodies {
  readonly #kernel: WriteKernel
  readonly #decoder = new WriteRequestDecoder()
  readonly #rows = new RowColumns()
  readonly #histograms = new BodyParts('histograms')
  readonly #exemplars = new BodyParts('exemplars')
  /** Told how many series came, and how many of them where they were expected. */
  readonly #seen: (series: number, predicted: number) => void
  #body: WrittenBody | undefined
  /** The columns of a body that the kernel did not decode. */
  #unusual: WriteRequestColumns | undefined
  #samples = 0

  constructor(kernel: WriteKernel, seen: (series: number, predicted: number) => void) {
    this.#kernel = kernel
    this.#seen = seen
  }

  get size(): number {
    return this.#kernel.size
  }

  read(plain: Uint8Array): WrittenBody {
    const kernel = this.#kernel
    const samples = kernel.decode(plain)
    this.#samples = samples
    this.#unusual = samples < 0 ? this.#decoder.decode(plain) : undefined
    const unusual = this.#unusual
    if (unusual !== undefined) {
      kernel.findAll(unusual.labelStart, unusual.labelEnd, unusual.seriesCount)
    }
    this.#seen(kernel.seriesCount, kernel.predictedCount)
    const { bytes, ids, labelStart, labelEnd, sampleSeries, timestampsMs, values } = kernel.columns
    if (unusual !== undefined) {
      this.#body = { bytes: plain, columns: unusual, ids }
      return this.#body
    }
    this.#histograms.show(kernel.columns.histograms, kernel.histogramCount)
    this.#exemplars.show(kernel.columns.exemplars, kernel.exemplarCount)
    const columns = {
      seriesCount: kernel.seriesCount,
      labelStart,
      labelEnd,
      sampleCount: samples,
      series: sampleSeries,
      timestampsMs,
      values,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
      metadata: [],
    }
    this.#body = { bytes, columns, ids }
    return this.#body
  }

  learn(series: number, id: number): void {
    this.#kernel.columns.ids[series] = id
    this.#kernel.add(series, id)
  }

  rows(from: number, to: number): WrittenRows {
    if (this.#body !== undefined) {
      this.#rows.gather(this.#body.columns, this.#body.ids, from, to)
    }
    return this.#rows
  }

  allRows(): WrittenRows {
    if (this.#unusual !== undefined) return this.rows(0, this.#unusual.sampleCount)
    const { sampleSeries, timestampsMs, values } = this.#kernel.columns
    const count = this.#kernel.gather(this.#samples, notTaken)
    return { ids: sampleSeries, timestampsMs, values, count }
  }

  forget(): void {
    this.#kernel.clear()
  }
}
