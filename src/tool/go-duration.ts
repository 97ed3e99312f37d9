import { InvalidArgumentError } from 'commander'

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** As Go reads durations, such as 1h30m or 1.5s. */
export function goDurationMs(text: string): number {
  if (text === '0') return 0
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g
  if (text === '' || text.replace(part, '') !== '') {
    throw new InvalidArgumentError('It takes a duration such as 15s or 1h30m.')
  }
  let sum = 0
  for (const [, digits, unit = ''] of text.matchAll(part))
    sum += Number(digits) * (unitsMs[unit] ?? 0)
  return sum
}
