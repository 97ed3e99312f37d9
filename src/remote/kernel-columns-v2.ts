import type { WriteV2Kernel } from '../kernels/write-v2-kernel.ts'
import { BodyParts } from '../wire/body-parts.ts'
import type { WriteRequestV2Columns } from '../wire/write-request-v2.ts'

/** A body that the kernel read, until the next one. */
export interface KernelBodyV2 extends WriteRequestV2Columns {
  /** Where symbols, histograms and exemplars stand. */
  readonly bytes: Uint8Array
  /** Of each series its id, or unknownId. */
  readonly ids: Uint32Array
}

/** Version 2 bodies through the kernel, in the columns of those that are decoded without it. */
export class KernelColumnsV2 {
  readonly #kernel: WriteV2Kernel
  readonly #histograms = new BodyParts('histograms')
  readonly #exemplars = new BodyParts('exemplars')
  seen = { series: 0, predicted: 0 }

  constructor(kernel: WriteV2Kernel) {
    this.#kernel = kernel
  }

  /** Undefined for a body that is not the kernel's. */
  decode(body: Uint8Array): KernelBodyV2 | undefined {
    const kernel = this.#kernel
    const sampleCount = kernel.decode(body)
    this.seen = { series: 0, predicted: 0 }
    if (sampleCount < 0) return undefined
    this.seen = { series: kernel.seriesCount, predicted: kernel.predictedCount }
    const { columns } = kernel
    this.#histograms.show(columns.histograms, kernel.histogramCount)
    this.#exemplars.show(columns.exemplars, kernel.exemplarCount)
    return {
      ...columns,
      symbolCount: kernel.symbolCount,
      seriesCount: kernel.seriesCount,
      sampleCount,
      series: columns.sampleSeries,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
    }
  }

  /** A series of the body at hand has this id, and so whatever series has its symbols. */
  learn(series: number, id: number): void {
    this.#kernel.learn(series, id)
  }

  forget(): void {
    this.#kernel.clear()
  }
}
