import { isUtf8 } from 'node:buffer'
import { ByteReader } from '../base/byte-reader.ts'
import { ByteWriter } from '../base/byte-writer.ts'
import { xxhash64 } from '../base/xxhash64.ts'
import { timestampMsMax } from './samples.ts'

/** Characters that the label names and values of an exemplar may have together (OpenMetrics). */
export const exemplarCharactersMax = 128

/** Their times may be far ahead of all samples; the log has them by their distances, which are exact so. */
export const exemplarTimeMsMax = timestampMsMax / 2

/** An exemplar on its way into a database; callers may use one again and again. */
export interface Exemplar {
  /** As encodeExemplarLabels makes them. */
  readonly labels: Uint8Array
  readonly value: number
  readonly timestampMs: number
  /** Whether its source told the time: else the same exemplar comes again with another one. */
  readonly hasTimestamp: boolean
}

/**
 * Labels from UTF-8 texts, name and value in turn, as bytes: a count of pairs, then each text with
 * its length before it, as in exemplar records (row T2.7). Sorted by name, without empty values.
 */
export function encodeExemplarLabels(texts: readonly Uint8Array[]): Uint8Array {
  const pairs: { readonly name: Uint8Array; readonly value: Uint8Array }[] = []
  for (let at = 0; at + 1 < texts.length; at += 2) {
    const [name = nothing, value = nothing] = texts.slice(at, at + 2)
    if (value.length > 0) pairs.push({ name, value })
  }
  pairs.sort((a, b) => Buffer.compare(a.name, b.name))
  const writer = new ByteWriter(64)
  writer.uvarint(pairs.length)
  for (const { name, value } of pairs) {
    for (const text of [name, value]) {
      writer.uvarint(text.length)
      writer.bytes(text)
    }
  }
  return writer.copy()
}

const nothing = new Uint8Array(0)
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Label names and values in turn, as views. */
function textsOf(labels: Uint8Array): readonly Uint8Array[] {
  const reader = new ByteReader(labels)
  const pairCount = reader.uvarint()
  return Array.from({ length: pairCount * 2 }, () => reader.uvarintBytes())
}

/** Names with their values, by the order of the names; a name may stand there twice. */
export function exemplarLabelPairs(labels: Uint8Array): readonly (readonly [string, string])[] {
  const texts = textsOf(labels).map((text) => utf8.decode(text))
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at < texts.length; at += 2) pairs.push([texts[at] ?? '', texts[at + 1] ?? ''])
  return pairs
}

/** Of names and values together. */
export function exemplarCharacters(labels: Uint8Array): number {
  return textsOf(labels).reduce((sum, text) => sum + charactersOf(text), 0)
}

function charactersOf(text: Uint8Array): number {
  if (!isUtf8(text)) return [...utf8.decode(text)].length
  let count = 0
  // Every byte but those that continue a character.
  for (const byte of text) if ((byte & 0xc0) !== 0x80) count++
  return count
}

/**
 * Upstream's hash of a label set (model/labels/labels_stringlabels.go): it decides the order of
 * exemplars that are alike in time and value.
 */
export function exemplarLabelsHash(labels: Uint8Array): bigint {
  const writer = new ByteWriter(labels.length + 8)
  for (const text of textsOf(labels)) {
    if (text.length < 255) writer.uint8(text.length)
    else {
      writer.uint8(255)
      for (const shift of [0, 8, 16]) writer.uint8((text.length >>> shift) & 0xff)
    }
    writer.bytes(text)
  }
  return xxhash64(writer.view())
}
