import { posix } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { NarthexError } from '../base/errors.ts'
import type { FileSystem } from '../base/file-system.ts'
import { limits } from '../base/limits.ts'
import type { HttpClient } from '../http/http-client.ts'
import { createSnappyCodec } from '../kernels/snappy.ts'
import { goQuote } from '../model/go-quote.ts'
import { type SentSeries, writeRequestBytes, writeRequestV2Bytes } from '../wire/written-request.ts'
import { demandFile } from './check-rules.ts'
import type { PushCommand } from './push-command-line.ts'
import { pushedSeries } from './pushed-series.ts'
import { isSystemError } from './system-error.ts'
import type { ToolTerminal } from './terminal.ts'
import { TextPageError } from './text-cursor.ts'
import { readTextPage } from './text-page.ts'
import { bodyOf, requestFault, toolClient } from './tool-client.ts'
import { readInput, type ToolInput } from './tool-input.ts'

interface Surroundings {
  readonly fileSystem: FileSystem
  readonly clock: Clock
  readonly input: ToolInput
}

/** How a message is sent. */
interface Form {
  readonly contentType: string
  readonly version: string
  readonly encode: (series: readonly SentSeries[]) => Uint8Array
}

const forms: ReadonlyMap<string, Form> = new Map([
  [
    'prometheus.WriteRequest',
    { contentType: 'application/x-protobuf', version: '0.1.0', encode: writeRequestBytes },
  ],
  [
    'io.prometheus.write.v2.Request',
    {
      contentType: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
      version: '2.0.0',
      encode: writeRequestV2Bytes,
    },
  ],
])

/** `push metrics` (row F5.8). Answers the exit code, 1 where a page could not be read or pushed. */
export async function runPush(
  command: PushCommand,
  { fileSystem, clock, input }: Surroundings,
  terminal: ToolTerminal,
): Promise<number> {
  let pusher: Pusher | undefined
  try {
    for (const file of command.files) demandFile(fileSystem, file)
    pusher = new Pusher(command, fileSystem, clock)
    if (command.files.length === 0) {
      const page = await readInput(input, limits.toolPageBytesMax)
      terminal.print('Parsing standard input\n')
      if (!(await pusher.push(() => page, terminal))) return 1
      terminal.print('  SUCCESS: metrics pushed to remote write.\n')
      return 0
    }
    let isWhole = true
    for (const file of command.files) {
      terminal.print(`Parsing metrics file ${file}\n`)
      const isPushed = await pusher.push(() => fileSystem.readFile(file), terminal)
      if (isPushed) terminal.print(`  SUCCESS: metrics file ${file} pushed to remote write.\n`)
      else isWhole = false
    }
    return isWhole ? 0 : 1
  } catch (thrown) {
    if (!(thrown instanceof NarthexError)) throw thrown
    terminal.warn(thrown.message)
    return 1
  } finally {
    pusher?.close()
    terminal.end()
  }
}

/** What the server said that will not help to say again. */
class Refused extends Error {
  override readonly name = 'Refused'
}

/** Pushes pages to one server. Protocol: close() at the end. */
class Pusher {
  readonly #command: PushCommand
  readonly #clock: Clock
  readonly #client: HttpClient
  readonly #headers: readonly string[]
  readonly #form: Form

  /** Throws FLAG_INVALID and CONFIG_INVALID. */
  constructor(command: PushCommand, fs: FileSystem, clock: Clock) {
    const form = forms.get(command.message)
    if (form === undefined) {
      const words = `must be ${[...forms.keys()].join(' or ')}`
      throw new NarthexError(
        'FLAG_INVALID',
        `invalid protobuf message ${goQuote(command.message)}, ${words}`,
      )
    }
    const { client, headers } = toolClient(command, fs, clock)
    this.#command = command
    this.#clock = clock
    this.#client = client
    this.#headers = headers
    this.#form = form
  }

  close(): void {
    this.#client.close()
  }

  /** Whether the page is at the server. */
  async push(read: () => Uint8Array, terminal: ToolTerminal): Promise<boolean> {
    try {
      const families = readTextPage(read(), 'utf8')
      const series = pushedSeries(families, this.#command.labels, Math.floor(this.#clock.wallMs()))
      for (let at = 0; at < series.length; at += limits.pushSeriesMax) {
        await this.#send(series.slice(at, at + limits.pushSeriesMax))
      }
      return true
    } catch (thrown) {
      const isOfTheWorld =
        thrown instanceof TextPageError || thrown instanceof Refused || isSystemError(thrown)
      if (!isOfTheWorld) throw thrown
      terminal.complain(`  FAILED: ${thrown.message}\n`)
      return false
    }
  }

  /** Again, after a while, where the server cannot now. Rejects with Refused. */
  async #send(series: readonly SentSeries[]): Promise<void> {
    const content = createSnappyCodec().compress(this.#form.encode(series)).slice()
    let delayMs: number = limits.pushRetryMsMin
    for (let tries = 0; ; tries++) {
      const fault = await this.#attempt(content, tries)
      if (fault === undefined) return
      if (tries === limits.pushRetriesMax) throw new Refused(fault)
      await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve))
      delayMs = Math.min(delayMs * 2, limits.pushRetryMsMax)
    }
  }

  /** What went wrong and may go better; rejects with Refused for what will not. */
  async #attempt(content: Uint8Array, tries: number): Promise<string | undefined> {
    const { url, path, timeoutMs } = this.#command
    const { contentType, version } = this.#form
    const whole = posix.join(url.pathname, path)
    const headers = ['Content-Encoding', 'snappy', 'X-Prometheus-Remote-Write-Version', version]
    if (tries > 0) headers.push('Retry-Attempt', String(tries))
    let status = ''
    let text = ''
    try {
      const answer = await this.#client.send(url.origin, {
        path: whole,
        body: { contentType, content },
        headers: [...headers, ...this.#headers],
        bodyBytesMax: limits.toolStatusBytesMax,
        timeoutMs,
      })
      if (Math.floor(answer.status / 100) === 2) return undefined
      status = `${answer.status} ${answer.statusText}`
      text = (await bodyOf(answer, limits.toolStatusBytesMax)).toString()
    } catch (thrown) {
      return `Post "${url.origin}${whole}": ${requestFault(thrown)}`
    }
    const words = `server returned HTTP status ${status}: ${text}`
    if (status.startsWith('5')) return words
    throw new Refused(words)
  }
}
