import { describe, expect, it } from 'vitest'
import { Looks, noLooks } from '../../src/base/looks.ts'
import { Labels } from '../../src/model/labels.ts'
import { Matcher } from '../../src/model/matcher.ts'
import type { LabelList, Querier } from '../../src/storage/querier.ts'
import type { Database } from '../../src/tsdb/db.ts'
import { overlaidQuerier } from '../../src/tsdb/merge/overlaid-querier.ts'
import { allTime, localQuerier } from '../support/local-querier.ts'
import { fillDatabase, openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hourMs = 3_600_000
const every = [new Matcher('=~', '__name__', '.+')]

async function withDatabases(
  work: (past: Database, written: Database) => Promise<void>,
): Promise<void> {
  const past = await openDatabase(temporaryDirectory())
  const written = await openDatabase(temporaryDirectory())
  try {
    await work(past, written)
  } finally {
    await past.close()
    await written.close()
  }
}

function append(
  database: Database,
  labels: Readonly<Record<string, string>>,
  timeMs: number,
): void {
  const appender = database.appender()
  const ids = Uint32Array.of(appender.series(Labels.of(labels)))
  appender.append(ids, Float64Array.of(timeMs), Float64Array.of(1), 1)
  appender.commit()
}

function textsOf(querier: Querier, { ids }: LabelList): readonly string[] {
  return [...ids].map((id) => querier.symbols.text(id))
}

describe('what is seen at a time', () => {
  it.each([
    [hourMs - 1, [], []],
    [hourMs, ['__name__', 'below'], ['m']],
    [2 * hourMs, ['__name__', 'above', 'below'], ['m', 'r']],
  ])('at %d ms has the label names %j and the metrics %j', async (untilMs, names, metrics) => {
    await withDatabases(async (past, written) => {
      append(past, { __name__: 'm', below: 'x' }, hourMs)
      append(written, { __name__: 'r', above: 'y' }, 2 * hourMs)
      const over = localQuerier(written)
      const overlay = { over, untilMs, hidden: [], hiddenFromMs: 0, looks: noLooks }
      const seen = overlaidQuerier(localQuerier(past), overlay)
      expect(textsOf(seen, await seen.labelNames(every, allTime, 0))).toEqual(names)
      expect(textsOf(seen, await seen.labelValues('__name__', every, allTime, 0))).toEqual(metrics)
      seen.close()
    })
  })

  it('lets others have their turn while it finds out which of many series are hidden', async () => {
    await withDatabases(async (past, written) => {
      fillDatabase(past, 5_000, 1, hourMs)
      let looked = 0
      const looks = new Looks(
        () => undefined,
        () => {
          looked++
          return undefined
        },
      )
      const over = localQuerier(written)
      const hidden = [[new Matcher('=', 'n', '17')]]
      const overlay = { over, untilMs: hourMs, hidden, hiddenFromMs: 0, looks }
      const seen = overlaidQuerier(localQuerier(past), overlay)
      const set = await seen.select({ matchers: every, ...allTime, sorted: true })
      expect(set.seriesCount).toBe(5_000)
      expect(looked).toBeGreaterThan(5)
      seen.close()
    })
  })
})
