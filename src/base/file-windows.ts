import type { ReadFile } from './file-system.ts'

/** Bytes of a file, as they stand in a reader's memory. */
export interface FilePlace {
  bytes: Uint8Array
  view: DataView
  /** Where the place asked for begins in them. */
  start: number
  /** Bytes that are there from `start` on; fewer than asked for only at the file's end. */
  length: number
}

/** Holds the bytes of the file from `start` to `length` of the window. */
interface Window extends FilePlace {
  key: number
  used: number
}

export interface FileWindowsOptions {
  /** Opens a file by its number; a file stays open until forgotten. */
  readonly open: (file: number) => ReadFile
  readonly windowBytes: number
  /** Bytes behind each window that are read with it: what begins in a window and is no longer is whole. */
  readonly overlapBytes: number
  readonly windowsMax: number
  /** Zeros behind the last byte of a window, for decoders that look ahead. */
  readonly tailBytes: number
}

/** How many of the latest misses are remembered. */
const missesKept = 64
/** What a lone miss reads at least: a call to the system costs more than that. */
const loneBytes = 4_096
/** What a window begins with, and how much longer it is each time that more of it is wanted. */
const firstBytes = 8_192
const growth = 4

/**
 * Reads numbered files through a few large windows, since a call to the system costs as much as ten
 * kilobytes. Only what lies near one of the latest misses is worth a window: a lone place is read by
 * itself. A window is read from the first place wanted on, a little at first and then more and more,
 * on or backward: series in the order of their labels may have a few chunks here and the next ones
 * far away. The least recently used window is read over. Files may grow: what was not there when its
 * window was read is read again. Synchronous, for one thread.
 */
export class FileWindows {
  readonly #options: FileWindowsOptions
  readonly #files = new Map<number, ReadFile>()
  readonly #windows: Window[] = []
  #latest: Window | undefined
  #uses = 0
  /** For lone places, and for what is longer than window and overlap. */
  readonly #alone: FilePlace = emptyPlace()
  /** Windows that were missed lately, each written over the oldest. */
  readonly #missed = new Float64Array(missesKept).fill(-1)
  #misses = 0
  readonly #place: FilePlace = emptyPlace()

  constructor(options: FileWindowsOptions) {
    this.#options = options
  }

  /** At least `length` bytes from the offset on, where the file has them. Valid until the next call. */
  read(file: number, offset: number, length: number): FilePlace {
    const { windowBytes, overlapBytes } = this.#options
    const within = offset % windowBytes
    if (within + length > windowBytes + overlapBytes) return this.#readAlone(file, offset, length)
    const window = this.#window(file, (offset - within) / windowBytes)
    if (window === undefined) return this.#readAlone(file, offset, Math.max(length, loneBytes))
    const end = within + length
    if (within < window.start || end > window.length) {
      this.#fill(window, this.#file(file), offset - within, within, end)
    }
    const place = this.#place
    place.bytes = window.bytes
    place.view = window.view
    place.start = within
    place.length = Math.max(0, window.length - within)
    return place
  }

  /** Undefined where the place is not worth a window. */
  #window(file: number, number: number): Window | undefined {
    const key = file * 2 ** 24 + number
    if (this.#latest?.key === key) return this.#latest
    let window = this.#known(key)
    if (window === undefined) {
      if (!this.#missed.includes(key)) {
        this.#missed[this.#misses++ % missesKept] = key
        return undefined
      }
      window = this.#emptyWindow()
      window.key = key
      forget(window)
    }
    window.used = ++this.#uses
    this.#latest = window
    return window
  }

  /** In a loop of its own: chunks of a series are far from each other, and what find() takes is garbage. */
  #known(key: number): Window | undefined {
    const windows = this.#windows
    for (let at = 0; at < windows.length; at++) {
      const window = windows[at]
      if (window !== undefined && window.key === key) return window
    }
    return undefined
  }

  #emptyWindow(): Window {
    const { windowBytes, overlapBytes, windowsMax, tailBytes } = this.#options
    if (this.#windows.length < windowsMax) {
      const window = { ...newPlace(windowBytes + overlapBytes + tailBytes), key: 0, used: 0 }
      this.#windows.push(window)
      return window
    }
    return this.#windows.reduce((oldest, each) => (each.used < oldest.used ? each : oldest))
  }

  /** Reads what the window has not of `from` to `end`, and further that way. */
  #fill(window: Window, file: ReadFile, windowOffset: number, from: number, end: number): void {
    if (from < window.start) this.#fillBackward(window, file, windowOffset, from)
    if (window.length === window.start) {
      window.start = from
      window.length = from
    }
    if (end > window.length) this.#fillOn(window, file, windowOffset, end)
  }

  /** Leaves the window empty where the file has become shorter. */
  #fillBackward(window: Window, file: ReadFile, windowOffset: number, from: number): void {
    const { start, length, bytes } = window
    const held = length - start
    if (held === 0) return
    const first = Math.max(0, Math.min(from, start - Math.max(firstBytes, held)))
    const read = file.read(bytes.subarray(first, start), windowOffset + first)
    window.start = first
    if (first + read < start) forget(window)
  }

  #fillOn(window: Window, file: ReadFile, windowOffset: number, end: number): void {
    const { windowBytes, overlapBytes, tailBytes } = this.#options
    const { start, length, bytes } = window
    const longer = start + (length > start ? (length - start) * growth : firstBytes)
    const target = Math.min(windowBytes + overlapBytes, Math.max(end, longer))
    window.length += file.read(bytes.subarray(length, target), windowOffset + length)
    bytes.fill(0, window.length, window.length + tailBytes)
  }

  #readAlone(file: number, offset: number, length: number): FilePlace {
    const place = this.#alone
    const needed = length + this.#options.tailBytes
    if (place.bytes.length < needed) Object.assign(place, newPlace(needed * 2))
    place.start = 0
    place.length = this.#file(file).read(place.bytes.subarray(0, length), offset)
    place.bytes.fill(0, place.length, needed)
    return place
  }

  #file(file: number): ReadFile {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const opened = this.#options.open(file)
    this.#files.set(file, opened)
    return opened
  }

  /** Closes the files that `isKept` refuses, and lets go of what was read of them. */
  keepOnly(isKept: (file: number) => boolean): void {
    for (const [number, file] of this.#files) {
      if (isKept(number)) continue
      file.close()
      this.#files.delete(number)
    }
    for (const window of this.#windows) {
      if (!isKept(Math.floor(window.key / 2 ** 24))) forget(window)
    }
  }
}

function forget(window: Window): void {
  window.start = 0
  window.length = 0
}

function newPlace(length: number): FilePlace {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer), start: 0, length: 0 }
}

function emptyPlace(): FilePlace {
  return newPlace(0)
}
