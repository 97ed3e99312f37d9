import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../bench/seeded-random.ts'
import { Pins } from '../../../src/base/pins.ts'
import { SharedColumns } from '../../../src/base/shared-columns.ts'
import { ChunkColumns } from '../../../src/tsdb/head/chunk-columns.ts'
import { ChunkFileWriter } from '../../../src/tsdb/head/chunk-file-writer.ts'
import { ClosedChunks } from '../../../src/tsdb/head/closed-chunks.ts'
import { SimFileSystem } from '../../sim/sim-file-system.ts'

const directory = '/chunks'

/** Closed chunks of which each stands in a file of its own. */
function filesOfOne() {
  const fileSystem = new SimFileSystem()
  const closed = new ClosedChunks(new ChunkColumns(new SharedColumns()), new Pins())
  closed.writeTo(new ChunkFileWriter({ fileSystem, directory, firstFile: 1, fileBytesMax: 100 }))
  const source = new Uint8Array(60)
  /** Answers its entry. */
  const close = (timeMs: number, isOutOfOrder: boolean) => {
    const times = { minTimeMs: timeMs, maxTimeMs: timeMs }
    const chunk = { ref: 1, encoding: 1, countField: 2, previous: 0, source, isOutOfOrder }
    const entry = closed.close({ ...chunk, ...times }) - 1
    closed.flush()
    return entry
  }
  return { closed, close, files: () => fileSystem.list(directory).map(Number) }
}

describe('files of head chunks', () => {
  it('are deleted up to the first that is needed, as none may be missing in between', () => {
    const { closed, close, files } = filesOfOne()
    const late = close(5, true)
    for (let timeMs = 10; timeMs <= 50; timeMs += 10) close(timeMs, false)
    closed.deleteFilesBefore(35)
    expect(files()).toEqual([1, 2, 3, 4, 5, 6])
    expect([closed.firstFile, closed.oldestLateMs]).toEqual([1, 5])
    closed.freeOutOfOrder(late)
    closed.deleteFilesBefore(35)
    expect(files()).toEqual([5, 6])
    expect([closed.firstFile, closed.oldestLateMs]).toEqual([5, Number.POSITIVE_INFINITY])
  })

  it('have numbers without a gap whatever is closed, flushed and deleted: 200 times', () => {
    const random = seededRandom(7)
    for (let round = 0; round < 200; round++) {
      const { closed, close, files } = filesOfOne()
      const late: number[] = []
      close(0, false)
      for (let step = 1; step < 40; step++) {
        const isLate = random() < 0.3
        const timeMs = step - Math.floor(random() * 10)
        const entry = close(timeMs, isLate)
        if (isLate) late.push(entry)
        if (random() < 0.2) for (const each of late.splice(0)) closed.freeOutOfOrder(each)
        if (random() < 0.3) closed.deleteFilesBefore(step - 5)
        const [first = 0] = files()
        expect(files()).toEqual(Array.from(files(), (_, at) => first + at))
      }
      for (const each of late) closed.freeOutOfOrder(each)
      closed.deleteFilesBefore(100)
      expect(files()).toHaveLength(1)
    }
  })
})
