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
  const unknown = group.keys().find((key) => key !== 'targets' && key !== 'labels')
  if (unknown !== undefined) {
    throw new NarthexError('BODY_INVALID', `${path}: unknown field ${JSON.stringify(unknown)}`)
  }
  return {
    targets: group.texts('targets').map((address) => Labels.of({ __address__: address })),
    labels: group.has('labels') ? Labels.of(group.textMap('labels')) : Labels.empty,
  }
}
