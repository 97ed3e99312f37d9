/** Parts of the language that are off unless a feature flag turns them on. */
export interface ParseOptions {
  readonly experimentalFunctions: boolean
  readonly durationExpressions: boolean
  readonly extendedRangeSelectors: boolean
  readonly binopFillModifiers: boolean
}

export const defaultParseOptions: ParseOptions = {
  experimentalFunctions: false,
  durationExpressions: false,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
}
