import type { Area } from '../area.ts'
import { blockFacts } from './tsdb-blocks.ts'
import { damageFacts, logFacts } from './tsdb-log.ts'

/** Data directories that a real Prometheus left: blocks, a log with head chunks, damaged copies. */
export const tsdb: Area = {
  async run(directory) {
    return [
      ...(await blockFacts(directory)),
      ...(await damageFacts(directory)),
      ...(await logFacts(directory)),
    ]
  },
}
