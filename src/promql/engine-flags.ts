import { defaultParseOptions, type ParseOptions } from './parse/parse-options.ts'

/** What --enable-feature says about queries (rows F2.4, F2.5, F2.8, F2.14, F2.16, F2.20, F2.21). */
export interface EngineFlags {
  readonly perStepStatistics: boolean
  readonly delayedNameRemoval: boolean
  readonly typeAndUnitLabels: boolean
  readonly useStartTimestamps: boolean
  /** No flag of the server turns these off: the library and tests of rules do. */
  readonly atModifier: boolean
  readonly negativeOffset: boolean
  readonly language: ParseOptions
}

export const defaultEngineFlags: EngineFlags = {
  perStepStatistics: false,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  atModifier: true,
  negativeOffset: true,
  language: defaultParseOptions,
}

/** `isOn` tells of a name that --enable-feature may list. */
export function engineFlags(isOn: (feature: string) => boolean): EngineFlags {
  return {
    ...defaultEngineFlags,
    perStepStatistics: isOn('promql-per-step-stats'),
    delayedNameRemoval: isOn('promql-delayed-name-removal'),
    typeAndUnitLabels: isOn('type-and-unit-labels'),
    useStartTimestamps: isOn('use-start-timestamps'),
    language: {
      ...defaultParseOptions,
      experimentalFunctions: isOn('promql-experimental-functions'),
      extendedRangeSelectors: isOn('promql-extended-range-selectors'),
      binopFillModifiers: isOn('promql-binop-fill-modifiers'),
    },
  }
}
