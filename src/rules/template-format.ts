import { goG } from '../model/float-text.ts'
import { goQuote, goQuoteRune } from '../model/go-quote.ts'
import { histogramText } from '../model/histogram-text.ts'
import { formatFloat } from './template-number-format.ts'
import { monthName, timeText, weekdayName } from './template-time.ts'
import {
  GoDuration,
  GoHistogram,
  GoInteger,
  GoList,
  GoMap,
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
    text += plainText(value)
  })
  return text
}

export function sprintln(values: readonly GoValue[]): string {
  return `${values.map((value) => plainText(value)).join(' ')}\n`
}

/** A value as %v has it. */
export function plainText(value: GoValue): string {
  return formatOne(value, { ...noFlags, verb: 'v' })
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
}

const noFlags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
} as const

/** Go's bound of width and precision. */
const widthMax = 1_000_000

/** fmt.Sprintf (https://pkg.go.dev/fmt), its complaints about directives and operands included. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  const pattern =
    /%([-+# 0]*)(?:\[(\d+)\])?(\*|\d+)?(?:(\.)(?:\[(\d+)\])?(\*|\d+)?)?(?:\[(\d+)\])?([\s\S]|$)/gu
  const operands = new Operands(values)
  const text = format.replace(pattern, (...match: readonly (string | undefined)[]) => {
    const [, flags = '', index1, width, dot, index2, precision, index3, verb = ''] = match
    if (verb === '') return '%!(NOVERB)'
    if (index1 !== undefined) operands.goTo(Number(index1))
    const wide = operands.count(width)
    if (index2 !== undefined) operands.goTo(Number(index2))
    const fine = dot === undefined ? undefined : (operands.count(precision) ?? 0)
    if (index3 !== undefined) operands.goTo(Number(index3))
    const faults = (wide === 'bad' ? '%!(BADWIDTH)' : '') + (fine === 'bad' ? '%!(BADPREC)' : '')
    if (verb === '%') return `${faults}%`
    if (operands.isBadIndex) return `${faults}%!${verb}(BADINDEX)`
    if (operands.isAtEnd) return `${faults}%!${verb}(MISSING)`
    const isNegative = typeof wide === 'number' && wide < 0
    const minus = flags.includes('-') || isNegative
    return (
      faults +
      formatOne(operands.take(), {
        verb,
        plus: flags.includes('+'),
        minus,
        sharp: flags.includes('#'),
        space: flags.includes(' '),
        zero: flags.includes('0') && !minus,
        width: typeof wide === 'number' ? Math.abs(wide) : undefined,
        precision: typeof fine === 'number' && fine >= 0 ? fine : undefined,
      })
    )
  })
  return text + operands.extra()
}

/** The values behind a format, in turn. */
class Operands {
  readonly #values: readonly GoValue[]
  #next = 0
  #wasOrdered = false
  isBadIndex = false

  constructor(values: readonly GoValue[]) {
    this.#values = values
  }

  get isAtEnd(): boolean {
    return this.#next >= this.#values.length
  }

  goTo(index: number): void {
    this.#wasOrdered = true
    this.isBadIndex = index < 1 || index > this.#values.length
    if (!this.isBadIndex) this.#next = index - 1
  }

  take(): GoValue {
    return this.#values[this.#next++]
  }

  /** A width or precision: as written, or the next operand's for a star. */
  count(text: string | undefined): number | 'bad' | undefined {
    if (text === undefined) return undefined
    const value = text === '*' ? integerOf(this.take()) : BigInt(text)
    if (value === undefined || value > widthMax || value < -widthMax) return 'bad'
    return Number(value)
  }

  extra(): string {
    if (this.#wasOrdered || this.isAtEnd) return ''
    const rest = this.#values.slice(this.#next)
    const shown = rest.map((value) =>
      value === undefined ? '<nil>' : `${typeName(value)}=${plainText(value)}`,
    )
    return `%!(EXTRA ${shown.join(', ')})`
  }
}

function formatOne(value: GoValue, how: Directive): string {
  if (how.verb === 'T') return padded(value === undefined ? '<nil>' : typeName(value), how)
  if (value === undefined) {
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
  if (value instanceof GoTime) return timeText(value.ms)
  if (value instanceof GoHistogram) return histogramText(value.histogram)
  if (value instanceof SafeHtml) return value.text
  if (!(value instanceof GoInteger)) return undefined
  if (value.type === 'time.Month') return monthName(Number(value.value))
  return value.type === 'time.Weekday' ? weekdayName(Number(value.value)) : undefined
}

function formatCompound(value: GoValue, how: Directive): string {
  const inner = (one: GoValue) => formatOne(one, how)
  if (value instanceof GoList) {
    const open = how.verb === 'v' && how.sharp ? `${value.type}{` : '['
    return open + value.items.map(inner).join(' ') + (open === '[' ? ']' : '}')
  }
  if (value instanceof GoMap) {
    const pairs = value.sorted().map(([key, one]) => `${inner(key)}:${inner(one)}`)
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
      return padded(hexText(kept, how), how)
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

function hexText(text: string, how: Directive): string {
  const bytes = [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'))
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
  if (verb === 'v') return signed(goG(value), how)
  if (how.verb === 'f' || how.verb === 'F')
    return signed(formatFloat(value, 'f', how.precision), how)
  if (verb !== 'e' && verb !== 'g') return bad(value, how)
  const text = formatFloat(value, verb, how.precision, how.sharp)
  return signed(how.verb === verb ? text : text.toUpperCase(), how)
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
  const prefix = how.verb === 'O' ? '0o' : how.sharp ? (prefixes[how.verb] ?? '') : ''
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
      : how.plus || (isInfinite && !how.space)
        ? '+'
        : how.space
          ? ' '
          : ''
  const isPlain = /^[0-9a-fA-F.xXoObe+-]+$/.test(bare)
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
  return `%!${how.verb}(${typeName(value)}=${plainText(value)})`
}
