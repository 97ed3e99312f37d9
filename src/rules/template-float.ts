import { goQuote } from '../model/go-quote.ts'
import { FunctionError } from './template-function.ts'

/** Go's ParseFloat; throws FunctionError. */
export function parsedFloat(given: string): number {
  const wrong = (why: string) =>
    new FunctionError(`strconv.ParseFloat: parsing ${goQuote(given)}: ${why}`)
  if (/^[+-]?(?:inf|infinity)$/i.test(given)) {
    return given.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (/^nan$/i.test(given)) return Number.NaN
  const plain = withoutUnderscores(given)
  const value = hexNumber(plain) ?? decimalNumber(plain)
  if (value === undefined) throw wrong('invalid syntax')
  if (!Number.isFinite(value)) throw wrong('value out of range')
  return value
}

/** They stand between digits, or behind the 0x of a hexadecimal number. */
function withoutUnderscores(given: string): string {
  if (!given.includes('_')) return given
  const isHex = /^[+-]?0x/i.test(given)
  const misplaced = isHex ? /_(?![0-9a-f])|(?<![0-9a-fx])_/i : /_(?!\d)|(?<!\d)_/
  return misplaced.test(given) ? given : given.replaceAll('_', '')
}

function hexNumber(given: string): number | undefined {
  const found = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i.exec(given)
  if (found === null) return undefined
  const [, sign, whole = '', fraction = '', exponent] = found
  if (whole + fraction === '') return undefined
  const digits = Number.parseInt(whole + fraction, 16)
  const size = digits * 2 ** (Number(exponent) - 4 * fraction.length)
  return sign === '-' ? -size : size
}

function decimalNumber(given: string): number | undefined {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(given) ? Number(given) : undefined
}
