import { goG } from '../model/float-text.ts'
import { binaryFloat, formatFloat, hexFloat as formatHexFloat } from '../model/go-float-format.ts'
import { goQuote, goQuoteRune } from '../model/go-quote.ts'
import { histogramText } from '../model/histogram-text.ts'
import { bytesOf, bytesType } from './template-bytes.ts'
import { GoLocation } from './template-location.ts'
import { monthName, timeText, weekdayName } from './template-time.ts'
import {
  GoDuration,
  GoError,
  GoHistogram,
  GoInteger,
  GoList,
  GoMap,
  GoRecord,
  GoTime,
  type GoValue,
  integerOf,
  SafeHtml,
  typeName,
} from './template-values.ts'

/** fmt.Sprint: blanks only between two operands that are both no text. */
export function sprint(values: readonly GoValue[]): string {
  let text = ''
  values.forEach((value, index) => {
    const before = values[index - 1]
    if (index > 0 && typeof value !== 'string' && typeof before !== 'string') text += ' '
    text += operandText(value)
  })
  return text
}

export function sprintln(values: readonly GoValue[]): string {
  return `${values.map(operandText).join(' ')}\n`
}

/** What stands behind a pointer, as %v has it: of a histogram its fields. */
export function pointedText(value: GoValue): string {
  if (!(value instanceof GoHistogram)) return plainText(value)
  const { histogram } = value
  const { schema, zeroThreshold, zeroCount, count, sum, hint } = histogram
  const spans = (pairs: Int32Array, length: number) =>
    Array.from({ length }, (_, at) => `{${pairs[at * 2]} ${pairs[at * 2 + 1]}}`).join(' ')
  const numbers = (from: Float64Array, length: number) =>
    Array.from(from.subarray(0, length), goG).join(' ')
  const fields = [hint, schema, ...[zeroThreshold, zeroCount, count, sum[0] ?? 0].map(goG)].concat(
    `[${spans(histogram.positiveSpans, histogram.positiveSpanCount)}]`,
    `[${spans(histogram.negativeSpans, histogram.negativeSpanCount)}]`,
    `[${numbers(histogram.positiveBuckets, histogram.positiveBucketCount)}]`,
    `[${numbers(histogram.negativeBuckets, histogram.negativeBucketCount)}]`,
    `[${numbers(histogram.customBounds, histogram.customBoundCount)}]`,
  )
  return `{${fields.join(' ')}}`
}

/** What an operand of print and printf is: a pointer to a struct says that it is one. */
function operandText(value: GoValue): string {
  return formatOperand(value, plain)
}

function formatOperand(value: GoValue, how: Directive): string {
  const isPointer = value instanceof GoRecord && value.type.startsWith('*') && how.verb !== 'T'
  return (isPointer ? '&' : '') + formatOne(value, how)
}

/** A value as %v has it. */
export function plainText(value: GoValue): string {
  return formatOne(value, plain)
}

interface Directive {
  readonly verb: string
  readonly plus: boolean
  readonly minus: boolean
  readonly sharp: boolean
  readonly space: boolean
  readonly zero: boolean
  readonly width: number | undefined
  readonly precision: number | undefined
  /** %v or %w, where + and # ask for more about structs and not for signs. */
  readonly isPlain: boolean
}

/** %v without flags. */
const plain: Directive = {
  verb: 'v',
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
  isPlain: true,
}

/** Go's bound of width and precision. */
const widthMax = 1_000_000

/** fmt.Sprintf (https://pkg.go.dev/fmt), its complaints about directives and operands included. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  const operands = new Operands(values)
  let text = ''
  let copied = 0
  for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', copied)) {
    const directive = new DirectiveReader(format, at + 1, operands)
    text += format.slice(copied, at) + directive.formatted()
    copied = directive.end
  }
  return text + format.slice(copied) + operands.extra()
}

/** Reads one directive, in the order of its parts: flags, width, precision, verb; indexes between. */
class DirectiveReader {
  readonly #format: string
  readonly #operands: Operands
  /** Behind what was read. */
  end: number
  #faults = ''

  constructor(format: string, start: number, operands: Operands) {
    this.#format = format
    this.end = start
    this.#operands = operands
  }

