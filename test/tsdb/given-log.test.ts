import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Matcher } from '../../src/model/matcher.ts'
import type { LabelList } from '../../src/storage/querier.ts'
import { givenDump, withLogCopy } from '../conformance/areas/tsdb-log.ts'
import { dumpLines } from '../conformance/dump-lines.ts'
import { conformanceDirectory, conformanceIsAbsent } from '../support/conformance-data.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'

const data = join(conformanceDirectory, 'tsdb')

describe.skipIf(conformanceIsAbsent)(
  'the log and head chunks that a killed Prometheus left',
  () => {
    it('give every float sample of the given dump and no other, and the given series', async () => {
      const facts = JSON.parse(readFileSync(join(data, 'wal-data.json'), 'utf8'))
      await withLogCopy(data, facts.killed_ms, undefined, async (database) => {
        const lines = await dumpLines(localQuerier(database))
        expect(lines.sort()).toEqual([...givenDump(data)].sort())
        const stats = database.stats()
        const wanted = facts.head_stats_after_replay
        expect({ series: stats.series, labelPairs: stats.labelPairs }).toEqual({
          series: wanted.numSeries,
          labelPairs: wanted.numLabelPairs,
        })
        expect([stats.minTimeMs, stats.maxTimeMs]).toEqual([wanted.minTime, wanted.maxTime])
        const querier = localQuerier(database)
        const texts = ({ ids }: LabelList) => [...ids].map((id) => querier.symbols.text(id))
        const names = await querier.labelValues('__name__', [], allTime, 0)
        const given = facts.series.map((one: Record<string, string>) => one.__name__)
        expect(texts(names)).toEqual([...new Set(given)].sort())
        const flaky = [new Matcher('=', 'job', 'flaky')]
        const jobs = await querier.labelValues('__name__', flaky, allTime, 0)
        const ofFlaky = facts.series.filter((one: Record<string, string>) => one.job === 'flaky')
        expect(texts(jobs)).toEqual([
          ...new Set(ofFlaky.map((o: { __name__: string }) => o.__name__)),
        ])
      })
    })
  },
)
