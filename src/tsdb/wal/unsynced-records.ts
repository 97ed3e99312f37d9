import { grownBytes } from '../../base/grown-bytes.ts'

/**
 * What was logged since the last sync, as it stands in the log, in case that the sync fails: then
 * nobody knows what is on disk, and it is written again elsewhere. Records are appended; a sync
 * that begins covers what is there then, and takes it out when it succeeds.
 */
export class UnsyncedRecords {
  #bytes = new Uint8Array(1 << 16)
  #length = 0
  #covered = 0

  get bytes(): number {
    return this.#length
  }

  add(record: Uint8Array, flags: number): void {
    this.#reserve(entryHeaderBytes + record.length)
    const view = new DataView(this.#bytes.buffer)
    view.setUint8(this.#length, flags)
    view.setUint32(this.#length + 1, record.length)
    this.#bytes.set(record, this.#length + entryHeaderBytes)
    this.#length += entryHeaderBytes + record.length
  }

  /** Forgets what was added since there were so many bytes: a batch that was refused. */
  cutBack(bytes: number): void {
    this.#length = bytes
  }

  syncBegins(): void {
    this.#covered = this.#length
  }

  /** All that was there when the sync began is on disk. */
  syncSucceeded(): void {
    this.#bytes.copyWithin(0, this.#covered, this.#length)
    this.#length -= this.#covered
    this.#covered = 0
  }

  clear(): void {
    this.#length = 0
    this.#covered = 0
  }

  /** Views of the records in their order. */
  each(visit: (record: Uint8Array, flags: number) => void): void {
    const view = new DataView(this.#bytes.buffer)
    for (let at = 0; at < this.#length; ) {
      const start = at + entryHeaderBytes
      const end = start + view.getUint32(at + 1)
      visit(this.#bytes.subarray(start, end), view.getUint8(at))
      at = end
    }
  }

  #reserve(more: number): void {
    this.#bytes = grownBytes(this.#bytes, this.#length, this.#length + more)
  }
}

/** One byte of flags, four of length. */
const entryHeaderBytes = 5
