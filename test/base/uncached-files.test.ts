import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { uncachedFault, uncachedFileSystem } from '../../src/base/node-uncached-files.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const fileSystem = uncachedFileSystem((path) => path.endsWith('direct'))

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >>> 8) + seed) & 0xff)
}

/** A disk without direct I/O cannot show what is promised for one that has it. */
function directDirectory(): string | undefined {
  const directory = temporaryDirectory()
  const fault = uncachedFault(directory)
  if (fault === undefined) return directory
  console.warn(`SKIPPED: files past the page cache: ${fault.reason}`)
  return undefined
}

describe('files past the page cache', () => {
  it('hold what was appended, in pieces of any length, at each sync and at the end', () => {
    const directory = directDirectory()
    if (directory === undefined) return
    const path = join(directory, 'direct')
    const file = fileSystem.openAppend(path, { exclusive: true })
    const parts: Uint8Array[] = []
    const lengths = [1, 7, 4_095, 4_096, 4_097, 100_000, 1 << 20, (1 << 20) - 9, 3, (3 << 20) + 5]
    lengths.forEach((length, seed) => {
      const part = bytesOf(length, seed)
      parts.push(part)
      file.append(part)
      if (seed % 3 !== 0) return
      file.syncDataNow()
      expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true)
      expect(file.sizeBytes).toBe(readFileSync(path).length)
    })
    file.syncDataNow()
    file.close()
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true)
  })

  it('are cut back to any length, and appended to from there', async () => {
    const directory = directDirectory()
    if (directory === undefined) return
    const whole = bytesOf((2 << 20) + 777, 5)
    for (const length of [0, 10, 4_096, 1 << 20, (1 << 20) + 5, (2 << 20) + 700]) {
      const path = join(directory, `${length}-direct`)
      const file = fileSystem.openAppend(path, { exclusive: true })
      file.append(whole)
      file.syncDataNow()
      file.truncate(length)
      file.append(Uint8Array.of(1, 2, 3))
      await file.syncData()
      file.close()
      const wanted = Buffer.concat([whole.subarray(0, length), Uint8Array.of(1, 2, 3)])
      expect(readFileSync(path).equals(wanted)).toBe(true)
    }
  })

  it('are read at any place and length, and end where they end', () => {
    const directory = directDirectory()
    if (directory === undefined) return
    const whole = bytesOf((2 << 20) + 777, 9)
    const path = join(directory, 'direct')
    nodeFileSystem.writeFile(path, whole)
    const file = fileSystem.openRead(path)
    expect(file.sizeBytes).toBe(whole.length)
    for (const offset of [0, 1, 4_095, 4_096, (1 << 20) - 1, (2 << 20) + 700, whole.length]) {
      for (const length of [0, 1, 100, 4_096, 65_536, (1 << 20) + 1, 3 << 20]) {
        const into = new Uint8Array(length)
        const got = file.read(into, offset)
        expect(got).toBe(Math.min(length, whole.length - offset))
        const wanted = whole.subarray(offset, offset + got)
        expect(Buffer.compare(into.subarray(0, got), wanted)).toBe(0)
      }
    }
    file.close()
  })

  it('leave nothing behind of finding out, and are the usual ones where they are not asked for', () => {
    const directory = temporaryDirectory()
    uncachedFault(directory)
    expect(readdirSync(directory)).toEqual([])
    const plain = fileSystem.openAppend(join(directory, 'plain'), { exclusive: true })
    plain.append(Uint8Array.of(1))
    expect(readFileSync(join(directory, 'plain'))).toEqual(Buffer.of(1))
    plain.close()
    expect(uncachedFault(join(directory, 'missing'))).toMatchObject({ isOfSystem: false })
  })
})
