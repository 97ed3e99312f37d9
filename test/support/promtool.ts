import { execFile } from 'node:child_process'
import type { ToolAnswer } from '../tool/tsdb-tool.ts'
import { peer } from './peers.ts'

/** What the real promtool says to these parameters and this standard input, and how it ends. */
export function promtool(parameters: readonly string[], stdin = ''): Promise<ToolAnswer> {
  return new Promise((resolve) => {
    const child = execFile(peer('promtool'), parameters, (failed, out, err) =>
      resolve({ code: Number(failed?.code ?? 0), out, err }),
    )
    // It may end without having read what it was not asked to read.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(stdin)
  })
}
