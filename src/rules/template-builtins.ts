import { goQuoteRune } from '../model/go-quote.ts'
import { plainText, sprint, sprintf, sprintln } from './template-format.ts'
import { FunctionError, type TemplateFunction } from './template-function.ts'
import {
  basicKind,
  GoInteger,
  GoList,
  GoMap,
  GoRecord,
  type GoValue,
  integerOf,
  isTrue,
  SafeHtml,
  typeName,
} from './template-values.ts'

/** The functions that Go's template language has by itself; `and`, `or` and `call` are only declared. */
export const builtinFunctions: ReadonlyMap<string, TemplateFunction> = new Map<
  string,
  TemplateFunction
>([
  ['and', { parameters: ['value'], rest: 'value', call: () => undefined }],
  ['or', { parameters: ['value'], rest: 'value', call: () => undefined }],
  ['call', { parameters: ['value'], rest: 'value', call: () => undefined }],
  ['html', { parameters: [], rest: 'any', call: (values) => htmlEscaped(joined(values)) }],
  ['index', { parameters: ['value'], rest: 'value', call: indexed }],
  ['slice', { parameters: ['value'], rest: 'value', call: sliced }],
  ['js', { parameters: [], rest: 'any', call: (values) => jsEscaped(joined(values)) }],
  ['len', { parameters: ['value'], call: ([value]) => lengthOf(value) }],
  ['not', { parameters: ['value'], call: ([value]) => !isTrue(value) }],
  ['print', { parameters: [], rest: 'any', call: sprint }],
  ['printf', { parameters: ['string'], rest: 'any', call: printed }],
  ['println', { parameters: [], rest: 'any', call: sprintln }],
  ['urlquery', { parameters: [], rest: 'any', call: (values) => queryEscaped(joined(values)) }],
  ['eq', { parameters: ['value'], rest: 'value', call: ([one, ...rest]) => equals(one, rest) }],
  ['ne', { parameters: ['value', 'value'], call: ([a, b]) => !equals(a, [b]) }],
  ['lt', { parameters: ['value', 'value'], call: ([a, b]) => isLess(a, b) }],
  ['le', { parameters: ['value', 'value'], call: ([a, b]) => isLessOrEqual(a, b) }],
  ['gt', { parameters: ['value', 'value'], call: ([a, b]) => !isLessOrEqual(a, b) }],
  ['ge', { parameters: ['value', 'value'], call: ([a, b]) => !isLess(a, b) }],
])

function printed([format, ...values]: readonly GoValue[]): string {
  return sprintf(typeof format === 'string' ? format : '', values)
}

/** What `call` says: no value that Prometheus hands to templates is a function. */
export function callFault(callee: GoValue, name: string): FunctionError {
  if (callee === undefined) return new FunctionError('call of nil')
  return new FunctionError(`non-function ${name} of type ${typeName(callee)}`)
}

/** The text of one text, or of all values as print has them. */
function joined(values: readonly GoValue[]): string {
  const [only] = values
  if (values.length === 1 && typeof only === 'string') return only
  return sprint(values.map((value) => (value === undefined ? '<no value>' : value)))
}

const htmlEntities: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

export function htmlEscaped(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => htmlEntities[character] ?? '')
}

function jsEscaped(text: string): string {
  return text.replace(/[\\'"<>&=\p{Cc}]|[^ -~]/gu, (character) => {
    if (character === '\\' || character === "'" || character === '"') return `\\${character}`
    const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    const isShown = character > '\x7f' && goQuoteRune(character) === `'${character}'`
    return isShown ? character : `\\u${hex}`
  })
}

