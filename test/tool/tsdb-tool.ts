import { systemClock } from '../../src/base/clock.ts'
import { nodeFileSystem } from '../../src/base/node-file-system.ts'
import { readCommandLine } from '../../src/tool/flags.ts'
import { openTerminal } from '../../src/tool/terminal.ts'
import { runTsdb } from '../../src/tool/tsdb-run.ts'

export interface ToolAnswer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `narthex tsdb ...` in this process. */
export async function tsdbTool(...parameters: readonly string[]): Promise<ToolAnswer> {
  const said = { out: '', err: '' }
  const streams = {
    out: (text: string) => {
      said.out += text
    },
    err: (text: string) => {
      said.err += text
    },
    isWatched: false,
  }
  const line = readCommandLine(['tsdb', ...parameters])
  if (line.kind !== 'tsdb') throw new Error(`no command: ${JSON.stringify(line)}`)
  const terminal = openTerminal(streams, systemClock)
  const code = await runTsdb(line.command, nodeFileSystem, systemClock, terminal)
  return { code, ...said }
}
