import { xxhash64 } from '../base/xxhash64.ts'
import { bytesOfText } from './byte-text.ts'
import type { Labels } from './labels.ts'
import { labelsText } from './labels-text.ts'

/** What decides about the offset of a target. */
export interface ScrapeAddress {
  /** With those that start in two underscores. */
  readonly allLabels: Labels
  readonly url: { readonly text: string }
  readonly intervalMs: number
}

/**
 * Moves the scrapes of every server, so that two with the same targets do not scrape them at the same
 * time: by the host's full name and the external labels (row S2.1, upstream scrape/manager.go).
 */
export function offsetSeed(hostName: string, externalLabels: Labels): bigint {
  return fnv1a(Buffer.from(hostName + labelsText(externalLabels)))
}

/**
 * Where in its interval, by the wall clock, a target is scraped, in milliseconds: the same at every
 * start, and the same as Prometheus 3.14 of that host and those labels has it (scrape/target.go).
 */
export function scrapeOffsetMs(target: ScrapeAddress, seed: bigint): number {
  const { allLabels, intervalMs, url } = target
  const labelsHash = xxhash64(encodedLabels(allLabels)).toString().padStart(16, '0')
  const hash = fnv1a(Buffer.from(labelsHash + url.text))
  return Number((hash ^ seed) % BigInt(intervalMs * 1_000_000)) / 1e6
}

/** Lengths and texts in turn, as upstream holds labels: lengths of 255 bytes and more in four bytes. */
function encodedLabels(labels: Labels): Uint8Array {
  let bytes = ''
  for (const pair of labels.entries()) {
    for (const text of pair.map(bytesOfText)) bytes += encodedLength(text.length) + text
  }
  return Buffer.from(bytes, 'latin1')
}

function encodedLength(length: number): string {
  if (length < 255) return String.fromCharCode(length)
  return String.fromCharCode(255, length & 255, (length >>> 8) & 255, (length >>> 16) & 255)
}

/** FNV-1a of 64 bits, by halves: its prime is 2^40 + 0x1b3. */
function fnv1a(bytes: Uint8Array): bigint {
  let low = 0x84222325
  let high = 0xcbf29ce4
  for (const byte of bytes) {
    low = (low ^ byte) >>> 0
    const product = low * 0x1b3
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0
    low = product >>> 0
  }
  return (BigInt(high) << 32n) | BigInt(low)
}
