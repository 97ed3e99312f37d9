import { readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

const lookMs = 500
/** Nothing has changed for so long. */
const quietMs = 15_000
const giveUpMs = 600_000

/**
 * Resolves when a server has left its blocks alone for a while and is writing none: what it has on disk
 * before is as much more as the compaction that is under way just then. Rejects when there is no end.
 */
export async function compactionsOver(dataDirectory: string): Promise<void> {
  const beganMs = performance.now()
  let before = ''
  let sinceMs = beganMs
  while (performance.now() - sinceMs < quietMs) {
    if (performance.now() - beganMs > giveUpMs)
      throw new Error(`${dataDirectory}: still compacting after ${giveUpMs / 1_000} s: ${before}`)
    const names = readdirSync(dataDirectory).sort().join(' ')
    if (names !== before || names.includes('.tmp-for-')) {
      before = names
      sinceMs = performance.now()
    }
    await wait(lookMs)
  }
}
