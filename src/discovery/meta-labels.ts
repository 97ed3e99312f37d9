import { sanitizeLabelName } from '../model/label-name-sanitizing.ts'

/** Labels of a target while they are gathered. */
export type LabelEntries = readonly (readonly [string, string])[]

/** A meta label for each pair, its name made a label's name behind the prefix. */
export function metaLabels(prefix: string, pairs: LabelEntries): LabelEntries {
  return pairs.map(([name, value]) => [prefix + sanitizeLabelName(name), value] as const)
}
