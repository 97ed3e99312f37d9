import { NarthexError } from '../base/errors.ts'
import { Labels } from '../model/labels.ts'
import type { TargetGroup } from './discoverer.ts'
import { JsonReader, listOf } from './json-reader.ts'

/**
 * Target groups as HTTP discovery and JSON files bring them: targets and labels, nothing else (row
 * D1.3). Throws NarthexError BODY_INVALID with the place.
 */
export function readTargetGroups(json: unknown): readonly Omit<TargetGroup, 'source'>[] {
  return listOf(json, '').map((item, index) => {
    if (item === null) throw new NarthexError('BODY_INVALID', 'nil target group item found')
    return readTargetGroup(new JsonReader(item, `[${index}]`), `[${index}]`)
  })
}

function readTargetGroup(group: JsonReader, path: string): Omit<TargetGroup, 'source'> {
  // Go's decoder does not tell capitals from small letters in the names of fields.
  const keys = new Map(group.keys().map((key) => [key.toLowerCase(), key]))
  const unknown = [...keys].find(([name]) => name !== 'targets' && name !== 'labels')?.[1]
  if (unknown !== undefined) {
    throw new NarthexError('BODY_INVALID', `${path}: unknown field ${JSON.stringify(unknown)}`)
  }
  const labels = group.textMap(keys.get('labels') ?? 'labels')
  if (labels.some(([name]) => name === '')) {
    throw new NarthexError('BODY_INVALID', `${path}: "" is not a valid label name`)
  }
  return {
    targets: group
      .texts(keys.get('targets') ?? 'targets')
      .map((address) => Labels.of({ __address__: address })),
    labels: Labels.of(labels),
  }
}
