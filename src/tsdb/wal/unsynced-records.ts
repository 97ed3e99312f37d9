interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>
  length: number
}

/**
 * What was logged since the last sync, as it stands in the log, in case that the sync fails: then
 * nobody knows what is on disk, and it is written again elsewhere. Records are appended; a sync
 * that begins covers what is there then, and takes it out when it succeeds. They stand in pieces of
 * memory that are used again, as many as the last sync covered.
 */
export class UnsyncedRecords {
  readonly #pieces: Piece[] = []
  readonly #spares: Piece[] = []
  #length = 0
  #coveredPieces = 0
  #coveredBytes = 0

  get bytes(): number {
    return this.#length
  }

  add(record: Uint8Array, flags: number): void {
    const needed = entryHeaderBytes + record.length
    const piece = this.#pieceWith(needed)
    const { bytes, length } = piece
    const view = new DataView(bytes.buffer)
    view.setUint8(length, flags)
    view.setUint32(length + 1, record.length)
    bytes.set(record, length + entryHeaderBytes)
    piece.length += needed
    this.#length += needed
  }

  /** Forgets what was added since there were so many bytes: a batch that was refused. */
  cutBack(bytes: number): void {
    for (let piece = this.#pieces.at(-1); piece !== undefined; piece = this.#pieces.at(-1)) {
      const cut = Math.min(this.#length - bytes, piece.length)
      this.#length -= cut
      piece.length -= cut
      if (piece.length > 0) return
      this.#pieces.pop()
    }
  }

  syncBegins(): void {
    this.#coveredPieces = this.#pieces.length
    this.#coveredBytes = this.#length
  }

  /** All that was there when the sync began is on disk. */
  syncSucceeded(): void {
    const covered = this.#pieces.splice(0, this.#coveredPieces)
    this.#length -= this.#coveredBytes
    this.#coveredPieces = 0
    this.#coveredBytes = 0
    const usual = covered.filter(({ bytes }) => bytes.length === pieceBytes)
    this.#spares.push(...usual)
    this.#spares.length = Math.min(this.#spares.length, usual.length)
  }

  clear(): void {
    this.#pieces.length = 0
    this.#length = 0
    this.#coveredPieces = 0
    this.#coveredBytes = 0
  }

  /** Views of the records in their order. */
  each(visit: (record: Uint8Array, flags: number) => void): void {
    for (const { bytes, length } of this.#pieces) {
      const view = new DataView(bytes.buffer)
      for (let at = 0; at < length; ) {
        const start = at + entryHeaderBytes
        const end = start + view.getUint32(at + 1)
        visit(bytes.subarray(start, end), view.getUint8(at))
        at = end
      }
    }
  }

  /** The last piece, or a new one: what a sync covers is not gone on with. */
  #pieceWith(needed: number): Piece {
    const last = this.#pieces.at(-1)
    const isOpen = last !== undefined && this.#pieces.length > this.#coveredPieces
    if (isOpen && last.bytes.length - last.length >= needed) return last
    const spare = needed <= pieceBytes ? this.#spares.pop() : undefined
    const bytes = spare?.bytes ?? new Uint8Array(Math.max(pieceBytes, needed))
    const piece = { bytes, length: 0 }
    this.#pieces.push(piece)
    return piece
  }
}

const pieceBytes = 1 << 18
/** One byte of flags, four of length. */
const entryHeaderBytes = 5