/** Go's url.QueryEscape: blanks as plus signs. */
export function queryEscaped(text: string): string {
  const escaped = encodeURIComponent(Buffer.from(text).toString()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return escaped.replaceAll('%20', '+')
}

function lengthOf(value: GoValue): bigint {
  const length = lengthOrNone(value)
  if (value === undefined) throw new FunctionError('len of nil pointer')
  if (length === undefined) throw new FunctionError(`len of type ${pointedType(value)}`)
  return BigInt(length)
}

/** The type's name; of a pointer that of what it points to. */
function pointedType(value: GoValue): string {
  return typeName(value).replace(/^\*/, '')
}

function lengthOrNone(value: GoValue): number | undefined {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (value instanceof SafeHtml) return Buffer.byteLength(value.text)
  if (value instanceof GoList) return value.items.length
  return value instanceof GoMap ? value.entries.size : undefined
}

function indexed([item, ...indexes]: readonly GoValue[]): GoValue {
  if (item === undefined) throw new FunctionError('index of untyped nil')
  return indexes.reduce(elementOf, item)
}

function elementOf(item: GoValue, index: GoValue): GoValue {
  if (item instanceof GoMap) {
    if (typeof index === 'string') return item.entries.get(index) ?? zeroOf(item)
    if (index === undefined) throw new FunctionError('value is nil; should be of type string')
    throw new FunctionError(`value has type ${typeName(index)}; should be string`)
  }
  if (item instanceof GoList) {
    const place = placeIn(index, item.items.length)
    if (place === item.items.length) throw outOfRange()
    return item.items[place]
  }
  if (typeof item === 'string') {
    const bytes = Buffer.from(item)
    const place = placeIn(index, bytes.length)
    const byte = bytes[place]
    if (byte === undefined) throw outOfRange()
    return new GoInteger('uint8', BigInt(byte))
  }
  if (item === undefined) throw new FunctionError('index of nil pointer')
  throw new FunctionError(`can't index item of type ${pointedType(item)}`)
}

/** What a missing key of a map is. */
export function zeroOf(map: GoMap): GoValue {
  if (map.elementType === '[]string') return new GoList('[]string', [])
  return map.elementType === 'string' ? '' : undefined
}

function outOfRange(): FunctionError {
  return new FunctionError('reflect: slice index out of range')
}

function placeIn(index: GoValue, capacity: number): number {
  const place = integerOf(index)
  if (index === undefined) throw new FunctionError('cannot index slice/array with nil')
  if (place === undefined) {
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`)
  }
  if (place < 0n || place > capacity) throw new FunctionError(`index out of range: ${place}`)
  return Number(place)
}

function sliced([item, ...indexes]: readonly GoValue[]): GoValue {
  if (item instanceof SafeHtml) {
    const part = sliced([item.text, ...indexes])
    return typeof part === 'string' ? new SafeHtml(part) : part
  }
  if (item === undefined) throw new FunctionError('slice of untyped nil')
  if (indexes.length > 3) {
    throw new FunctionError(`too many slice indexes: ${indexes.length}`)
  }
  if (typeof item === 'string' && indexes.length === 3) {
    throw new FunctionError('cannot 3-index slice a string')
  }
  if (typeof item !== 'string' && !(item instanceof GoList)) {
    throw new FunctionError(`can't slice item of type ${pointedType(item)}`)
  }
  const length = lengthOrNone(item) ?? 0
  const places = indexes.map((index) => placeIn(index, length))
  const [from = 0, to = length, capacity = length] = places
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`)
  if (to > capacity) throw new FunctionError(`invalid slice index: ${to} > ${capacity}`)
  if (typeof item === 'string') return Buffer.from(item).subarray(from, to).toString('utf8')
  return new GoList(item.type, item.items.slice(from, to))
}

function equals(one: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison')
  return others.some((other) => equalsOne(one, other))
}

function equalsOne(one: GoValue, other: GoValue): boolean {
  const kind = basicKind(one)
  const otherKind = basicKind(other)
  if (one === undefined || other === undefined) return one === other
  if (kind !== otherKind) {
    if (isWhole(kind) && isWhole(otherKind)) return integerOf(one) === integerOf(other)
    throw incompatible(one, other)
  }
  if (isWhole(kind)) return integerOf(one) === integerOf(other)
  if (kind === 'string') return textOf(one) === textOf(other)
  if (kind !== 'other') return one === other
  if (goKind(one) !== goKind(other)) {
    const types = `${printed(['%s', one])}: ${typeName(one)}, ${typeName(other)}`
    throw new FunctionError(`non-comparable types ${types}: ${plainText(other)}`)
  }
  if (other instanceof GoMap || other instanceof GoList) {
    throw new FunctionError(`non-comparable type ${printed(['%s', other])}: ${typeName(other)}`)
  }
  return one instanceof GoRecord ? one === other : plainText(one) === plainText(other)
}

function goKind(value: GoValue): string {
  if (value instanceof GoMap) return 'map'
  if (value instanceof GoList) return 'slice'
  return typeName(value).startsWith('*') ? 'pointer' : 'struct'
}

function isWhole(kind: string): boolean {
  return kind === 'int' || kind === 'uint'
}

function textOf(value: GoValue): string {
  return value instanceof SafeHtml ? value.text : String(value)
}

function incompatible(one: GoValue, other: GoValue): FunctionError {
  const types = `${typeName(one)} and ${typeName(other)}`
  return new FunctionError(`incompatible types for comparison: ${types}`)
}

function isLess(one: GoValue, other: GoValue): boolean {
  const kind = basicKind(one)
  const otherKind = basicKind(other)
  if (kind === 'other' || otherKind === 'other') throw notComparable()
  if (isWhole(kind) && isWhole(otherKind)) return (integerOf(one) ?? 0n) < (integerOf(other) ?? 0n)
  if (kind !== otherKind) throw incompatible(one, other)
  if (kind === 'float') return Number(one) < Number(other)
  if (kind !== 'string') throw notComparable()
  return Buffer.compare(Buffer.from(textOf(one)), Buffer.from(textOf(other))) < 0
}

function isLessOrEqual(one: GoValue, other: GoValue): boolean {
  return isLess(one, other) || equalsOne(one, other)
}

function notComparable(): FunctionError {
  return new FunctionError('invalid type for comparison')
}
