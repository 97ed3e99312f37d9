import type { MetricType } from '../storage/metadata.ts'

/**
 * Label pairs of a series with __type__ and __unit__ made from its metadata; what a page says of
 * these labels itself is passed over (row S3.5, upstream's schema package).
 */
export function withMetadataLabels(
  pairs: readonly string[],
  type: MetricType,
  unit: string,
): readonly string[] {
  const made = ['__name__', pairs[1] ?? '']
  if (type !== 'unknown') made.push('__type__', type)
  if (unit !== '') made.push('__unit__', unit)
  const names = made.filter((_, index) => index % 2 === 0)
  for (let index = 2; index < pairs.length; index += 2) {
    const label = pairs[index] ?? ''
    if (!names.includes(label)) made.push(label, pairs[index + 1] ?? '')
  }
  return made
}
