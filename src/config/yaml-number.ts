import type { YamlNode } from './yaml-node.ts'

/** What a plain scalar says to Go's decoder of YAML 1.1 as a number; undefined where it is none. */
export function yamlFloat(node: YamlNode): number | undefined {
  if (node.kind !== 'scalar' || !node.plain) return undefined
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(node.text)) {
    return node.text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (/^\.(?:nan|NaN|NAN)$/.test(node.text)) return Number.NaN
  const text = node.text.replaceAll('_', '')
  const integer = integerOf(text)
  if (integer !== undefined) return integer
  const isFloat = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)
  return isFloat && Number.isFinite(Number(text)) ? Number(text) : undefined
}

/** The same for a whole number of at most 64 bits: of a fraction what stands before the point. */
export function yamlInteger(node: YamlNode): number | undefined {
  const value = yamlFloat(node)
  if (value === undefined || !(Math.abs(value) <= 2 ** 64)) return undefined
  return Math.trunc(value) || 0
}

/** The same to the last digit; what rounds to the double 2^64 becomes 2^63, as Go converts it. */
export function yamlWhole(node: YamlNode): bigint | undefined {
  const value = yamlInteger(node)
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value)) return BigInt(value)
  const text = node.kind === 'scalar' ? node.text.replaceAll('_', '') : ''
  const exact = /^\+?[1-9]\d*$/.test(text) ? BigInt(text) : BigInt(value)
  return exact < 2n ** 64n ? exact : 2n ** 63n
}

/** A leading zero is octal, as everywhere in Go. */
function integerOf(text: string): number | undefined {
  const [, sign, digits = ''] =
    /^([-+]?)(\d+|0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)$/.exec(text) ?? []
  if (sign === undefined) return undefined
  const isOctal = /^0\d+$/.test(digits)
  // Digits that are not octal make it a float.
  if (isOctal && /[89]/.test(digits)) return undefined
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits)
  return sign === '-' ? -value : value
}
