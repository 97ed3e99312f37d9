import { randomFillSync } from 'node:crypto'
import { assert } from '../../base/assert.ts'
import type { Clock } from '../../base/clock.ts'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const timeMsMax = 2 ** 48 - 1
const randomBytes = 10

/**
 * The name of a block (row T5.7): ten characters of milliseconds, so that names sort by time, and
 * sixteen of chance, in Crockford's base 32. `random` are ten bytes.
 */
export function makeUlid(timeMs: number, random: Uint8Array): string {
  assert(timeMs >= 0 && timeMs <= timeMsMax, `no time of a ULID: ${timeMs}`)
  assert(random.length === randomBytes, `a ULID takes ten random bytes, got ${random.length}`)
  let text = ''
  let rest = Math.floor(timeMs)
  for (let index = 0; index < 10; index++) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  let bits = 0
  let width = 0
  for (const byte of random) {
    bits = (bits << 8) | byte
    for (width += 8; width >= 5; width -= 5) text += alphabet.charAt((bits >>> (width - 5)) & 31)
    bits &= (1 << width) - 1
  }
  return text
}

/** The latest name of this thread. */
const latest = { timeMs: -1, random: new Uint8Array(randomBytes) }

/** Of two that a thread makes within a millisecond, too, the later one sorts behind the other. */
export function newUlid(clock: Clock): string {
  const timeMs = Math.floor(clock.wallMs())
  if (timeMs === latest.timeMs) increment(latest.random)
  else {
    latest.timeMs = timeMs
    randomFillSync(latest.random)
    // Room to count: names beyond the last are none.
    latest.random[0] = (latest.random[0] ?? 0) & 0x7f
  }
  return makeUlid(timeMs, latest.random)
}

function increment(bytes: Uint8Array): void {
  for (let at = bytes.length - 1; at >= 0; at--) {
    const sum = (bytes[at] ?? 0) + 1
    bytes[at] = sum
    if (sum <= 0xff) return
  }
}

/** Whether a name is a ULID; what is none is not a block's directory. */
export function isUlid(text: string): boolean {
  // Ten characters hold 50 bits, a time has 48: the first one is at most 7.
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text)
}

/** The milliseconds that a ULID begins with. */
export function ulidTimeMs(ulid: string): number {
  assert(isUlid(ulid), `not a ULID: ${ulid}`)
  let timeMs = 0
  for (const character of ulid.slice(0, 10).toUpperCase()) {
    timeMs = timeMs * 32 + alphabet.indexOf(character)
  }
  return timeMs
}
