import type { WriteV2Kernel, WriteV2KernelColumns } from '../kernels/write-v2-kernel.ts'
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
  /** Views of the kernel's memory, which are others once it grew. */
  #shown: WriteV2KernelColumns
  #body: KernelBodyV2
  seen = { series: 0, predicted: 0 }

  constructor(kernel: WriteV2Kernel) {
    this.#kernel = kernel
    this.#shown = kernel.columns
    this.#body = this.#show(this.#shown)
  }

  /** Undefined for a body that is not the kernel's. */
  decode(plain: Uint8Array): KernelBodyV2 | undefined {
    const kernel = this.#kernel
    const sampleCount = kernel.decode(plain)
    this.seen = { series: 0, predicted: 0 }
    if (sampleCount < 0) return undefined
    this.seen = { series: kernel.seriesCount, predicted: kernel.predictedCount }
    const { columns } = kernel
    if (columns !== this.#shown) {
      this.#shown = columns
      this.#body = this.#show(columns)
    }
    this.#histograms.show(columns.histograms, kernel.histogramCount)
    this.#exemplars.show(columns.exemplars, kernel.exemplarCount)
    const body = this.#body
    body.symbolCount = kernel.symbolCount
    body.seriesCount = kernel.seriesCount
    body.sampleCount = sampleCount
    return body
  }

  /** A series of the body at hand has this id, and so whatever series has its symbols. */
  learn(series: number, id: number): void {
    this.#kernel.learn(series, id)
  }

  forget(): void {
    this.#kernel.clear()
  }

  /** Named one by one: what is spread has a shape of its own each time, and readers are compiled anew for it. */
  #show(columns: WriteV2KernelColumns): KernelBodyV2 {
    return {
      bytes: columns.bytes,
      ids: columns.ids,
      symbolCount: 0,
      symbolStart: columns.symbolStart,
      symbolEnd: columns.symbolEnd,
      seriesCount: 0,
      refStart: columns.refStart,
      refs: columns.refs,
      metadataType: columns.metadataType,
      helpRef: columns.helpRef,
      unitRef: columns.unitRef,
      sampleCount: 0,
      series: columns.sampleSeries,
      timestampsMs: columns.timestampsMs,
      startsMs: columns.startsMs,
      values: columns.values,
      histograms: this.#histograms,
      exemplars: this.#exemplars,
    }
  }
}
