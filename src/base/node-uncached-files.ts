import * as fs from 'node:fs'
import { join } from 'node:path'
import { messageOf, NarthexError } from './errors.ts'
import type { AppendFile, FileSystem, ReadFile } from './file-system.ts'
import { nodeFileSystem } from './node-file-system.ts'

/** Of memory, offsets and lengths: what every disk is content with that takes direct I/O. */
const alignment = 4096
/** Memory of WebAssembly begins at a page, which no other of JavaScript's promises. */
const wasmPageBytes = 65_536
const bufferBytes = 1 << 20

/** Files that are read and written past the page cache; not on every system, nor on every disk. */
const direct: number | undefined = fs.constants.O_DIRECT

export interface UncachedFault {
  /** Then no folder's can. */
  readonly isOfSystem: boolean
  readonly reason: string
}

/**
 * Why files of a folder that exists cannot be written past the page cache; undefined where they can.
 */
export function uncachedFault(directory: string): UncachedFault | undefined {
  if (direct === undefined) return { isOfSystem: true, reason: 'the system has no direct I/O' }
  if (typeof WebAssembly === 'undefined') {
    return { isOfSystem: true, reason: 'there is no WebAssembly, whose memory is aligned' }
  }
  const path = join(directory, `.narthex-uncached-${process.pid}.tmp`)
  try {
    const file = new UncachedAppendFile(path, direct)
    try {
      file.append(new Uint8Array(alignment + 1))
      file.syncDataNow()
    } finally {
      file.close()
    }
    return undefined
  } catch (thrown) {
    return { isOfSystem: false, reason: messageOf(thrown) }
  } finally {
    fs.rmSync(path, { force: true })
  }
}

/**
 * The real disk, but for the files that `isUncached` names: those that are made new go past the page
 * cache, as do reads of them. What is appended to one may wait in memory until it is synced.
 */
export function uncachedFileSystem(isUncached: (path: string) => boolean): FileSystem {
  if (direct === undefined) return nodeFileSystem
  const flag = direct
  return {
    ...nodeFileSystem,
    openAppend: (path, options) =>
      options?.exclusive === true && isUncached(path)
        ? new UncachedAppendFile(path, flag)
        : nodeFileSystem.openAppend(path, options),
    openRead: (path) =>
      isUncached(path) ? new UncachedReadFile(path, flag) : nodeFileSystem.openRead(path),
  }
}

/** Each takes some gigabytes of addresses: they are used again. */
const spare: Uint8Array[] = []

function alignedBytes(): Uint8Array {
  const used = spare.pop()
  if (used !== undefined) return used
  const memory = new WebAssembly.Memory({ initial: bufferBytes / wasmPageBytes })
  return new Uint8Array(memory.buffer)
}

function writeAll(descriptor: number, bytes: Uint8Array, length: number, place: number): void {
  let written = 0
  while (written < length) {
    const got = fs.writeSync(descriptor, bytes, written, length - written, place + written)
    // Behind a short write the rest may not be aligned: the page it ends in is written again.
    const whole = got - (got % alignment)
    if (whole === 0)
      throw new NarthexError('BACKGROUND_JOB', `the disk took ${got} bytes of a page`)
    written += whole
  }
}

/** Writes whole buffers; the last one is filled up with zeros, which are cut off again. */
class UncachedAppendFile implements AppendFile {
  readonly #descriptor: number
  readonly #bytes = alignedBytes()
  #fill = 0
  /** Bytes before the buffer. */
  #written = 0

  constructor(path: string, flag: number) {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants
    this.#descriptor = fs.openSync(path, O_RDWR | O_CREAT | O_EXCL | flag, 0o666)
  }

  get sizeBytes(): number {
    return this.#written + this.#fill
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const taken = Math.min(bytes.length - from, bufferBytes - this.#fill)
      this.#bytes.set(bytes.subarray(from, from + taken), this.#fill)
      this.#fill += taken
      from += taken
      if (this.#fill < bufferBytes) continue
      writeAll(this.#descriptor, this.#bytes, bufferBytes, this.#written)
      this.#written += bufferBytes
      this.#fill = 0
    }
  }

  /** The buffer stays: what is appended next is written over the zeros behind it. */
  #flush(): void {
    const length = Math.ceil(this.#fill / alignment) * alignment
    if (length === 0) return
    this.#bytes.fill(0, this.#fill, length)
    writeAll(this.#descriptor, this.#bytes, length, this.#written)
    fs.ftruncateSync(this.#descriptor, this.sizeBytes)
  }

  async syncData(): Promise<void> {
    this.#flush()
    await new Promise<void>((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (thrown) => (thrown === null ? resolve() : reject(thrown)))
    })
  }

  syncDataNow(): void {
    this.#flush()
    fs.fdatasyncSync(this.#descriptor)
  }

  truncate(lengthBytes: number): void {
    const whole = lengthBytes - (lengthBytes % bufferBytes)
    if (whole !== this.#written) this.#goBackTo(whole, lengthBytes)
    this.#fill = lengthBytes - this.#written
    fs.ftruncateSync(this.#descriptor, lengthBytes)
  }

  /** Into a buffer that was written before. */
  #goBackTo(start: number, lengthBytes: number): void {
    const needed = Math.ceil((lengthBytes - start) / alignment) * alignment
    fs.readSync(this.#descriptor, this.#bytes, 0, needed, start)
    this.#written = start
  }

  close(): void {
    fs.closeSync(this.#descriptor)
    spare.push(this.#bytes)
  }
}

class UncachedReadFile implements ReadFile {
  readonly #descriptor: number
  readonly #bytes = alignedBytes()
  readonly sizeBytes: number

  constructor(path: string, flag: number) {
    this.#descriptor = fs.openSync(path, fs.constants.O_RDONLY | flag)
    this.sizeBytes = fs.fstatSync(this.#descriptor).size
  }

  read(into: Uint8Array, offsetBytes: number): number {
    let filled = 0
    while (filled < into.length) {
      const place = offsetBytes + filled
      const skipped = place % alignment
      const wanted = Math.min(bufferBytes, skipped + into.length - filled)
      const length = Math.ceil(wanted / alignment) * alignment
      const got = fs.readSync(this.#descriptor, this.#bytes, 0, length, place - skipped) - skipped
      if (got <= 0) break
      const taken = Math.min(got, into.length - filled)
      into.set(this.#bytes.subarray(skipped, skipped + taken), filled)
      filled += taken
      if (place + got >= this.sizeBytes) break
    }
    return filled
  }

  close(): void {
    fs.closeSync(this.#descriptor)
    spare.push(this.#bytes)
  }
}
