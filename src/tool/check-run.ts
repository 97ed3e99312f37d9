import { unreachable } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import type { CheckCommand } from './check-command-line.ts'
import { checkConfigs } from './check-config.ts'
import { checkMetrics } from './check-metrics.ts'
import { checkRules } from './check-rules.ts'
import { checkServer } from './check-server.ts'
import { checkServiceDiscovery } from './check-service-discovery.ts'
import { checkWebConfigs } from './check-web-config.ts'
import type { ToolTerminal } from './terminal.ts'
import type { ToolInput } from './tool-input.ts'

/** What a command works with. */
export interface CheckSurroundings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly input: ToolInput
}

/**
 * Runs a command and answers the exit code, promtool's: 1 where something is wrong, 3 where only a
 * lint was found that is to be fatal.
 */
export async function runCheck(
  command: CheckCommand,
  { fileSystem, clock, input }: CheckSurroundings,
  terminal: ToolTerminal,
): Promise<number> {
  try {
    switch (command.kind) {
      case 'config':
        return checkConfigs(command, fileSystem, terminal)
      case 'rules':
        return await checkRules(command, fileSystem, input, terminal)
      case 'web-config':
        return checkWebConfigs(command.files, fileSystem, terminal) ? 0 : 1
      case 'service-discovery':
        return (await checkServiceDiscovery(command, fileSystem, clock, terminal)) ? 0 : 1
      case 'metrics':
        return await checkMetrics(command, input, terminal)
      case 'healthy':
      case 'ready':
        return (await checkServer(command, fileSystem, clock, terminal)) ? 0 : 1
      default:
        return unreachable(command)
    }
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    terminal.end()
  }
}
