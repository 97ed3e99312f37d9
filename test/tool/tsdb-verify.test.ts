import { mkdirSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { seal, sealFile } from '../../src/tsdb/block/seal.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { plainSeries, writeBlock } from '../tsdb/block/sample-block.ts'
import { tsdbTool } from './tsdb-tool.ts'

describe('tsdb verify', () => {
  it('says of each block and of the log that it is whole', async () => {
    const { directory, ulid } = await madeDirectory()
    expect(await tsdbTool('verify', directory)).toEqual({
      code: 0,
      out: `${ulid}  ok\nwal                         1 segments, 3 records\n`,
      err: '',
    })
  })

  it.each([
    ['a sealed chunk', 'chunks/000001', 'a page is not what was sealed'],
    ['a sealed meta.json', 'meta.json', 'a page is not what was sealed'],
  ])('%s that is not what was written is named, with exit code 1', async (_, name, words) => {
    const { directory, ulid } = await madeDirectory()
    const path = join(directory, ulid, name)
    setWholeSecond(path)
    seal(nodeFileSystem, join(directory, ulid))
    flip(path, 40)
    setWholeSecond(path)
    const { code, out, err } = await tsdbTool('verify', directory)
    expect([code, err]).toEqual([1, 'narthex: 1 damaged block, 0 faults of the log\n'])
    expect(out.split('\n')[0]).toBe(
      `${ulid}  corruption in block ${join(directory, ulid)}, ${name} at byte 0: ${words}`,
    )
  })

  it('without a seal the sums of the format decide, and none is written', async () => {
    const { directory, ulid } = await madeDirectory()
    nodeFileSystem.remove(join(directory, ulid, sealFile))
    flip(join(directory, ulid, 'chunks', '000001'), 12)
    const { code, out } = await tsdbTool('verify', directory)
    expect(code).toBe(1)
    expect(out).toContain('the checksum of a chunk is another one')
    expect(readdirSync(join(directory, ulid))).not.toContain(sealFile)
  })

  it('every fault of the log is named, and left where it is', async () => {
    const { directory } = await madeDirectory()
    const segment = join(directory, 'wal', '00000000')
    flip(segment, 20)
    const before = nodeFileSystem.readFile(segment)
    const { code, out, err } = await tsdbTool('verify', directory)
    expect([code, err]).toEqual([1, 'narthex: 0 damaged blocks, 1 fault of the log\n'])
    expect(out).toContain(segment)
    expect(nodeFileSystem.readFile(segment)).toEqual(before)
    expect(readdirSync(join(directory, 'wal'))).toEqual(['00000000'])
  })
})

async function madeDirectory(): Promise<{ readonly directory: string; readonly ulid: string }> {
  const directory = temporaryDirectory()
  const temporary = join(directory, 'made')
  mkdirSync(temporary)
  const { ulid } = writeBlock(nodeFileSystem, temporary, plainSeries(4, 2, 20))
  nodeFileSystem.rename(temporary, join(directory, ulid))
  const database = await openDatabase(directory)
  fillDatabase(database, 3, 2, 1_700_010_000_000)
  await database.close()
  return { directory, ulid }
}

function flip(path: string, at: number): void {
  const bytes = nodeFileSystem.readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  nodeFileSystem.writeFile(path, bytes)
}

/** As a disk damages bytes: the time of the last change tells nothing. */
function setWholeSecond(path: string): void {
  utimesSync(path, 1_700_000_000, 1_700_000_000)
}
