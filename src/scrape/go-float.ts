import { limits } from '../base/limits.ts'
import { goQuoteBytes } from '../model/go-quote.ts'

/** A text that Go's ParseFloat refuses; the message is Go's. */
export class FloatError extends Error {
  override readonly name = 'FloatError'
}

/**
 * A float as Go's ParseFloat reads it, before Go 1.13's additions, of text that is latin1 of its
 * bytes. Throws FloatError.
 */
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
  const { pageExcerptBytesMax: max } = limits
  const quoted = goQuoteBytes(Buffer.from(text.slice(0, max), 'latin1'))
  const shown = text.length > max ? `${quoted}...` : quoted
  return new FloatError(`strconv.ParseFloat: parsing ${shown}: ${reason}`)
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
