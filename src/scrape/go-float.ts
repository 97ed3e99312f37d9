/** Powers of ten that a double holds exactly. */
const powersOfTen = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`))

/** A text that Go's ParseFloat refuses; the message is Go's. */
export class FloatError extends Error {
  override readonly name = 'FloatError'
}

/**
 * A plain decimal (`-12.5e+03`) that ends before a blank or a line break: written to `into[index]`;
 * answers where it ends, or -1 for everything else, which parseGoFloat decides. At most 15 digits
 * and a power of ten up to 22 make one exact operation (Clinger); more digits go through Number.
 */
export function scanDecimal(
  bytes: Uint8Array,
  from: number,
  into: Float64Array,
  index: number,
): number {
  let at = from
  const isNegative = bytes[at] === 0x2d
  if (isNegative) at++
  const first = at
  let mantissa = 0
  let byte = bytes[at] ?? 0
  while (byte >= 0x30 && byte <= 0x39) {
    mantissa = mantissa * 10 + (byte - 0x30)
    byte = bytes[++at] ?? 0
  }
  let digits = at - first
  let scale = 0
  if (byte === 0x2e) {
    const point = at
    byte = bytes[++at] ?? 0
    while (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + (byte - 0x30)
      byte = bytes[++at] ?? 0
    }
    scale = point + 1 - at
    digits -= scale
  }
  if (digits === 0) return -1
  if (byte === 0x65) {
    const sign = bytes[at + 1]
    const isDown = sign === 0x2d
    let digitAt = at + (isDown || sign === 0x2b ? 2 : 1)
    const exponentAt = digitAt
    let exponent = 0
    byte = bytes[digitAt] ?? 0
    while (byte >= 0x30 && byte <= 0x39 && exponent < 1_000) {
      exponent = exponent * 10 + (byte - 0x30)
      byte = bytes[++digitAt] ?? 0
    }
    if (digitAt === exponentAt) return -1
    scale += isDown ? -exponent : exponent
    at = digitAt
  }
  if (byte !== 0x0a && byte !== 0x20 && byte !== 0x09) return -1
  if (digits > 15 || scale > 22 || scale < -22) return longDecimal(bytes, from, at, into, index)
  const power = powersOfTen[scale < 0 ? -scale : scale] ?? 1
  const value = scale < 0 ? mantissa / power : mantissa * power
  into[index] = isNegative ? -value : value
  return at
}

function longDecimal(
  bytes: Uint8Array,
  from: number,
  to: number,
  into: Float64Array,
  index: number,
): number {
  // One string for the number; joining characters would make one for each of them.
  const view = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset)
  const text = view.toString('latin1', from, to)
  const value = Number(text)
  if (!Number.isFinite(value)) return -1
  into[index] = value
  return to
}

/** A float as Go's ParseFloat reads it, before Go 1.13's additions. Throws FloatError. */
export function parseGoFloat(text: string): number {
  if (/[pP_]/.test(text)) throw new FloatError('unsupported character in float')
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) {
    const value = Number(text)
    if (!Number.isFinite(value)) throw floatError(text, 'value out of range')
    return value
  }
  if (/^\+?inf(?:inity)?$/i.test(text)) return Infinity
  if (/^-inf(?:inity)?$/i.test(text)) return -Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  throw floatError(text, 'invalid syntax')
}

function floatError(text: string, reason: string): FloatError {
  return new FloatError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: ${reason}`)
}

/**
 * The value of `le` and `quantile` labels as OpenMetrics writes it, always with a point or an
 * exponent: 1.0, 0.25, 1e+06, +Inf (row S1.10).
 */
export function openMetricsFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 6) {
    const size = String(Math.abs(exponent)).padStart(2, '0')
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`
  }
  const text = String(value)
  return text.includes('.') ? text : `${text}.0`
}
