import { NarthexError } from '../base/errors.ts'
import { Labels } from '../model/labels.ts'
import type { TargetGroup } from './discoverer.ts'
import { JsonReader } from './json-reader.ts'

/**
 * A target group as HTTP discovery brings it: targets and labels, nothing else (row D1.3). Throws
 * NarthexError BODY_INVALID with the place.
 */
export function readTargetGroup(item: unknown, path: string): Omit<TargetGroup, 'source'> {
  const group = new JsonReader(item, path)
  const unknown = group.keys().find((key) => key !== 'targets' && key !== 'labels')
  if (unknown !== undefined) {
    throw new NarthexError('BODY_INVALID', `${path}: unknown field ${JSON.stringify(unknown)}`)
  }
  return {
    targets: group.texts('targets').map((address) => Labels.of({ __address__: address })),
    labels: Labels.of(new Map(group.textMap('labels'))),
  }
}
