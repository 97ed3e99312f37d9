import { deserialize, serialize } from 'node:v8'
import type { VectorAnswers } from './vector-answers.ts'

/**
 * Answers as one piece of memory: a thread that only hands them on moves it, and does not copy every text
 * of their labels twice.
 */
export function packedVectors(vectors: VectorAnswers): Uint8Array<ArrayBuffer> {
  return new Uint8Array(serialize(vectors))
}

export function unpackedVectors(packed: Uint8Array): VectorAnswers {
  return deserialize(packed)
}

/** The same answers without what is packed of them: their errors and statistics. */
export function withoutRows(vectors: VectorAnswers): VectorAnswers {
  const answers = vectors.answers.map((answer) =>
    typeof answer === 'number' ? 0 : { ...answer, rows: 0, labels: undefined, histograms: [] },
  )
  return { ...vectors, answers, values: new Float64Array(0) }
}
