import type protobuf from 'protobufjs/minimal.js'
import { messageOf, NarthexError } from '../base/errors.ts'

type Reader = protobuf.Reader

/** Passes over an unknown field; a known one only comes here when its wire type is wrong. */
export function skip(reader: Reader, tag: number, known: Readonly<Record<string, number>>): void {
  const isKnown = Object.values(known).some((one) => one >>> 3 === tag >>> 3)
  if (isKnown || tag >>> 3 === 0) throw invalid(`field ${tag >>> 3} has wire type ${tag & 7}`)
  reader.skipType(tag & 7)
}

/** A 64-bit varint as a number, exact to 2^53; unlike reader.int64 it makes no object. */
export function int64(reader: Reader): number {
  let [low, middle, high] = [0, 0, 0]
  for (let index = 0; index < 10; index++) {
    const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined
    if (byte === undefined) throw cutOff()
    if (index < 4) low |= (byte & 0x7f) << (7 * index)
    else if (index < 8) middle |= (byte & 0x7f) << (7 * (index - 4))
    else high |= (byte & 0x7f) << (7 * (index - 8))
    if (byte < 0x80) return joined(low, middle, high & 0xff)
  }
  throw invalid('a number of more than ten bytes')
}

/** 28, 28 and 8 bits of a two's complement; what is negative is inverted before bits are lost. */
function joined(low: number, middle: number, high: number): number {
  if (high < 0x80) return low + middle * 2 ** 28 + high * 2 ** 56
  const mask = 2 ** 28 - 1
  return -((~low & mask) + (~middle & mask) * 2 ** 28 + (~high & 0xff) * 2 ** 56 + 1)
}

/** The tag of a field; those of the first fifteen fields are one byte. */
export function tagOf(reader: Reader): number {
  const byte = reader.buf[reader.pos] ?? 0x80
  if (byte >= 0x80 || reader.pos >= reader.len) return reader.uint32()
  reader.pos++
  return byte
}

export function endOf(reader: Reader): number {
  const length = tagOf(reader)
  const end = reader.pos + length
  if (end > reader.len) throw cutOff()
  return end
}

/** In the words of Go's servers. */
export function cutOff(): NarthexError {
  return new NarthexError('BODY_INVALID', 'unexpected EOF')
}

export function invalid(what: string): NarthexError {
  return new NarthexError('BODY_INVALID', `protobuf: ${what}`)
}

/** What protobufjs threw, in the words of Go's servers where the message ends too early. */
export function unreadable(what: string, thrown: unknown): NarthexError {
  const isCutOff = thrown instanceof RangeError && thrown.message.startsWith('index out of range')
  const words = isCutOff ? 'unexpected EOF' : `${what}: ${messageOf(thrown)}`
  return new NarthexError('BODY_INVALID', words, { cause: thrown })
}

export function tooMany(what: string, most: number): NarthexError {
  return new NarthexError('BODY_TOO_LARGE', `write request of more than ${most} ${what}`)
}

export function doubled(column: Uint32Array): Uint32Array {
  const larger = new Uint32Array(column.length * 2)
  larger.set(column)
  return larger
}
