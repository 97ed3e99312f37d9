import type { WriteRequestColumns } from '../wire/write-request.ts'

/** A decoded body, until the next one is read. */
export interface WrittenBody {
  /** Where labels, histograms and exemplars stand. */
  readonly bytes: Uint8Array
  readonly columns: WriteRequestColumns
  /** Of each series its id, or unknownId until the caller puts one there. */
  readonly ids: Uint32Array
}

/** Columns for the appender. */
export interface WrittenRows {
  readonly ids: Uint32Array
  readonly timestampsMs: Float64Array
  readonly values: Float64Array
  readonly count: number
}

/** Decodes remote-write version 1 bodies and knows the ids of series that came before. */
export interface WrittenBodies {
  /** Known series. */
  readonly size: number
  /** Throws BODY_INVALID or BODY_TOO_LARGE. */
  read(plain: Uint8Array): WrittenBody
  /** A series of the body at hand has this id, and so whatever series has its labels. */
  learn(series: number, id: number): void
  /** Of the samples `from` to `to` of the body at hand those whose series' id is not notTaken. Throws BODY_INVALID. */
  rows(from: number, to: number): WrittenRows
  /** The same of all samples; may be where the body's columns were, which are not to be read again. */
  allRows(): WrittenRows
  /** Ids are others now. */
  forget(): void
}
