import { tokenMatcher } from 'chevrotain'
import { textOfBytes } from '../../model/byte-text.ts'
import { Labels, metricNameLabel } from '../../model/labels.ts'
import type { SeriesTokens } from './series-tokens.ts'
import { categories, tokens as t } from './tokens.ts'

/** `name{label="value", ...}` at the start of a series line; both parts may be missing. */
export function parseSeriesLabels(tokens: SeriesTokens): Labels {
  const first = tokens.peek()
  const isName = first !== undefined && tokenMatcher(first, categories.MetricWord)
  const pairs: [string, string][] = []
  const name = isName ? textOfBytes(tokens.next().image) : ''
  if (tokens.take(t.LeftBrace)) {
    while (!tokens.take(t.RightBrace)) {
      pairs.push(labelPair(tokens))
      if (tokens.is(t.RightBrace)) continue
      if (!tokens.take(t.Comma)) tokens.unexpected('label set', '"," or "}"')
    }
  }
  // The name before the braces wins over one inside of them.
  if (name !== '') pairs.push([metricNameLabel, name])
  return Labels.of(pairs)
}

function labelPair(tokens: SeriesTokens): [string, string] {
  const isQuoted = tokens.is(t.String)
  if (!isQuoted && !tokens.is(t.Identifier)) tokens.unexpected('label set', 'identifier or "}"')
  const token = tokens.next()
  const name = isQuoted ? tokens.text(token) : textOfBytes(token.image)
  if (!tokens.take(t.Equal)) {
    if (isQuoted) return [metricNameLabel, name]
    tokens.unexpected('label set', '"="')
  }
  if (!tokens.is(t.String)) tokens.unexpected('label set', 'string')
  return [name, tokens.text(tokens.next())]
}
