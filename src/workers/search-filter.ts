import { codePointCount, lowerCase } from '../model/code-points.ts'
import { JaroWinkler } from '../model/jaro-winkler.ts'
import { SubsequenceScore } from '../model/subsequence-score.ts'
import type { SearchTerms } from '../storage/search-terms.ts'

/** The score of a value from 0 to 1, undefined where it is none of those searched. */
export type SearchFilter = (value: string) => number | undefined

/** What meets any of the terms, with its best score; undefined where there is no term (row A3.2). */
export function searchFilter(search: SearchTerms): SearchFilter | undefined {
  const terms = search.terms
    .filter((term) => term !== '')
    .map((term) => (search.isCaseSensitive ? term : lowerCase(term)))
  if (terms.length === 0) return undefined
  const filters = terms.map((term) => termFilter(term, search))
  return (value) => {
    const text = search.isCaseSensitive ? value : lowerCase(value)
    let best: number | undefined
    for (const filter of filters) {
      const score = filter(text)
      if (score !== undefined) best = Math.max(best ?? 0, score)
      if (best === 1) break
    }
    return best
  }
}

function termFilter(term: string, { algorithm, threshold }: SearchTerms): SearchFilter {
  if (algorithm === 'jarowinkler') {
    if (threshold === 0) return (value) => substringScore(value, term)
    const similarity = new JaroWinkler(term)
    return (value) => {
      const score = substringScore(value, term)
      if (score !== undefined) return score
      const similar = similarity.of(value)
      return similar >= threshold ? similar : undefined
    }
  }
  const subsequence = new SubsequenceScore(term)
  return (value) => {
    if (value.startsWith(term)) return 1
    const score = subsequence.of(value)
    return score > 0 && score >= threshold ? score : undefined
  }
}

/** 1 at the beginning, and less the later the term stands, down to 0.1 at the end. */
function substringScore(value: string, term: string): number | undefined {
  const at = value.indexOf(term)
  if (at <= 0) return at < 0 ? undefined : 1
  const last = codePointCount(value) - codePointCount(term)
  return 1 - (0.9 * codePointCount(value, at)) / last
}
