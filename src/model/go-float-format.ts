import { goG } from './float-text.ts'

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

/** The 52 bits behind the point and the exponent of 2; a subnormal number has none before it. */
function partsOf(value: number): { fraction: bigint; exponent: number; isNormal: boolean } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  const exponent = Number(bits >> 52n)
  const fraction = bits & (2n ** 52n - 1n)
  return { fraction, exponent: Math.max(exponent, 1) - 1023, isNormal: exponent > 0 }
}

/** Go's %x: 0x1.8p+01, of so many hexadecimal digits behind the point, or as many as there are. */
export function hexFloat(value: number, digits: number | undefined): string {
  if (!Number.isFinite(value)) return formatFloat(value, 'e', 0)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  let { fraction: mantissa, exponent, isNormal } = partsOf(value)
  if (isNormal) mantissa += 2n ** 52n
  else if (mantissa === 0n) exponent = 0
  while (mantissa !== 0n && mantissa < 2n ** 52n) {
    mantissa *= 2n
    exponent--
  }
  if (digits !== undefined && digits < 13) {
    const unit = 2n ** BigInt(52 - 4 * digits)
    const rest = mantissa % unit
    mantissa -= rest
    const isUp = rest * 2n > unit || (rest * 2n === unit && (mantissa / unit) % 2n === 1n)
    if (isUp) mantissa += unit
    if (mantissa >= 2n ** 53n) {
      mantissa /= 2n
      exponent++
    }
  }
  const all = (mantissa % 2n ** 52n).toString(16).padStart(13, '0')
  const shown =
    digits === undefined ? all.replace(/0+$/, '') : all.slice(0, digits).padEnd(digits, '0')
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return `${sign}0x${mantissa >> 52n}${shown === '' ? '' : `.${shown}`}p${exponent < 0 ? '-' : '+'}${power}`
}

/** Go's %b: a whole number times a power of 2. */
export function binaryFloat(value: number): string {
  if (!Number.isFinite(value)) return formatFloat(value, 'e', 0)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const { fraction, exponent, isNormal } = partsOf(value)
  const power = exponent - 52
  return `${sign}${isNormal ? fraction + 2n ** 52n : fraction}p${power < 0 ? '' : '+'}${power}`
}
