import { compareBytes } from '../model/byte-order.ts'
import { DurationError, parseSignedDurationMs } from '../model/duration.ts'
import { goG } from '../model/float-text.ts'
import { goQuote } from '../model/go-quote.ts'
import { RegexError, SearchRegex } from '../model/regex.ts'
import { expandTemplate } from '../model/regex-template.ts'
import { simpleLowerCase, simpleUpperCase } from '../model/simple-case.ts'
import { pathOfUrl } from '../model/url-path.ts'
import { builtinFunctions, queryEscaped } from './template-builtins.ts'
import { parsedFloat } from './template-float.ts'
import { type FunctionContext, FunctionError, type TemplateFunction } from './template-function.ts'
import { isIpAddress, joinHostPort, splitHostPort } from './template-hosts.ts'
import { humanize, humanize1024, humanizeDuration, percentage } from './template-humanize.ts'
import { utcLocation } from './template-location.ts'
import { timeText } from './template-time.ts'
import { titled } from './template-title.ts'
import {
  GoDuration,
  GoInteger,
  GoList,
  GoMap,
  GoRecord,
  GoTime,
  type GoValue,
  SafeHtml,
  typeName,
} from './template-values.ts'

const text = (call: (text: string) => GoValue): TemplateFunction => ({
  parameters: ['string'],
  call: ([value]) => call(textOf(value)),
})
const number = (call: (value: number) => GoValue): TemplateFunction => ({
  parameters: ['any'],
  call: ([value]) => call(floatOf(value)),
})
const context = (call: (context: FunctionContext) => GoValue): TemplateFunction => ({
  parameters: [],
  call: (_values, given) => call(given),
})

/** Every function that templates of rules may use: Go's own, and Prometheus' (rows R4.1 to R4.5). */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<
  string,
  TemplateFunction
>([
  ...builtinFunctions,
  ['query', { parameters: ['string'], call: ([expr], { query }) => query(textOf(expr)) }],
  ['first', { parameters: ['query-result'], call: ([list]) => firstOf(list) }],
  [
    'label',
    {
      parameters: ['string', 'sample'],
      call: ([name, sample]) => labelOf(sample, textOf(name)),
    },
  ],
  ['value', { parameters: ['sample'], call: ([sample]) => recordOf(sample).fields.get('Value') }],
  ['strvalue', { parameters: ['sample'], call: ([sample]) => labelOf(sample, '__value__') }],
  [
    'sortByLabel',
    { parameters: ['string', 'query-result'], call: ([name, list]) => sorted(textOf(name), list) },
  ],
  ['args', { parameters: [], rest: 'any', call: numbered }],
  [
    'reReplaceAll',
    {
      parameters: ['string', 'string', 'string'],
      call: ([pattern, replacement, given]) =>
        replaced(textOf(pattern), textOf(replacement), textOf(given)),
    },
  ],
  [
    'match',
    {
      parameters: ['string', 'string'],
      call: ([pattern, given]) => matches(textOf(pattern), textOf(given)),
    },
  ],
  ['safeHtml', text((given) => new SafeHtml(given))],
  ['title', text(titled)],
  ['toUpper', text(simpleUpperCase)],
  ['toLower', text(simpleLowerCase)],
  ['graphLink', text(graphLink)],
  ['tableLink', text(tableLink)],
  ['stripPort', text((given) => splitHostPort(given)?.host ?? given)],
  ['stripDomain', text(withoutDomain)],
  ['urlQueryEscape', text(queryEscaped)],
  ['parseDuration', text(durationSeconds)],
  ['humanize', number(humanize)],
  ['humanize1024', number(humanize1024)],
  ['humanizeDuration', number(humanizeDuration)],
  ['humanizePercentage', number(percentage)],
  ['humanizeTimestamp', number(timestampText)],
  ['toTime', number(timeOf)],
  ['toDuration', number((seconds) => new GoDuration(int64(seconds * 1e9)))],
  ['now', context(({ timeMs }) => timeMs / 1_000)],
  ['pathPrefix', context(({ externalUrl }) => pathOfUrl(externalUrl))],
  ['externalURL', context(({ externalUrl }) => externalUrl)],
])

