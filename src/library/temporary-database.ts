import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFileSystem } from '../base/node-file-system.ts'
import type { DatabaseOptions } from '../tsdb/database-options.ts'

/** Nobody else knows the directory; blocks of a day are few where a test fills years. */
export const temporaryOptions: Pick<DatabaseOptions, 'lock' | 'blockRangeMs' | 'blockRangeMsMax'> =
  {
    lock: async () => ({ release: () => undefined }),
    blockRangeMs: 86_400_000,
    blockRangeMsMax: 86_400_000,
  }

/** A new one; whoever asks removes it. */
export function temporaryDirectory(): string {
  const path = join(tmpdir(), `narthex-${crypto.randomUUID()}`)
  nodeFileSystem.makeDirectory(path)
  return path
}
