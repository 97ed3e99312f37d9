import { posix } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { CheckServerCommand } from './check-command-line.ts'
import type { ToolTerminal } from './terminal.ts'
import { bodyOf, requestFault, toolClient } from './tool-client.ts'

/**
 * `check healthy` and `check ready` (row F4.6): answers whether the server says 200. Throws
 * CONFIG_INVALID and FLAG_INVALID.
 */
export async function checkServer(
  command: CheckServerCommand,
  fs: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<boolean> {
  const { client, headers } = toolClient(command, fs, clock)
  const { url } = command
  const page = command.kind === 'healthy' ? '/-/healthy' : '/-/ready'
  const path = posix.join(url.pathname, page)
  try {
    const answer = await client.send(url.origin, {
      path,
      headers: ['Accept-Encoding', 'gzip', ...headers],
      bodyBytesMax: limits.toolStatusBytesMax,
      timeoutMs: limits.toolStatusTimeoutMs,
    })
    if (answer.status !== 200) {
      const shown = url.href.replace(/\/$/, '')
      terminal.complain(`check failed: URL=${shown}, status=${answer.status}\n`)
      return false
    }
    terminal.complain(`  SUCCESS:  ${await bodyOf(answer, limits.toolStatusBytesMax)}\n`)
    return true
  } catch (thrown) {
    terminal.complain(`Get "${url.origin}${path}": ${requestFault(thrown)}\n`)
    return false
  } finally {
    client.close()
  }
}
