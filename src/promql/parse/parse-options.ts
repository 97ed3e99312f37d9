/**
 * Parts of the language that are off unless a feature flag turns them on; duration expressions are
 * no experiment any more (row Q2.8).
 */
export interface ParseOptions {
  readonly experimentalFunctions: boolean
  readonly durationExpressions: boolean
  readonly extendedRangeSelectors: boolean
  readonly binopFillModifiers: boolean
}

export const defaultParseOptions: ParseOptions = {
  experimentalFunctions: false,
  durationExpressions: true,
  extendedRangeSelectors: false,
  binopFillModifiers: false,
}
