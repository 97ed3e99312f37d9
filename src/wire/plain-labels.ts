import type { LabelTexts } from '../model/label-texts.ts'

const labelTag = 0x0a
const nameTag = 0x0a
const valueTag = 0x12
/** What a length of two bytes is at most. */
const lengthMax = 0x3fff

/**
 * Reads labels as senders write them from body[start .. end): name, then value, names ascending and
 * unique, nothing empty, all of it ASCII. Answers false for every other form, right or wrong, which
 * decodeLabels is for.
 */
export function readPlainLabels(
  body: Uint8Array,
  start: number,
  end: number,
  into: LabelTexts,
): boolean {
  into.begin(body)
  let at = start
  while (at < end) {
    if (body[at] !== labelTag) return false
    const length = shortLength(body, at + 1)
    at += length < 0x80 ? 2 : 3
    const labelEnd = at + length
    if (length < 0 || labelEnd > end || body[at] !== nameTag) return false
    const nameLength = shortLength(body, at + 1)
    const nameStart = at + (nameLength < 0x80 ? 2 : 3)
    const nameEnd = nameStart + nameLength
    if (nameLength <= 0 || nameEnd >= labelEnd || body[nameEnd] !== valueTag) return false
    const valueLength = shortLength(body, nameEnd + 1)
    const valueStart = nameEnd + (valueLength < 0x80 ? 2 : 3)
    if (valueLength <= 0 || valueStart + valueLength !== labelEnd) return false
    if (!isAscii(body, nameStart, nameEnd) || !isAscii(body, valueStart, labelEnd)) return false
    if (!isBehindLast(body, nameStart, nameEnd, into)) return false
    into.add(nameStart, nameEnd)
    into.add(valueStart, labelEnd)
    at = labelEnd
  }
  return into.count > 0
}

/** A length of one or two bytes; -1 for a longer one. */
function shortLength(body: Uint8Array, at: number): number {
  const low = body[at] ?? 0
  if (low < 0x80) return low
  const high = body[at + 1] ?? 0x80
  const length = (low & 0x7f) | (high << 7)
  return high < 0x80 && length >= 0x80 && length <= lengthMax ? length : -1
}

function isAscii(body: Uint8Array, start: number, end: number): boolean {
  let bits = 0
  for (let at = start; at < end; at++) bits |= body[at] ?? 0
  return bits < 0x80
}

/** Whether body[start .. end) comes after the name of the label before it, by bytes. */
function isBehindLast(body: Uint8Array, start: number, end: number, before: LabelTexts): boolean {
  if (before.count === 0) return true
  const last = before.count - 2
  const shift = before.start(last) - start
  const shorter = Math.min(end, before.end(last) - shift)
  for (let at = start; at < shorter; at++) {
    const [byte, lastByte] = [body[at] ?? 0, body[at + shift] ?? 0]
    if (byte !== lastByte) return byte > lastByte
  }
  return end > shorter
}
