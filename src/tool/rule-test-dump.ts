import { floatText, goG } from '../model/float-text.ts'
import { Labels } from '../model/labels.ts'
import { labelsText } from '../model/labels-text.ts'
import { type QueryHistogram, type QuerySeries, queryValue } from './query-value.ts'

/** The series of a query's answer, each with its samples in lines, as --debug prints them. */
export function dumpText(body: readonly Uint8Array[]): string {
  const { data }: { data: unknown } = JSON.parse(Buffer.concat(body).toString())
  const value = queryValue(data)
  if (value.type !== 'matrix') return ''
  return value.series
    .map((series) => ({ labels: Labels.of(series.labels), series }))
    .sort((a, b) => a.labels.compare(b.labels))
    .map(({ labels, series }) => `${labelsText(labels)} =>\n${pointTexts(series).join('\n')}`)
    .join('\n')
}

function pointTexts({ floats, histograms }: QuerySeries): readonly string[] {
  const at = (seconds: number) => `@[${Math.round(seconds * 1_000)}]`
  return [
    ...floats.map(({ seconds, value }) => `${floatText(value)} ${at(seconds)}`),
    ...histograms.map(({ seconds, value }) => `${histogramText(value)} ${at(seconds)}`),
  ]
}

function histogramText({ count, sum, buckets }: QueryHistogram): string {
  const texts = (buckets ?? []).map(({ boundaries, lower, upper, count: inside }) => {
    const open = boundaries === 1 || boundaries === 3 ? '[' : '('
    const close = boundaries === 0 || boundaries === 3 ? ']' : ')'
    return `${open}${goG(lower)},${goG(upper)}${close}:${goG(inside)}`
  })
  return `{${[`count:${goG(count)}`, `sum:${goG(sum)}`, ...texts].join(', ')}}`
}
