import { formatFloat } from '../model/go-float-format.ts'

const four = (value: number) => formatFloat(value, 'g', 4)

/** Row R4.3: SI prefixes, four digits. */
export function humanize(given: number): string {
  if (given === 0 || !Number.isFinite(given)) return four(given)
  if (Math.abs(given) >= 1) return scaledUp(given, 1_000, ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'])
  return scaledDown(given)
}

export function humanize1024(given: number): string {
  if (Math.abs(given) <= 1 || !Number.isFinite(given)) return four(given)
  return scaledUp(given, 1_024, ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'])
}

export function percentage(given: number): string {
  return `${four(given * 100)}%`
}

function scaledUp(given: number, base: number, prefixes: readonly string[]): string {
  let value = given
  let prefix = ''
  for (const next of prefixes) {
    if (Math.abs(value) < base) break
    prefix = next
    value /= base
  }
  return four(value) + prefix
}

function scaledDown(given: number): string {
  let value = given
  let prefix = ''
  for (const next of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
    if (Math.abs(value) >= 1) break
    prefix = next
    value *= 1_000
  }
  return four(value) + prefix
}

/** Seconds as days, hours, minutes and seconds, or with four digits below a minute. */
export function humanizeDuration(given: number): string {
  if (!Number.isFinite(given)) return four(given)
  if (given === 0) return `${four(given)}s`
  if (Math.abs(given) < 1) return `${scaledDown(given)}s`
  const sign = given < 0 ? '-' : ''
  const size = Math.abs(given)
  // What no 64-bit integer holds becomes the least one, as where upstream runs.
  const whole = size >= 2 ** 63 ? -(2n ** 63n) : BigInt(Math.trunc(size))
  const [days, hours] = [whole / 86_400n, (whole / 3_600n) % 24n]
  const [minutes, seconds] = [(whole / 60n) % 60n, whole % 60n]
  if (days !== 0n) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`
  if (hours !== 0n) return `${sign}${hours}h ${minutes}m ${seconds}s`
  if (minutes !== 0n) return `${sign}${minutes}m ${seconds}s`
  return `${sign}${four(size)}s`
}
