import { crc32c } from '../../base/crc32c.ts'
import type { AppendFile } from '../../base/file-system.ts'

const bufferBytes = 1 << 20
/** The longest number: a varint of 64 bits. */
const numberBytesMax = 10

/**
 * Appends big-endian numbers and bytes to a file through one large buffer, and sums what is
 * written between startSum() and sum(). Ends with finish() or close(); closing again does nothing.
 */
export class BufferedFile {
  readonly #file: AppendFile
  readonly #bytes = new Uint8Array(bufferBytes)
  readonly #view = new DataView(this.#bytes.buffer)
  /** Bytes of the file before the buffer. */
  #flushed: number
  #fill = 0
  #sum = 0
  /** Where the buffer begins to be summed. */
  #sumFrom = 0
  #isOpen = true

  constructor(file: AppendFile) {
    this.#file = file
    this.#flushed = file.sizeBytes
  }

  /** Where the next byte will stand in the file. */
  get position(): number {
    return this.#flushed + this.#fill
  }

  startSum(): void {
    this.#sum = 0
    this.#sumFrom = this.#fill
  }

  /** CRC-32C of what was written since startSum. */
  sum(): number {
    this.#addToSum()
    return this.#sum
  }

  uint8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#fill++] = value
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#fill, value)
    this.#fill += 4
  }

  /** A whole number up to 2^53. */
  uint64(value: number): void {
    this.uint32(Math.floor(value / 2 ** 32))
    this.uint32(value >>> 0)
  }

  uvarint(value: number): void {
    this.#reserve(numberBytesMax)
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) {
      this.#bytes[this.#fill++] = (rest % 128) | 0x80
    }
    this.#bytes[this.#fill++] = rest
  }

  bytes(source: Uint8Array): void {
    if (source.length > bufferBytes) {
      this.#flush()
      this.#file.append(source)
      this.#sum = crc32c(source, 0, source.length, this.#sum)
      this.#flushed += source.length
      return
    }
    this.#reserve(source.length)
    this.#bytes.set(source, this.#fill)
    this.#fill += source.length
  }

  /** Zeros up to a multiple of `unit`. */
  pad(unit: number): void {
    while (this.position % unit !== 0) this.uint8(0)
  }

  /** Writes the rest, waits until it is on disk, and closes; answers the file's length. */
  finish(): number {
    this.#flush()
    this.#file.syncDataNow()
    this.close()
    return this.#flushed
  }

  /** Lets go of the file, whatever stands in it. */
  close(): void {
    // A descriptor that was closed may be somebody else's by now.
    if (this.#isOpen) this.#file.close()
    this.#isOpen = false
  }

  #reserve(bytes: number): void {
    if (this.#fill + bytes > bufferBytes) this.#flush()
  }

  #flush(): void {
    this.#addToSum()
    this.#file.append(this.#bytes.subarray(0, this.#fill))
    this.#flushed += this.#fill
    this.#fill = 0
    this.#sumFrom = 0
  }

  #addToSum(): void {
    this.#sum = crc32c(this.#bytes, this.#sumFrom, this.#fill, this.#sum)
    this.#sumFrom = this.#fill
  }
}

/** How many bytes Uvarint takes for a whole number up to 2^53. */
export function uvarintBytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) count++
  return count
}
