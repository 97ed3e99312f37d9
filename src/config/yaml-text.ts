import { compareYamlKeys } from './yaml-key-order.ts'

/** What print.ts writes: a tree whose mappings keep their order. */
export type YamlValue =
  | string
  | number
  | bigint
  | boolean
  | typeof yamlNull
  | YamlMapping
  | YamlSequence

/** The null of YAML, which is not the text of that name. */
export const yamlNull = Symbol('null')

/** undefined leaves the key out. */
export type YamlEntry = readonly [string, YamlValue | undefined]

export interface YamlMapping {
  readonly kind: 'map'
  readonly entries: readonly (readonly [string, YamlValue])[]
}

export interface YamlSequence {
  readonly kind: 'list'
  readonly items: readonly YamlValue[]
  /** Written as [a, b] on one line. */
  readonly isFlow: boolean
}

/** A mapping of those entries that have a value. */
export function yamlMap(entries: Iterable<YamlEntry>): YamlMapping {
  const kept: (readonly [string, YamlValue])[] = []
  for (const [key, value] of entries) if (value !== undefined) kept.push([key, value])
  return { kind: 'map', entries: kept }
}

/** A mapping of free keys, in the order that Go gives them; undefined where there are none. */
export function yamlSortedMap(
  entries: Iterable<readonly [string, YamlValue]>,
): YamlMapping | undefined {
  const sorted = [...entries].sort(([a], [b]) => compareYamlKeys(a, b))
  return sorted.length === 0 ? undefined : yamlMap(sorted)
}

export function yamlList(items: readonly YamlValue[], isFlow = false): YamlSequence {
  return { kind: 'list', items, isFlow }
}

/** The text, or undefined (and so left out of a mapping) where there is none. */
export function unlessEmpty(text: string): string | undefined {
  return text === '' ? undefined : text
}

/** The same, or undefined (and so left out of a mapping) where there are no items. */
export function yamlListOrNone(items: readonly YamlValue[]): YamlSequence | undefined {
  return items.length === 0 ? undefined : yamlList(items)
}

/** Nothing where Go's zero value is left out. */
export function unlessZero(
  value: number,
  print: (value: number) => YamlValue,
): YamlValue | undefined {
  return value === 0 ? undefined : print(value)
}

/** Nothing where false is left out. */
export function whenTrue(flag: boolean): boolean | undefined {
  return flag ? true : undefined
}

/** The text in Go's style: two spaces, lists not indented below their key, quotes where needed. */
export function yamlText(value: YamlMapping): string {
  return mappingLines(value, '').join('\n').concat('\n')
}

function mappingLines(map: YamlMapping, indent: string): readonly string[] {
  return map.entries.flatMap(([key, value]) => entryLines(scalarText(key, false), value, indent))
}

function entryLines(key: string, value: YamlValue, indent: string): readonly string[] {
  if (typeof value === 'string' && value.includes('\n'))
    return blockText(`${indent}${key}:`, value, indent)
  if (typeof value !== 'object') return [`${indent}${key}: ${scalarText(value, false)}`]
  if (value.kind === 'list') {
    if (value.isFlow || value.items.length === 0) return [`${indent}${key}: ${flowText(value)}`]
    return [`${indent}${key}:`, ...value.items.flatMap((item) => itemLines(item, indent))]
  }
  if (value.entries.length === 0) return [`${indent}${key}: {}`]
  return [`${indent}${key}:`, ...mappingLines(value, `${indent}  `)]
}

function itemLines(item: YamlValue, indent: string): readonly string[] {
  if (typeof item === 'string' && item.includes('\n')) return blockText(`${indent}-`, item, indent)
  if (typeof item !== 'object') return [`${indent}- ${scalarText(item, false)}`]
  if (item.kind === 'list') return [`${indent}- ${flowText(item)}`]
  if (item.entries.length === 0) return [`${indent}- {}`]
  const [first = '', ...rest] = mappingLines(item, `${indent}  `)
  return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest]
}

function flowText(list: YamlSequence): string {
  const items = list.items.map((item) => (typeof item === 'object' ? '{}' : scalarText(item, true)))
  return `[${items.join(', ')}]`
}

/** A literal block keeps every line; the sign after the bar says what becomes of the last break. */
function blockText(head: string, text: string, indent: string): readonly string[] {
  const chomping = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') || text === '\n' ? '+' : ''
  const indicator = /^[ \n]/.test(text) ? '2' : ''
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}  ${line}`))
  return [`${head} |${indicator}${chomping}`, ...lines]
}

function scalarText(
  value: string | number | bigint | boolean | typeof yamlNull,
  isFlow: boolean,
): string {
  if (value === yamlNull) return 'null'
  if (typeof value !== 'string') return String(value)
  if (isAmbiguous(value)) return JSON.stringify(value)
  if (/\p{Cc}|[\u2028\u2029\ufeff]/u.test(value)) return JSON.stringify(value)
  return mayBePlain(value, isFlow) ? value : `'${value.replaceAll("'", "''")}'`
}

/** Text that a reader of YAML 1.1 would take for something else than text. */
function isAmbiguous(text: string): boolean {
  return (
    /^(?:|~|null|Null|NULL|<<|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/.test(text) ||
    /^(?:true|True|TRUE|false|False|FALSE)$/.test(text) ||
    /^[-+]?(?:\.inf|\.Inf|\.INF)$|^\.(?:nan|NaN|NAN)$/.test(text) ||
    /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/.test(text) ||
    /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text) ||
    /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text) ||
    /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ]+\d)/.test(text)
  )
}

function mayBePlain(text: string, isFlow: boolean): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^ | $/.test(text)) return false
  if (/^[#,[\]{}&*!|>'"%@`]/.test(text) || /^[-?:](?:\s|$)/.test(text)) return false
  if (/:(?:\s|$)/.test(text) || /\s#/.test(text)) return false
  return !isFlow || !/[,?[\]{}:]/.test(text)
}