  formatted(): string {
    const operands = this.#operands
    operands.isBadIndex = false
    const flags = this.#take(/[-+# 0]*/y)
    let isIndexed = this.#index()
    const width = this.#count('BADWIDTH')
    if (isIndexed && width.text !== '' && width.text !== '*') operands.isBadIndex = true
    if (width.text === '*') isIndexed = false
    let precision: number | undefined
    if (this.#take(/\.(?!$)/y) !== '') {
      if (isIndexed) operands.isBadIndex = true
      isIndexed = this.#index()
      const count = this.#count('BADPREC')
      if (count.text === '*') isIndexed = false
      precision = count.text === '' ? 0 : count.value
    }
    if (!isIndexed) this.#index()
    const verb = this.#take(/[\s\S]/uy)
    const minus = flags.includes('-') || (width.value ?? 0) < 0
    const isPlain = verb === 'v' || verb === 'w'
    return this.#shown({
      verb,
      plus: flags.includes('+'),
      minus,
      sharp: flags.includes('#'),
      space: flags.includes(' '),
      zero: flags.includes('0') && !minus,
      width: width.value === undefined ? undefined : Math.abs(width.value),
      precision: precision !== undefined && precision < 0 ? undefined : precision,
      isPlain,
    })
  }

  #shown(how: Directive): string {
    const { verb } = how
    if (verb === '') return `${this.#faults}%!(NOVERB)`
    if (verb === '%') return `${this.#faults}%`
    if (this.#operands.isBadIndex) return `${this.#faults}%!${verb}(BADINDEX)`
    if (this.#operands.isAtEnd) return `${this.#faults}%!${verb}(MISSING)`
    return this.#faults + formatOperand(this.#operands.take(), how)
  }

  /** An index is read up to its bracket; where none closes it, the bracket alone counts as one. */
  #index(): boolean {
    const bracketed = this.#take(/\[[^\]]*\]|\[/y)
    if (bracketed !== '') this.#operands.goTo(bracketed)
    return bracketed !== ''
  }

  /** A width or precision: as written, or the next operand's for a star. */
  #count(fault: string): { readonly text: string; readonly value: number | undefined } {
    const text = this.#take(/\*|\d+/y)
    if (text === '') return { text, value: undefined }
    const isTaken = text !== '*' || !this.#operands.isAtEnd
    const given = text === '*' ? integerOf(this.#operands.take()) : BigInt(text)
    const isBad = given === undefined || given > widthMax || given < -widthMax
    if (!isBad && isTaken && (fault === 'BADWIDTH' || given >= 0n)) {
      return { text, value: Number(given) }
    }
    this.#faults += `%!(${fault})`
    return { text, value: undefined }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.end
    const text = pattern.exec(this.#format)?.[0] ?? ''
    this.end += text.length
    return text
  }
}

/** The values behind a format, in turn. */
class Operands {
  readonly #values: readonly GoValue[]
  #next = 0
  #wasOrdered = false
  /** Of the directive at hand. */
  isBadIndex = false

  constructor(values: readonly GoValue[]) {
    this.#values = values
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#values.length
  }