/** Where the graph of a query is, below the external URL. */
export function graphLink(expr: string): string {
  return `/graph?g0.expr=${queryEscaped(expr)}&g0.tab=0`
}

/** Where the table of a query is; alerts name it as their source (row R3.10). */
export function tableLink(expr: string): string {
  return `/graph?g0.expr=${queryEscaped(expr)}&g0.tab=1`
}

function textOf(value: GoValue): string {
  return typeof value === 'string' ? value : ''
}

function floatOf(value: GoValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof GoInteger && /^u?int(?:64)?$/.test(value.type)) return Number(value.value)
  if (typeof value === 'string') return parsedFloat(value)
  if (value instanceof GoDuration && !value.isPointer) return value.inUnits(1_000_000_000n)
  const type = value === undefined ? '<nil>' : typeName(value)
  throw new FunctionError(`can't convert ${type} to float`)
}

function recordOf(sample: GoValue): GoRecord {
  if (sample instanceof GoRecord) return sample
  throw new FunctionError('runtime error: invalid memory address or nil pointer dereference')
}

function labelOf(sample: GoValue, name: string): GoValue {
  const labels = recordOf(sample).fields.get('Labels')
  return labels instanceof GoMap ? (labels.entries.get(name) ?? '') : ''
}

function firstOf(list: GoValue): GoValue {
  const first = list instanceof GoList ? list.items[0] : undefined
  if (first === undefined) throw new FunctionError('first() called on vector with no elements')
  return first
}

function sorted(name: string, list: GoValue): GoValue {
  if (!(list instanceof GoList)) return list
  const by = (sample: GoValue) => textOf(labelOf(sample, name))
  const items = [...list.items].sort((a, b) => compareBytes(by(a), by(b)))
  return new GoList(list.type, items)
}

function numbered(values: readonly GoValue[]): GoMap {
  return new GoMap('interface {}', new Map(values.map((value, at) => [`arg${at}`, value])))
}

function replaced(pattern: string, replacement: string, given: string): string {
  const regex = compiled(pattern, (why) => `regexp: Compile(${goBackquote(pattern)}): ${why}`)
  return regex.replaceAll(given, (groups) => expandTemplate(replacement, groups))
}

function matches(pattern: string, given: string): boolean {
  return compiled(pattern, (why) => why).test(given)
}

function compiled(pattern: string, words: (why: string) => string): SearchRegex {
  try {
    return new SearchRegex(pattern)
  } catch (thrown) {
    if (!(thrown instanceof RegexError)) throw thrown
    throw new FunctionError(words(thrown.message))
  }
}

/** Go's quote of patterns: backquotes where they can. */
function goBackquote(pattern: string): string {
  return /[`\p{Cc}\ufeff]/u.test(pattern.replaceAll('\t', '')) ? goQuote(pattern) : `\`${pattern}\``
}

function withoutDomain(given: string): string {
  const split = splitHostPort(given)
  const host = split?.host ?? given
  if (isIpAddress(host)) return given
  const [name = ''] = host.split('.', 1)
  return split === undefined || split.port === '' ? name : joinHostPort(name, split.port)
}

function durationSeconds(given: string): number {
  try {
    return parseSignedDurationMs(given) / 1_000
  } catch (thrown) {
    if (!(thrown instanceof DurationError)) throw thrown
    throw new FunctionError(thrown.message)
  }
}

/** How Go turns a float into an int64 on its commonest processors: what does not fit is the least. */
export function int64(value: number): bigint {
  const least = -(2n ** 63n)
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return least
  return BigInt(Math.trunc(value))
}

function timeOf(seconds: number): GoTime {
  if (!Number.isFinite(seconds)) throw new FunctionError('value is NaN or Inf')
  const nanoseconds = seconds * 1e9
  if (Math.abs(nanoseconds) > 2 ** 63) {
    throw new FunctionError(
      `${goG(seconds)} cannot be represented as a nanoseconds timestamp since it overflows int64`,
    )
  }
  return new GoTime((int64(nanoseconds) / 1_000_000n) * 1_000_000n, utcLocation, true)
}

function timestampText(seconds: number): string {
  return Number.isFinite(seconds) ? timeText(timeOf(seconds)) : goG(seconds)
}
