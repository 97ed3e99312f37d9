import { goQuote } from './go-quote.ts'

/** A text that is no duration, in upstream's words. */
export class DurationError extends Error {
  override readonly name = 'DurationError'
}

const unitMs = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
} as const

const unitsMs: ReadonlyMap<string, number> = new Map(Object.entries(unitMs))

/** Upstream counts nanoseconds in 64 bits. */
const durationMsMax = 2 ** 63 / 1e6

/**
 * Milliseconds of a Prometheus duration: whole numbers of y w d h m s ms in that order, or `0`
 * (row C1.2). Throws DurationError.
 */
export function parseDurationMs(text: string): number {
  if (text === '0') return 0
  if (text === '') throw new DurationError('empty duration string')
  let sumMs = 0
  let finestMs = Number.POSITIVE_INFINITY
  for (let rest = text; rest !== ''; ) {
    const [part = '', count = '', unit = ''] = /^(\d+)(\D*)/.exec(rest) ?? []
    const lengthMs = unitsMs.get(unit)
    if (unit !== '' && lengthMs === undefined) {
      throw new DurationError(`unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`)
    }
    // From coarse to fine, each at most once.
    if (lengthMs === undefined || lengthMs >= finestMs || Number(count) >= 2 ** 64) {
      throw new DurationError(`not a valid duration string: ${goQuote(text)}`)
    }
    finestMs = lengthMs
    sumMs += Number(count) * lengthMs
    rest = rest.slice(part.length)
  }
  if (sumMs >= durationMsMax) throw new DurationError('duration out of range')
  return sumMs
}

/** The same, and a leading minus is allowed. */
export function parseSignedDurationMs(text: string): number {
  return text.startsWith('-') ? -parseDurationMs(text.slice(1)) : parseDurationMs(text)
}

/** The canonical text; years and weeks only where nothing is left over. */
export function printDurationMs(ms: number): string {
  if (ms === 0) return '0s'
  let rest = Math.abs(ms)
  let text = ms < 0 ? '-' : ''
  for (const [unit, length] of Object.entries(unitMs)) {
    const isCoarse = unit === 'y' || unit === 'w'
    if (rest < length || (isCoarse && rest % length !== 0)) continue
    text += `${Math.floor(rest / length)}${unit}`
    rest %= length
  }
  return text
}
