import { queryEscaped } from './template-builtins.ts'
import type { TemplateFunction } from './template-function.ts'
import { GoList, GoMap, type GoValue } from './template-values.ts'

/** Of the parameters of a URL: each name with its values. */
export const urlValuesType = 'url.Values'

export function urlValues(parameters: ReadonlyMap<string, readonly string[]>): GoMap {
  const lists = [...parameters].map(
    ([name, values]) => [name, new GoList('[]string', values)] as const,
  )
  return new GoMap('[]string', new Map(lists), urlValuesType)
}

/** The methods that read. */
export function parameterMethod(values: GoMap, name: string): TemplateFunction | undefined {
  switch (name) {
    case 'Get':
      return { parameters: ['string'], call: ([key]) => itemsOf(values, key)[0] ?? '' }
    case 'Has':
      return { parameters: ['string'], call: ([key]) => values.entries.has(String(key)) }
    case 'Encode':
      return { parameters: [], call: () => encoded(values) }
    default:
      return undefined
  }
}

function itemsOf(values: GoMap, name: GoValue): readonly GoValue[] {
  const list = values.entries.get(String(name))
  return list instanceof GoList ? list.items : []
}

function encoded(values: GoMap): string {
  return values
    .sorted()
    .flatMap(([name]) =>
      itemsOf(values, name).map((item) => `${queryEscaped(name)}=${queryEscaped(String(item))}`),
    )
    .join('&')
}
