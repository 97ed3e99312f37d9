import type { YamlNode, YamlScalar } from './yaml-node.ts'
import { yamlFloat } from './yaml-number.ts'

const timestamp =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)(?:Z|[+-]\d{2}:\d{2})?)?$/
/** What YAML 1.1 calls a boolean. */
export const oldBooleans =
  /^(?:y|Y|n|N|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/
const shownMax = 10
const cutTo = 7

/** A value that cannot be what is wanted, in the words of Go's decoder; `wanted` is a type of Go. */
export function mismatchWords(node: YamlNode, wanted: string, booleans: RegExp): string {
  if (node.kind !== 'scalar') {
    return `cannot unmarshal ${node.kind === 'map' ? '!!map' : '!!seq'} into ${wanted}`
  }
  const written = node.tag === '!!binary' ? Buffer.from(node.text).toString('base64') : node.text
  const shown = written.length > shownMax ? `${written.slice(0, cutTo)}...` : written
  return `cannot unmarshal ${tagOf(node, booleans)} \`${shown}\` into ${wanted}`
}

/** What Go's decoder takes a scalar for. */
function tagOf(node: YamlScalar, booleans: RegExp): string {
  if (node.tag !== undefined) return node.tag
  if (!node.plain) return '!!str'
  if (booleans.test(node.text)) return '!!bool'
  if (timestamp.test(node.text)) return '!!timestamp'
  if (yamlFloat(node) === undefined) return '!!str'
  return isInteger(node) ? '!!int' : '!!float'
}

/** Whole, and of 64 bits. */
function isInteger(node: YamlScalar): boolean {
  const text = node.text.replaceAll('_', '')
  const [, sign, digits = ''] =
    /^([-+]?)(0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/.exec(text) ?? []
  // Digits that are not octal make it a float.
  if (digits === '' || /^0\d*[89]/.test(digits)) return false
  const value = BigInt(/^0\d/.test(digits) ? `0o${digits}` : digits)
  return value < (sign === '-' ? 2n ** 63n + 1n : 2n ** 64n)
}
