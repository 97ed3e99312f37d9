import type { Located } from './field-reader.ts'
import { ConfigProblem } from './problem.ts'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/**
 * Bytes of a size such as 512MB or 1GiB: powers of 1024 either way, a unit is required, only 0 may
 * stand alone (row C1.2). Throws ConfigProblem at the place.
 */
export function parseSizeBytes(text: string, at: Located): number {
  const fail = (message: string) =>
    new ConfigProblem(message, { line: at.node.line, path: at.path }, at.node)
  const negative = text.startsWith('-')
  let rest = text.replace(/^[-+]/, '')
  if (rest === '0') return 0
  if (rest === '') throw fail(`units: invalid ${text}`)
  let bytes = 0
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)
    if (match === null) throw fail(`units: invalid ${text}`)
    const [whole, amount = '', unit = ''] = match
    const power = units.findIndex((name) => name === unit || name.replace('i', '') === unit)
    if (power < 0) throw fail(`units: unknown unit ${unit} in ${text}`)
    bytes += Number(amount) * 1024 ** power
    if (bytes >= 2 ** 63) throw fail('units: overflow parsing unit')
    rest = rest.slice(whole.length)
  }
  return Math.trunc(negative ? -bytes : bytes)
}

/** The canonical text that upstream prints: the largest units first, such as 1GiB512MiB. */
export function printSizeBytes(bytes: number): string {
  if (bytes === 0) return '0B'
  let text = bytes < 0 ? '-' : ''
  let rest = Math.abs(bytes)
  for (let power = units.length - 1; power >= 0; power--) {
    const amount = Math.floor(rest / 1024 ** power)
    if (amount > 0) text += `${amount}${units[power]}`
    rest -= amount * 1024 ** power
  }
  return text
}
