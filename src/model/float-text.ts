/**
 * A float as Prometheus' JSON API writes it: the shortest decimal that reads back as the same
 * number, never with an exponent (Go's FormatFloat with 'f', -1).
 */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const exponentAt = text.indexOf('e')
  return exponentAt < 0 ? text : withoutExponent(text, exponentAt)
}

/** JavaScript turns to exponents below 1e-6 and from 1e21 on. */
function withoutExponent(text: string, exponentAt: number): string {
  const exponent = Number(text.slice(exponentAt + 1))
  const sign = text.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = text.slice(sign.length, exponentAt).split('.')
  const digits = whole + fraction
  const point = whole.length + exponent
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * The value of a sample or an exemplar as upstream's JSON has it: with an exponent of at least two
 * digits below 1e-6 and from 1e21 on.
 */
export function jsonFloatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const exponent = text.indexOf('e')
  // JavaScript changes to exponents where Go does, but writes 1e-7 for Go's 1e-07.
  if (exponent < 0 || text.length - exponent > 3) return text
  return `${text.slice(0, exponent + 2)}0${text.slice(exponent + 2)}`
}

/** Go's %g: the shortest digits, with an exponent below 1e-4 and from 1e6 on where digits end. */
export function goG(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const size = Math.abs(value)
  // Where JavaScript writes no exponent either.
  if (size >= 1e-4 && size < 1e6) return String(value)
  const text = value.toExponential()
  const at = text.indexOf('e')
  const exponent = Number(text.slice(at + 1))
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${text.slice(0, at)}e${exponent < 0 ? '-' : '+'}${digits}`
}

/** Go's %e with the shortest digits: 1.5e+00. */
export function goE(value: number): string {
  if (!Number.isFinite(value) || value === 0) {
    const text = floatText(value)
    return Number.isFinite(value) ? `${text}e+00` : text
  }
  const text = value.toExponential()
  const at = text.indexOf('e') + 2
  return text.slice(0, at) + text.slice(at).padStart(2, '0')
}
