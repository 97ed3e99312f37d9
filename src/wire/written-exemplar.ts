import protobuf from 'protobufjs/minimal.js'
import { NarthexError } from '../base/errors.ts'
import { type Exemplar, encodeExemplarLabels } from '../model/exemplar.ts'
import { int64, skip, unreadable } from './proto-fields.ts'
import { labelTexts } from './write-request.ts'

const tags = { label: 10, value: 17, timestamp: 24 } as const

/**
 * The exemplar (prompb.Exemplar) that stands there in a body. A timestamp of 0 is none, as upstream
 * has it. Throws BODY_INVALID.
 */
export function decodeWrittenExemplar(body: Uint8Array, start: number, end: number): Exemplar {
  const reader = protobuf.Reader.create(body.subarray(start, end))
  const texts: Uint8Array[] = []
  let value = 0
  let timestampMs = 0
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32()
      if (tag === tags.label) texts.push(...labelTexts(reader))
      else if (tag === tags.value) value = reader.double()
      else if (tag === tags.timestamp) timestampMs = int64(reader)
      else skip(reader, tag, tags)
    }
  } catch (thrown) {
    if (thrown instanceof NarthexError) throw thrown
    throw unreadable('exemplar', thrown)
  }
  return {
    labels: encodeExemplarLabels(texts),
    value,
    timestampMs,
    hasTimestamp: timestampMs !== 0,
  }
}
