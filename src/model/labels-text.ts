import { goQuote } from './go-quote.ts'
import type { Labels } from './labels.ts'

/** `{a="b", c="d"}` as Prometheus prints a label set; names that are no identifiers in quotes. */
export function labelsText(labels: Labels): string {
  return pairsText([...labels.entries()])
}

/** The same of pairs that need not be a label set: empty, or there twice. */
export function pairsText(pairs: readonly (readonly [name: string, value: string])[]): string {
  const texts = pairs.map(([name, value]) => {
    const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
    return `${isPlain ? name : goQuote(name)}=${goQuote(value)}`
  })
  return `{${texts.join(', ')}}`
}
