import type { TemplateFunction } from './template-function.ts'
import { histogramMethod } from './template-histogram.ts'
import { GoLocation } from './template-location.ts'
import { parameterMethod, urlValuesType } from './template-parameters.ts'
import { monthName, weekdayName } from './template-time.ts'
import { durationMethod, timeMethod } from './template-time-methods.ts'
import {
  GoDuration,
  GoHistogram,
  GoInteger,
  GoMap,
  GoTime,
  type GoValue,
} from './template-values.ts'

/** The method of that name that Go's type of the value has; those that templates use. */
export function methodOf(value: GoValue, name: string): TemplateFunction | undefined {
  if (value instanceof GoTime) return timeMethod(value, name)
  if (value instanceof GoDuration) return durationMethod(value, name)
  if (value instanceof GoLocation) return name === 'String' ? without(() => value.name) : undefined
  if (value instanceof GoInteger) return integerMethod(value, name)
  if (value instanceof GoHistogram) return histogramMethod(value, name)
  if (value instanceof GoMap && value.type === urlValuesType) return parameterMethod(value, name)
  return undefined
}

function integerMethod({ type, value }: GoInteger, name: string): TemplateFunction | undefined {
  if (name !== 'String') return undefined
  if (type === 'time.Month') return without(() => monthName(Number(value)))
  return type === 'time.Weekday' ? without(() => weekdayName(Number(value))) : undefined
}

function without(call: () => GoValue): TemplateFunction {
  return { parameters: [], call }
}
