import type protobuf from 'protobufjs/minimal.js'
import { endOf } from './proto-fields.ts'

/**
 * Remembers in `places` (start and end in turn) where the message is that the reader stands at, and
 * passes it. Answers the column, which may be another one by then.
 */
export function addPlace(reader: protobuf.Reader, places: Uint32Array, place: number): Uint32Array {
  const into = withRoom(places, place)
  const end = endOf(reader)
  into[place * 2] = reader.pos
  into[place * 2 + 1] = end
  reader.pos = end
  return into
}

/** The column, or a larger one with the same in it. */
export function withRoom(places: Uint32Array, place: number): Uint32Array {
  if (place * 2 + 1 < places.length) return places
  const larger = new Uint32Array(places.length * 2)
  larger.set(places)
  return larger
}
