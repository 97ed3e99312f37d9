import { NarthexError } from '../../base/errors.ts'
import { limits } from '../../base/limits.ts'
import type { LabelTexts } from '../../model/label-texts.ts'
import type { Labels } from '../../model/labels.ts'

/**
 * Throws LIMIT_EXCEEDED for a label set beyond what the head's segments and a record of the log can
 * hold, which is far above what anybody has.
 */
export function demandLabelsFit(labels: Labels): void {
  demandCount(labels.size)
  let units = 0
  for (let index = 0; index < labels.size; index++)
    units += labels.nameAt(index).length + labels.valueAt(index).length
  demandUnits(units)
}

/** The same of texts. */
export function demandTextsFit(texts: LabelTexts): void {
  demandCount(texts.count / 2)
  let bytes = 0
  for (let text = 0; text < texts.count; text++) bytes += texts.end(text) - texts.start(text)
  // No text has more units than bytes.
  if (bytes > limits.headSeriesTextUnitsMax) demandUnits(texts.units())
}

function demandCount(labels: number): void {
  const most = limits.headSeriesLabelsMax
  if (labels <= most) return
  throw new NarthexError('LIMIT_EXCEEDED', `a series of ${labels} labels, limit ${most}`)
}

function demandUnits(units: number): void {
  const most = limits.headSeriesTextUnitsMax
  if (units <= most) return
  const words = `a series with ${units} UTF-16 units of labels, limit ${most}`
  throw new NarthexError('LIMIT_EXCEEDED', words)
}
