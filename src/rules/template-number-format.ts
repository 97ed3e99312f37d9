import { goG } from '../model/float-text.ts'

/**
 * Go's %e, %f and %g of floats with so many digits, exact and with ties to even; exponents have two
 * digits at least. %g without digits writes the fewest that read back the same.
 */
export function formatFloat(
  value: number,
  verb: 'e' | 'f' | 'g',
  digits: number | undefined,
  keepsZeros = false,
): string {
  if (verb === 'g' && digits === undefined) return goG(value)
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (verb === 'e') return sign + exponential(size, digits ?? 6)
  if (verb === 'f') return sign + fixed(size, digits ?? 6)
  return sign + general(size, Math.max(digits ?? 6, 1), keepsZeros)
}

function general(size: number, digits: number, keepsZeros: boolean): string {
  const text = exponential(size, digits - 1)
  const at = text.indexOf('e')
  const exponent = Number(text.slice(at + 1))
  const trimmed = (number: string) => (keepsZeros ? number : withoutZeros(number))
  if (exponent < -4 || exponent >= digits) return trimmed(text.slice(0, at)) + text.slice(at)
  return trimmed(fixed(size, digits - 1 - exponent))
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** JavaScript's own formats go no further; no float has more digits that matter. */
const digitsMax = 100

function exponential(size: number, digits: number): string {
  const kept = Math.min(digits, digitsMax)
  const rounded = toEven(size, size.toExponential(kept), (more) => size.toExponential(more), kept)
  const [mantissa = '', exponent = ''] = rounded.split('e')
  const zeros = digits > kept ? '0'.repeat(digits - kept) : ''
  const power = Number(exponent)
  const places = String(Math.abs(power)).padStart(2, '0')
  return `${mantissa}${zeros}e${power < 0 ? '-' : '+'}${places}`
}

function fixed(size: number, digits: number): string {
  const kept = Math.min(digits, digitsMax)
  if (size >= 1e21) return BigInt(size) + (digits > 0 ? `.${'0'.repeat(digits)}` : '')
  const rounded = toEven(size, size.toFixed(kept), (more) => size.toFixed(more), kept)
  return rounded + (digits > kept ? '0'.repeat(digits - kept) : '')
}

/** JavaScript rounds what lies exactly in the middle up, Go to the even digit. */
function toEven(
  size: number,
  rounded: string,
  write: (digits: number) => string,
  digits: number,
): string {
  if (digits >= digitsMax || size === 0) return rounded
  const exact = write(digitsMax)
  const [mantissa = '', exponent] = exact.split('e')
  const point = mantissa.indexOf('.')
  const behind = mantissa.slice(point + 1 + digits)
  if (!/^50*$/.test(behind)) return rounded
  const end = digits === 0 ? point : point + 1 + digits
  const cut = mantissa.slice(0, end)
  const isEven = /[02468]$/.test(cut)
  if (!isEven) return rounded
  return exponent === undefined ? cut : `${cut}e${exponent}`
}
