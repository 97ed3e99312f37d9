import { unreachable } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { readOnly } from '../base/read-only-file-system.ts'
import { isSystemError } from './system-error.ts'
import type { ToolTerminal } from './terminal.ts'
import { analyzeBlock } from './tsdb-analyze.ts'
import { createRuleBlocks } from './tsdb-blocks-from-rules.ts'
import type { TsdbCommand } from './tsdb-command-line.ts'
import { createBlocks } from './tsdb-create-blocks.ts'
import { dumpSeries } from './tsdb-dump.ts'
import { listBlocks } from './tsdb-list.ts'
import { verifyDirectory } from './tsdb-verify.ts'

/** Runs a command and answers the exit code: 1 where something is wrong, as promtool has it. */
export async function runTsdb(
  command: TsdbCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<number> {
  try {
    return (await run(command, fileSystem, clock, terminal)) ? 0 : 1
  } catch (thrown) {
    const isOfTheWorld = thrown instanceof NarthexError || isSystemError(thrown)
    if (!isOfTheWorld) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}

async function run(
  command: TsdbCommand,
  fileSystem: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<boolean> {
  switch (command.kind) {
    case 'list':
      listBlocks(command, readOnly(fileSystem), terminal)
      return true
    case 'analyze':
      analyzeBlock(command, readOnly(fileSystem), terminal)
      return true
    case 'dump':
      await dumpSeries(command, readOnly(fileSystem), terminal)
      return true
    case 'create-blocks':
      await createBlocks(command, fileSystem, clock, terminal)
      return true
    case 'rule-blocks':
      return createRuleBlocks(command, fileSystem, clock, terminal)
    case 'verify':
      return verifyDirectory(command, readOnly(fileSystem), terminal)
    default:
      return unreachable(command)
  }
}
