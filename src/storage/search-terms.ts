/** What names or values are searched for, and how (row A3.2). */
export interface SearchTerms {
  /** Any of them; '' says nothing. */
  readonly terms: readonly string[]
  readonly algorithm: FuzzyAlgorithm
  /** The least score of what is found, from 0 to 1. */
  readonly threshold: number
  readonly isCaseSensitive: boolean
}

export const fuzzyAlgorithms = ['subsequence', 'jarowinkler'] as const

export type FuzzyAlgorithm = (typeof fuzzyAlgorithms)[number]

/** One line of an answer before its end, as clients read it. */
export interface SearchBatch {
  readonly results: readonly SearchResult[]
  readonly warnings?: readonly string[]
}

/** Named by what was searched. */
export interface SearchResult {
  readonly name?: string
  readonly value?: string
  readonly score?: number
  readonly type?: string
  readonly help?: string
  readonly unit?: string
}
