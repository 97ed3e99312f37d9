import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { tsdbTool } from './tsdb-tool.ts'

const data = join(conformanceDirectory, 'tsdb')

describe('tsdb list', () => {
  it('an empty directory has the header alone, a missing one is told with exit code 1', async () => {
    const directory = temporaryDirectory()
    expect(await tsdbTool('list', directory)).toEqual({
      code: 0,
      out: 'BLOCK ULID   MIN TIME     MAX TIME     DURATION     NUM SAMPLES  NUM CHUNKS   NUM SERIES   SIZE\n',
      err: '',
    })
    const missing = join(directory, 'missing')
    expect(await tsdbTool('list', missing)).toEqual({
      code: 1,
      out: '',
      err: `narthex: opening the db dir: ${missing}: no such directory\n`,
    })
  })

  it.skipIf(conformanceIsAbsent)('prints the given blocks as promtool does', async () => {
    const { promtool_list } = JSON.parse(readFileSync(join(data, 'blocks.json'), 'utf8'))
    expect((await tsdbTool('list', join(data, 'blocks'))).out).toBe(promtool_list)
    const human = (await tsdbTool('list', '-r', join(data, 'blocks'))).out.split('\n')
    expect(human[1]).toBe(
      '01M7XPXJ50MRNHH0E5Y5YXGVX2  2023-11-15 00:00:03 +0000 UTC  2023-11-15 01:59:42 +0000 UTC  1h59m39.887s  37680        315          158          105KiB440B',
    )
  })
})
