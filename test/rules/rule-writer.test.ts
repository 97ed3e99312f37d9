import { expect, it } from 'vitest'
import { silentLogger } from '../../src/base/logger.ts'
import { NativeHistogram } from '../../src/model/histogram.ts'
import { Labels } from '../../src/model/labels.ts'
import { RuleWriter, WrittenSet } from '../../src/rules/rule-writer.ts'
import { openDatabase } from '../support/open-database.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const nowMs = Math.floor(Date.now() / 1_000) * 1_000

it('a rule that writes what another has written with another value is told both', async () => {
  const database = await openDatabase(temporaryDirectory())
  const write = (name: string, value: number | NativeHistogram) => {
    const writer = new RuleWriter(database, nowMs)
    const histograms = new Map<number, NativeHistogram>()
    if (typeof value !== 'number') histograms.set(0, value)
    const values = Float64Array.of(typeof value === 'number' ? value : 0)
    const found = { labels: [Labels.of({ __name__: name })], values, histograms }
    const { fault } = writer.add(found, new WrittenSet(), () => silentLogger)
    writer.commit()
    return fault
  }
  expect(write('floats', 0.5)).toBe('')
  expect(write('floats', 0.5)).toBe('')
  const words = `duplicate sample for timestamp ${nowMs}; overrides not allowed: existing`
  expect(write('floats', 1e9)).toBe(`${words} 0.5, new value 1e+09`)
  expect(write('histograms', new NativeHistogram())).toBe('')
  expect(write('histograms', 7)).toBe(`${words} is a histogram, new value 7`)
  expect(write('floats', new NativeHistogram())).toBe('duplicate sample for timestamp')
  await database.close()
})
