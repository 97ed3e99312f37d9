import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReadFile } from '../../src/base/file-system.ts'
import { FileWindows } from '../../src/base/file-windows.ts'

/** A file in memory that counts what is read of it, and grows. */
class CountingFile implements ReadFile {
  readBytes = 0

  constructor(public sizeBytes: number) {}

  read(into: Uint8Array, offsetBytes: number): number {
    const count = Math.max(0, Math.min(into.length, this.sizeBytes - offsetBytes))
    for (let at = 0; at < count; at++) into[at] = byteAt(offsetBytes + at)
    this.readBytes += count
    return count
  }

  close(): void {
    // Holds nothing.
  }
}

function byteAt(offset: number): number {
  return (offset * 31 + (offset >>> 8) * 7) & 0xff
}

const tailBytes = 8

function windowsOf(file: ReadFile, windowBytes: number, windowsMax: number): FileWindows {
  return new FileWindows({
    open: () => file,
    windowBytes,
    overlapBytes: 512,
    windowsMax,
    tailBytes,
  })
}

describe('the windows on a file', () => {
  it('show the bytes of the file, and zeros behind its end, in any order, while it grows or shrinks', () => {
    const place = fc.record({ offset: fc.nat(200_000), length: fc.integer({ min: 1, max: 3_000 }) })
    const growths = fc.integer({ min: -100_000, max: 100_000 })
    fc.assert(
      fc.property(fc.array(place, { maxLength: 60 }), growths, (places, growth) => {
        const file = new CountingFile(150_000)
        const windows = windowsOf(file, 32_768, 2)
        places.forEach(({ offset, length }, index) => {
          // Those that are near the one before meet a window, those far away a lone place.
          const near = index % 3 === 0 ? offset : (places[index - 1]?.offset ?? 0) + (offset % 999)
          if (index === places.length >> 1) file.sizeBytes += growth
          const found = windows.read(0, near, length)
          const there = Math.max(0, Math.min(length, file.sizeBytes - near))
          expect(found.length).toBeGreaterThanOrEqual(there)
          const shown = found.bytes.subarray(found.start, found.start + found.length)
          expect(shown.every((byte, at) => byte === byteAt(near + at))).toBe(true)
          if (near + found.length < file.sizeBytes || there === 0) return
          const behind = found.start + found.length
          expect([...found.bytes.subarray(behind, behind + tailBytes)]).toEqual(
            new Array(tailBytes).fill(0),
          )
        })
      }),
    )
  })

  it('read a file once where it is read from the beginning to the end', () => {
    const file = new CountingFile(1 << 20)
    const windows = windowsOf(file, 1 << 17, 6)
    for (let offset = 0; offset < file.sizeBytes; offset += 500) windows.read(0, offset, 500)
    expect(file.readBytes).toBeLessThan(file.sizeBytes * 1.1)
  })

  it.each([
    ['onward', (place: number) => place],
    ['backward', (place: number) => 7 - place],
    ['to and fro', (place: number) => (place * 3) % 8],
  ])(
    'read little where a few places here, %s, are followed by a few far away, again and again',
    (_name, nth) => {
      const file = new CountingFile(4 << 20)
      const windows = windowsOf(file, 1 << 17, 4)
      let askedBytes = 0
      for (let round = 0; round < 8; round++) {
        for (let group = 0; group < file.sizeBytes; group += 1 << 17) {
          for (let place = 0; place < 8; place++) {
            windows.read(0, group + round * 4_000 + nth(place) * 500, 500)
            askedBytes += 500
          }
        }
      }
      expect(file.readBytes).toBeLessThan(askedBytes * 5)
    },
  )
})
