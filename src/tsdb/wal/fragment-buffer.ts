import { grownBytes } from '../../base/grown-bytes.ts'
import { chunkChecksum } from '../../kernels/chunks.ts'
import { fragment, fragmentHeaderBytes, pageBytes } from './segment-files.ts'

/**
 * Records cut into the fragments of their pages, to be written in one piece: begin() says where in
 * the segment the bytes will stand, since a fragment never crosses a page.
 */
export class FragmentBuffer {
  #bytes = new Uint8Array(2 * pageBytes)
  #length = 0
  #start = 0
  /** Of the record that was added last: where its first fragment stands, and that one's checksum. */
  recordStart = 0
  recordChecksum = 0
  /** Fragments that were ever added, and their bytes with their headers. */
  readonly counts = { parts: 0, partBytes: 0 }

  begin(offsetInSegment: number): void {
    this.#start = offsetInSegment
    this.#length = 0
  }

  get length(): number {
    return this.#length
  }

  /** Where in the segment the next fragment would stand. */
  get offset(): number {
    return this.#start + this.#length
  }

  /** What was added, in the buffer's own memory: valid until the next begin or add. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** `flags` say how the bytes are compressed. */
  add(bytes: Uint8Array, flags: number): void {
    let at = 0
    let isFirst = true
    do {
      let room = pageBytes - (this.offset % pageBytes)
      if (room < fragmentHeaderBytes) {
        this.#pad(room)
        room = pageBytes
      }
      const length = Math.min(bytes.length - at, room - fragmentHeaderBytes)
      const isLast = at + length === bytes.length
      if (isFirst) this.recordStart = this.offset
      const sum = this.#fragment(kindOf(isFirst, isLast) | flags, bytes, at, at + length)
      if (isFirst) this.recordChecksum = sum
      at += length
      isFirst = false
    } while (at < bytes.length)
  }

  /** Zeros to the end of the page, unless one ends here. */
  padPage(): void {
    const inPage = this.offset % pageBytes
    if (inPage > 0) this.#pad(pageBytes - inPage)
  }

  /** Answers its checksum. */
  #fragment(type: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    this.#reserve(fragmentHeaderBytes + length)
    const into = this.#bytes
    let at = this.#length
    const sum = chunkChecksum(bytes, start, end)
    into[at++] = type
    into[at++] = length >>> 8
    into[at++] = length & 0xff
    into[at++] = sum >>> 24
    into[at++] = (sum >>> 16) & 0xff
    into[at++] = (sum >>> 8) & 0xff
    into[at++] = sum & 0xff
    into.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at)
    this.#length = at + length
    this.counts.parts++
    this.counts.partBytes += fragmentHeaderBytes + length
    return sum
  }

  #pad(count: number): void {
    this.#reserve(count)
    this.#bytes.fill(0, this.#length, this.#length + count)
    this.#length += count
  }

  #reserve(more: number): void {
    this.#bytes = grownBytes(this.#bytes, this.#length, this.#length + more)
  }
}

function kindOf(isFirst: boolean, isLast: boolean): number {
  if (isFirst) return isLast ? fragment.full : fragment.first
  return isLast ? fragment.last : fragment.middle
}

/** How long a record may be that begins at the offset and still ends in the segment. */
export function roomInSegment(offset: number, segmentBytesMax: number): number {
  const left = segmentBytesMax - offset
  const inPage = left % pageBytes
  const wholePages = Math.floor(left / pageBytes)
  return wholePages * (pageBytes - fragmentHeaderBytes) + Math.max(0, inPage - fragmentHeaderBytes)
}
