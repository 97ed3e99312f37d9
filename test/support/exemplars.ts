import {
  type Exemplar,
  encodeExemplarLabels,
  exemplarLabelPairs,
} from '../../src/model/exemplar.ts'
import type { SeriesExemplars } from '../../src/storage/exemplars.ts'

/** An exemplar with labels from a record; its source told the time unless said otherwise. */
export function exemplar(
  timestampMs: number,
  value: number,
  labels: Readonly<Record<string, string>> = {},
  hasTimestamp = true,
): Exemplar {
  const texts = Object.entries(labels).flat()
  const encoded = encodeExemplarLabels(texts.map((text) => Buffer.from(text)))
  return { labels: encoded, value, timestampMs, hasTimestamp }
}

/** `timestamp value labels`, for each exemplar of a series. */
export function exemplarTexts({ exemplars }: SeriesExemplars): readonly string[] {
  return exemplars.map(({ timestampMs, value, labels }) => {
    const pairs = exemplarLabelPairs(labels).map(([name, text]) => `${name}=${text}`)
    return [timestampMs, value, ...pairs].join(' ')
  })
}

/** Labels and exemplars of every series of an answer. */
export async function allTexts(
  answer: AsyncIterable<SeriesExemplars>,
): Promise<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  for await (const series of answer) {
    const labels = [...series.labels.entries()].map(([name, value]) => `${name}=${value}`)
    found[labels.join(' ')] = exemplarTexts(series)
  }
  return found
}