  goTo(bracketed: string): void {
    this.#wasOrdered = true
    const number = /^\[(\d+)\]$/.exec(bracketed)?.[1]
    const isThere = number !== undefined && Number(number) >= 1
    if (isThere && Number(number) <= this.#values.length) this.#next = Number(number) - 1
    else this.isBadIndex = true
  }

  take(): GoValue {
    return this.#values[this.#next++]
  }

  extra(): string {
    if (this.#wasOrdered || this.isAtEnd) return ''
    const rest = this.#values.slice(this.#next)
    const shown = rest.map((value) =>
      value === undefined ? '<nil>' : `${typeName(value)}=${operandText(value)}`,
    )
    return `%!(EXTRA ${shown.join(', ')})`
  }
}

function formatOne(value: GoValue, how: Directive): string {
  if (how.verb === 'T') {
    const name = value === undefined ? '<nil>' : typeName(value)
    return formatText(name, name, { ...how, verb: 's' })
  }
  if (value === undefined || (value instanceof GoError && value.message === undefined)) {
    return how.verb === 'v' ? padded('<nil>', how) : `%!${how.verb}(<nil>)`
  }
  switch (typeof value) {
    case 'boolean':
      return how.verb === 't' || how.verb === 'v' ? padded(String(value), how) : bad(value, how)
    case 'string':
      return formatText(value, value, how)
    case 'number':
      return formatNumber(value, how)
    case 'bigint':
      return formatInteger(value, value, how)
  }
  const own = ownText(value)
  const isInteger = value instanceof GoDuration || value instanceof GoInteger
  if (own !== undefined && (!isInteger || /[vsqxX]/.test(how.verb))) {
    return formatText(own, value, how)
  }
  if (value instanceof GoInteger) return formatInteger(value.value, value, how)
  if (value instanceof GoDuration) return formatInteger(value.nanoseconds, value, how)
  return formatCompound(value, how)
}

/** What Go types with a String method say. */
function ownText(value: GoValue): string | undefined {
  if (value instanceof GoDuration) return value.text()
  if (value instanceof GoTime) return timeText(value)
  if (value instanceof GoLocation) return value.name
  if (value instanceof GoError) return value.message
  if (value instanceof GoHistogram) return histogramText(value.histogram)
  if (value instanceof SafeHtml) return value.text
  if (!(value instanceof GoInteger)) return undefined
  if (value.type === 'time.Month') return monthName(Number(value.value))
  return value.type === 'time.Weekday' ? weekdayName(Number(value.value)) : undefined
}

function formatCompound(value: GoValue, how: Directive): string {
  const inner = (one: GoValue) => {
    const isPointer = one instanceof GoRecord && one.type.startsWith('*')
    return isPointer && !/[vpbodxX]/.test(how.verb) ? bad(one, how) : formatOne(one, how)
  }
  if (value instanceof GoList) {
    if (value.type === bytesType && /[sqxX]/.test(how.verb)) {
      return formatBytes(bytesOf(value), value, how)
    }
    const open = how.verb === 'v' && how.sharp ? `${value.type}{` : '['
    return open + value.items.map(inner).join(' ') + (open === '[' ? ']' : '}')
  }
  if (value instanceof GoMap) {
    const pairs = value.sorted().map(([key, one]) => `${inner(key)}:${inner(one)}`)
    if (how.isPlain && how.sharp) return `${typeName(value)}{${pairs.join(', ')}}`
    return `map[${pairs.join(' ')}]`
  }
  if (value === undefined || typeof value !== 'object' || !('fields' in value)) return ''
  const fields = [...value.fields].map(([name, one]) =>
    how.plus ? `${name}:${inner(one)}` : inner(one),
  )
  return `{${fields.join(' ')}}`
}

function formatText(text: string, value: GoValue, how: Directive): string {
  const kept = how.precision === undefined ? text : [...text].slice(0, how.precision).join('')
  switch (how.verb) {
    case 'v':
      return padded(how.sharp && typeof value === 'string' ? goQuote(kept) : kept, how)
    case 's':
      return padded(kept, how)
    case 'q': {
      const isRaw = how.sharp && !/[`\p{Cc}\ufeff]/u.test(kept.replaceAll('\t', ''))
      return padded(isRaw ? `\`${kept}\`` : quotedText(kept, how), how)
    }
    case 'x':
    case 'X':
      return padded(hexText(Buffer.from(kept), how), how)
    default:
      return bad(value, how)
  }
}

function quotedText(text: string, how: Directive): string {
  if (!how.plus) return goQuote(text)
  return goQuote(text).replace(/[^\0-\x7f]/gu, escapedCharacter)
}

function escapedCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

function formatBytes(bytes: Buffer, value: GoValue, how: Directive): string {
  if (how.verb.toLowerCase() === 'x') {
    return padded(hexText(bytes.subarray(0, how.precision), how), how)
  }
  return formatText(bytes.toString(), value, how)
}

function hexText(given: Buffer, how: Directive): string {
  const bytes = Array.from(given, (byte) => byte.toString(16).padStart(2, '0'))
  const prefix = how.sharp ? '0x' : ''
  const joined = how.space
    ? bytes.map((byte) => prefix + byte).join(' ')
    : bytes.length > 0
      ? prefix + bytes.join('')
      : ''
  return how.verb === 'X' ? joined.toUpperCase() : joined
}

function formatNumber(value: number, how: Directive): string {
  const verb = how.verb.toLowerCase()
  if (verb === 'v') return signed(formatFloat(value, 'g', how.precision), how)
  if (how.verb === 'f' || how.verb === 'F')
    return signed(withPoint(formatFloat(value, 'f', how.precision), how), how)
  if (verb === 'x') return signed(hexFloat(value, how), how)
  if (how.verb === 'b') return signed(binaryFloat(value), how)
  if (verb !== 'e' && verb !== 'g') return bad(value, how)
  const shortest = formatFloat(value, verb, how.precision, how.sharp)
  // With # there are six digits at least.
  const isShort = shortest.replace(/e.*|[^\d]|^0\.0*/g, '').length < 6
  const isFilled = how.sharp && verb === 'g' && how.precision === undefined && isShort
  const text = withPoint(isFilled ? formatFloat(value, verb, 6, true) : shortest, how)
  return signed(how.verb === verb ? text : text.toUpperCase(), how)
}

/** With # a point is written where no digit is behind it, too. */
function withPoint(text: string, how: Directive): string {
  return how.sharp && !/[.IN]/.test(text) ? text.replace(/^([-+]?\d+)/, '$1.') : text
}

function hexFloat(value: number, how: Directive): string {
  const text = formatHexFloat(value, how.precision)
  return how.verb === 'X' ? text.toUpperCase().replace('INF', 'Inf').replace('NAN', 'NaN') : text
}

const bases: Readonly<Record<string, number>> = { d: 10, v: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }
const prefixes: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' }

function formatInteger(value: bigint, original: GoValue, how: Directive): string {
  if (how.verb === 'c' || how.verb === 'q' || how.verb === 'U') return formatRune(value, how)
  const base = bases[how.verb]
  if (base === undefined) return bad(original, how)
  const size = value < 0n ? -value : value
  const plain = size.toString(base)
  const digits = (how.verb === 'X' ? plain.toUpperCase() : plain).padStart(how.precision ?? 0, '0')
  if (how.precision === 0 && value === 0n) return padded('', { ...how, zero: false })
  const isLed = how.verb === 'o' && digits.startsWith('0')
  const prefix = how.verb === 'O' ? '0o' : how.sharp && !isLed ? (prefixes[how.verb] ?? '') : ''
  const text = (value < 0n ? '-' : '') + prefix + digits
  return signed(text, how.precision === undefined ? how : { ...how, zero: false })
}

function formatRune(value: bigint, how: Directive): string {
  const isValid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n)
  const character = isValid ? String.fromCodePoint(Number(value)) : '\ufffd'
  if (how.verb === 'c') return padded(character, how)
  if (how.verb === 'q') return padded(goQuoteRune(character), how)
  const code = `U+${value.toString(16).toUpperCase().padStart(4, '0')}`
  return padded(how.sharp ? `${code} '${character}'` : code, how)
}

/** Puts a number's sign, and zeros between it and the digits. */
function signed(text: string, how: Directive): string {
  const isSigned = /^[-+]/.test(text)
  const isInfinite = text === '+Inf'
  const bare = isSigned ? text.slice(1) : text
  const lead =
    isSigned && !isInfinite
      ? (text[0] ?? '')
      : (how.plus && !how.isPlain) || (isInfinite && !how.space)
        ? '+'
        : how.space
          ? ' '
          : ''
  const isPlain = /^[0-9a-fA-F.xXoObpPe+-]+$/.test(bare)
  if (!how.zero || !isPlain) return padded(lead + bare, { ...how, zero: false })
  return lead + bare.padStart((how.width ?? 0) - lead.length, '0')
}

function padded(text: string, how: Directive): string {
  const missing = (how.width ?? 0) - [...text].length
  if (missing <= 0) return text
  const fill = (how.zero ? '0' : ' ').repeat(missing)
  return how.minus ? text + fill : fill + text
}

function bad(value: GoValue, how: Directive): string {
  // Width, precision and signs hold for the value that is shown, # only for floats.
  const shown = typeof value === 'number' ? { verb: 'g' } : { verb: 'v', sharp: false }
  const kept = { ...how, ...(how.verb === 'w' ? { verb: 'v' } : shown) }
  // A name of a month is not asked for where something is wrong.
  const isNamed = value instanceof GoInteger
  const text = isNamed ? formatInteger(value.value, value, kept) : formatOperand(value, kept)
  return `%!${how.verb}(${typeName(value)}=${text})`
}
