import { gunzipSync, gzipSync } from 'node:zlib'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { HttpClient } from '../http/http-client.ts'
import type { DebugCommand } from './debug-command-line.ts'
import { isSystemError } from './system-error.ts'
import { type ArchivedFile, tarOf } from './tar.ts'
import type { ToolTerminal } from './terminal.ts'
import { bodyOf, requestFault, toolClient } from './tool-client.ts'

/** Paths of a server, and what their bodies are called in the archive. */
type Pages = readonly (readonly [path: string, name: string])[]

const profilePages: Pages = [
  ['/debug/pprof/profile?seconds=30', 'cpu.pb'],
  ['/debug/pprof/block', 'block.pb'],
  ['/debug/pprof/goroutine', 'goroutine.pb'],
  ['/debug/pprof/heap', 'heap.pb'],
  ['/debug/pprof/mutex', 'mutex.pb'],
  ['/debug/pprof/threadcreate', 'threadcreate.pb'],
  ['/debug/pprof/trace?seconds=30', 'trace.pb'],
]
const metricPages: Pages = [['/metrics', 'metrics.txt']]

const pagesOf = {
  pprof: profilePages,
  metrics: metricPages,
  all: [...profilePages, ...metricPages],
} as const

const archiveName = 'debug.tar.gz'

/**
 * `debug pprof`, `debug metrics` and `debug all` (row F5.7): what a server tells of itself, in an
 * archive in the working directory. A page that the server does not have is told and left out.
 * Answers the exit code.
 */
export async function runDebug(
  command: DebugCommand,
  fs: FileSystem,
  clock: Clock,
  terminal: ToolTerminal,
): Promise<number> {
  const { client } = toolClient({ ...command, headers: [], httpConfigFile: '' }, fs, clock)
  try {
    const files: ArchivedFile[] = []
    for (const [path, name] of pagesOf[command.kind]) {
      const bytes = await collect(client, command.url, path, terminal)
      if (bytes !== undefined) files.push({ name, bytes })
    }
    if (files.length === 0) throw fault('the server has nothing to tell')
    fs.writeFile(archiveName, gzipSync(tarOf(files, Math.floor(clock.wallMs() / 1_000))))
    const words = 'Compiling debug information complete, all files written in'
    terminal.print(`${words} "${archiveName}".\n`)
    return 0
  } catch (thrown) {
    if (!(thrown instanceof NarthexError || isSystemError(thrown))) throw thrown
    terminal.complain(`error completing debug command: ${thrown.message}\n`)
    return 1
  } finally {
    client.close()
    terminal.end()
  }
}

function fault(words: string): NarthexError {
  return new NarthexError('HTTP_REQUEST_FAILED', words)
}

async function collect(
  client: HttpClient,
  url: URL,
  path: string,
  terminal: ToolTerminal,
): Promise<Uint8Array | undefined> {
  const whole = `${url.pathname.replace(/\/$/, '')}${path}`
  terminal.print(`collecting: ${url.origin}${whole}\n`)
  try {
    const answer = await client.send(url.origin, {
      path: whole,
      headers: ['Accept-Encoding', 'gzip'],
      bodyBytesMax: limits.debugBytesMax,
      timeoutMs: limits.debugTimeoutMs,
    })
    if (answer.status === 404 || answer.status === 501) {
      terminal.warn(`${path} is not served: status ${answer.status}`)
      return undefined
    }
    if (answer.status !== 200) throw fault(`status ${answer.status}`)
    const body = await bodyOf(answer, limits.debugBytesMax)
    // Profiles are compressed by themselves; promtool keeps them plain, too.
    const isPacked = body[0] === 0x1f && body[1] === 0x8b
    return isPacked ? gunzipSync(body, { maxOutputLength: limits.debugBytesMax }) : body
  } catch (thrown) {
    throw fault(
      `error executing HTTP request: Get "${url.origin}${whole}": ${requestFault(thrown)}`,
    )
  }
}
