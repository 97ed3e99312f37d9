import { goQuote } from '../model/go-quote.ts'

/** Texts in objects and lists. */
export type TextTree = string | readonly TextTree[] | { readonly [key: string]: TextTree }

const colours = { added: '\x1b[0;32m', removed: '\x1b[0;31m', changed: '\x1b[0;33m' } as const
const plain = '\x1b[0m'
const step = '    '

/**
 * Both trees as one, in lines, as upstream's --diff prints them: what is only in the first in red,
 * what is only in the second in green, what changed in yellow.
 */
export function differenceLines(first: TextTree, second: TextTree): readonly string[] {
  return both('', first, second, '', '')
}

/** `prefix` is the key, `comma` what stands behind the value. */
function both(
  prefix: string,
  first: TextTree,
  second: TextTree,
  indent: string,
  comma: string,
): readonly string[] {
  if (typeof first === 'string' || typeof second === 'string') {
    if (first === second) return [`${indent}${prefix}${goQuote(String(first))}${comma}`]
    const change = `${oneLine(first)} => ${oneLine(second)}`
    return [`${indent}${prefix}${colours.changed}${change}${plain}${comma}`]
  }
  const [left, right] = [entriesOf(first), entriesOf(second)]
  const keys = keysOf(left, right, isList(first))
  const [open, close] = isList(first) ? ['[', ']'] : ['{', '}']
  if (keys.length === 0) return [`${indent}${prefix}${open}${close}${comma}`]
  const inner = keys.flatMap((key, index) => {
    const [a, b] = [left.get(key), right.get(key)]
    const name = isList(first) ? '' : `${goQuote(key)}: `
    const end = index === keys.length - 1 ? '' : ','
    if (a !== undefined && b !== undefined) return both(name, a, b, indent + step, end)
    const colour = a === undefined ? colours.added : colours.removed
    const lines = alone(name, a ?? b ?? '', indent + step)
    return lines.map(
      ([blank, text], at) =>
        `${blank}${colour}${text}${plain}${at === lines.length - 1 ? end : ''}`,
    )
  })
  return [`${indent}${prefix}${open}`, ...inner, `${indent}${close}${comma}`]
}

type Line = readonly [indent: string, text: string]

function alone(prefix: string, tree: TextTree, indent: string): readonly Line[] {
  if (typeof tree === 'string') return [[indent, `${prefix}${goQuote(tree)}`]]
  const [open, close] = isList(tree) ? ['[', ']'] : ['{', '}']
  const entries = entriesOf(tree)
  const keys = keysOf(entries, new Map(), isList(tree))
  if (keys.length === 0) return [[indent, `${prefix}${open}${close}`]]
  const inner = keys.flatMap((key, index) => {
    const name = isList(tree) ? '' : `${goQuote(key)}: `
    const lines = alone(name, entries.get(key) ?? '', indent + step)
    const end = index === keys.length - 1 ? '' : ','
    return lines.map(
      ([blank, text], at): Line => [blank, at === lines.length - 1 ? text + end : text],
    )
  })
  return [[indent, `${prefix}${open}`], ...inner, [indent, close]]
}

function oneLine(tree: TextTree): string {
  return typeof tree === 'string' ? goQuote(tree) : JSON.stringify(tree)
}

function isList(tree: TextTree): tree is readonly TextTree[] {
  return Array.isArray(tree)
}

function entriesOf(tree: TextTree): ReadonlyMap<string, TextTree> {
  return new Map(Object.entries(tree))
}

function keysOf(
  left: ReadonlyMap<string, TextTree>,
  right: ReadonlyMap<string, TextTree>,
  isOfList: boolean,
): readonly string[] {
  const keys = [...new Set([...left.keys(), ...right.keys()])]
  return isOfList ? keys : keys.sort()
}
