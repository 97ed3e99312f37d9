import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tsdbTool } from '../tool/tsdb-tool.ts'

const releases = join(import.meta.dirname, 'releases')
const names = readdirSync(releases).filter((name) => /^\d+\.\d+\.\d+$/.test(name))

/** The directory of a release, as a server finds it that is put in the place of the one it killed. */
function directoryOf(release: string): { readonly directory: string; readonly dump: string } {
  const directory = temporaryDirectory()
  cpSync(join(releases, release), directory, { recursive: true })
  return { directory, dump: readFileSync(join(releases, `${release}.dump`), 'utf8') }
}

async function dumpOf(directory: string): Promise<string> {
  const { code, out, err } = await tsdbTool('dump', directory)
  expect([code, err]).toEqual([0, ''])
  return out
}

describe.each(names)('the data directory of %s', (release) => {
  it('is read whole and has no fault', async () => {
    const { directory, dump } = directoryOf(release)
    expect(dump.split('\n').length).toBeGreaterThan(1_700)
    expect(await dumpOf(directory)).toBe(dump)
    expect((await tsdbTool('verify', directory)).code).toBe(0)
  })

  it('is opened, and has the same samples when it was closed again, and when it was a second time', async () => {
    const { directory, dump } = directoryOf(release)
    for (let life = 0; life < 2; life++) {
      const database = await openDatabase(directory)
      const { walCorruptions, chunkFilesDamaged, damagedBlocks, blocks } = database.stats()
      expect([walCorruptions, chunkFilesDamaged, damagedBlocks]).toEqual([0, 0, 0])
      expect(blocks).toBeGreaterThan(3)
      await database.close()
      expect(await dumpOf(directory)).toBe(dump)
    }
  })
})
