import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { peer, peersAreAbsent } from '../support/peers.ts'
import { tsdbTool } from './tsdb-tool.ts'

const blocks = join(conformanceDirectory, 'tsdb', 'blocks')
const ulids = ['01M7XPXJ50MRNHH0E5Y5YXGVX2', '01M7XPXJ6X6YE24E6E18X2EVQH']

describe.skipIf(conformanceIsAbsent)('tsdb analyze', () => {
  it.each(ulids)('prints the numbers of %s as promtool does', async (ulid) => {
    const text = readFileSync(join(conformanceDirectory, 'tsdb', 'blocks.json'), 'utf8')
    const given = JSON.parse(text).promtool_analyze[ulid].replace('\nSeries:', '\nTotal Series:')
    const { code, out } = await tsdbTool('analyze', blocks, ulid)
    expect(code).toBe(0)
    expect(withoutTies(out)).toEqual(withoutTies(given))
  })

  it('takes the newest block, a selector and a limit', async () => {
    const { out } = await tsdbTool('analyze', blocks, '--match=demo_num_cpus', '--limit=1')
    expect(out).toBe(
      [
        'Block ID: 01M7XPXJ6X6YE24E6E18X2EVQH',
        'Duration: 59m39.887s',
        'Total Series: 158',
        'Matcher: demo_num_cpus',
        'Label names: 3',
        'Matched series: 3',
        'Postings (unique label pairs): 5',
        'Postings entries (total label pairs): 9',
        '',
        'Label pairs most involved in churning:',
        '0 __name__=demo_num_cpus',
        '',
        'Label names most involved in churning:',
        '0 __name__',
        '',
        'Most common label pairs:',
        '3 __name__=demo_num_cpus',
        '',
        'Label names with highest cumulative label value length:',
        '69 instance',
        '',
        'Highest cardinality labels:',
        '3 instance',
        '',
        'Highest cardinality metric names:',
        '3 demo_num_cpus',
        '',
      ].join('\n'),
    )
  })

  it('a block that is not there is told, and so is a directory without any', async () => {
    const answer = await tsdbTool('analyze', blocks, 'XX')
    expect(answer).toEqual({ code: 1, out: '', err: 'narthex: invalid block ID XX\n' })
    const wal = join(conformanceDirectory, 'tsdb', 'wal-data')
    expect((await tsdbTool('analyze', wal)).err).toBe('narthex: no blocks found\n')
  })

  it.skipIf(peersAreAbsent)('says of the chunks what the real promtool says', async () => {
    for (const ulid of ulids) {
      for (const flags of [[], ['--match={job="demo",method!=""}']]) {
        const parameters = ['analyze', blocks, ulid, '--extended', ...flags]
        const given = execFileSync(peer('promtool'), ['tsdb', ...parameters], { encoding: 'utf8' })
        const { out } = await tsdbTool(...parameters)
        expect(out.split('Compaction analysis:')[1]).toBe(given.split('Compaction analysis:')[1])
        expect(withoutTies(out)).toEqual(withoutTies(given))
      }
    }
  })
})

/** promtool lists equal numbers in any order: each list sorted, one that was cut as numbers alone. */
function withoutTies(text: string): object {
  return text
    .split('Compaction analysis:')[0]
    ?.split('\n\n')
    .map((part) => {
      const [title, ...lines] = part.trimEnd().split('\n')
      // A value of a label may have lines of its own.
      const counts = lines.filter((line) => /^\d+ /.test(line)).map((line) => line.split(' ')[0])
      const shown = counts.length === 20 ? counts : [...lines].sort()
      return { title, shown }
    }) as object
}
