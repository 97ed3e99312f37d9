import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { nodeFileSystem } from '../../../src/base/node-file-system.ts'
import type { Queryable } from '../../../src/storage/querier.ts'
import { BlockQuerier } from '../../../src/tsdb/block/block-querier.ts'
import { BlockReader } from '../../../src/tsdb/block/block-reader.ts'
import { MergedQuerier } from '../../../src/tsdb/merge/merged-querier.ts'
import { ask } from '../../promql/ask.ts'
import { TextSymbols } from '../../tsdb/block/text-symbols.ts'
import type { CaseResult } from '../area.ts'
import { caseFile, caseName } from '../case-file.ts'
import { factDifference, type QueryFact } from '../query-fact.ts'

/** What Prometheus answered over the given blocks (blocks.json), asked over the same blocks. */
export async function blockFacts(directory: string): Promise<readonly CaseResult[]> {
  const file = 'blocks.json'
  const facts = caseFile<never, { readonly query_facts: readonly QueryFact[] }>(directory, file)
  const blocks = join(directory, 'blocks')
  const readers = readdirSync(blocks).map((name) =>
    BlockReader.open(nodeFileSystem, join(blocks, name)),
  )
  try {
    const queryable = queryableOf(readers)
    const results: CaseResult[] = []
    for (const [index, fact] of facts.query_facts.entries()) {
      const name = caseName(file, index, `${fact.query} at ${fact.time}`)
      const answer = await ask(queryable, fact.query, { startMs: fact.time * 1000 })
      const detail = factDifference(answer, fact)
      results.push({ name, passed: detail === undefined, detail: detail ?? '' })
    }
    return results
  } finally {
    for (const reader of readers) reader.close()
  }
}

function queryableOf(readers: readonly BlockReader[]): Queryable {
  return {
    async querier() {
      const symbols = new TextSymbols()
      const sources = readers.map((reader) => new BlockQuerier(reader, symbols))
      return new MergedQuerier(symbols, sources, [])
    },
  }
}
